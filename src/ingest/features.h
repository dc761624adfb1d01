// A person's features on their own device: names, values, units. Plain text that never leaves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "program/program.h"

namespace salus::ingest {

inline constexpr std::size_t kMaxFeaturesBytes = 1u << 20;

struct Feature {
  std::string name;
  double value = 0;
  std::string unit;  ///< UCUM
  bool operator==(const Feature&) const = default;
};

/// What was measured around the person besides the features: used by reports, never encrypted.
struct Features {
  std::string subject;
  std::string model;
  double weight_kg = 0;  ///< 0: not given
  double dose_mg = 0;    ///< 0: not given
  std::string origin;    ///< how the values came about, in words
  std::vector<Feature> values;
  bool operator==(const Features&) const = default;
};

/// JSON: {"format":"salus-features 1","subject":..,"model":..,"dose_mg":..,"weight_kg":..,
/// "origin":..,"features":{"CL":{"value":1.586,"unit":"L/h"},...}}.
/// Errors: kParse, kVersion, kLimit, kInvalidArgument (missing unit, NaN, unknown field).
Result<Features> parse_features(std::string_view json);
std::string print_features(const Features& features);

/// The features in the units of the program's parameters, ready for program::normalise, which
/// checks names and boxes. Errors: kInvalidArgument: a unit that does not measure what the
/// parameter needs.
Result<std::vector<program::NamedValue>> to_parameters(
    const Features& features, const std::vector<program::Parameter>& parameters);

}  // namespace salus::ingest
