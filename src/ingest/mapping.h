// What the columns of somebody's CSV mean, and in which unit. Never guessed from names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// A column and its unit (UCUM); a column that is not there has an empty name.
struct MappedColumn {
  std::string column;
  std::string unit;
  bool operator==(const MappedColumn&) const = default;
};

/// Columns of a table of measurements after one dose per subject.
struct Mapping {
  std::string subject;  ///< column that names the subject; empty: one subject, called "1"
  MappedColumn time;    ///< since the dose
  MappedColumn value;   ///< the measured quantity
  MappedColumn weight;  ///< needed when the dose is given per body weight
  MappedColumn dose;    ///< one number per subject, "mg" or "mg/kg"
  std::vector<std::string> ignore;  ///< columns that are known and not used
  bool operator==(const Mapping&) const = default;
};

/// From TOML:
///
///   format = "salus-mapping 1"
///   ignore = []
///   [subject]
///   column = "Subject"
///   [time]
///   column = "Time"
///   unit = "h"
///   ... [value], [weight], [dose] alike
///
/// Errors: kParse with line and column, kVersion, kInvalidArgument (unknown key, missing unit).
Result<Mapping> parse_mapping(std::string_view toml);

/// Adds "time=Time:h" (what=column:unit; subject takes no unit). Errors: kInvalidArgument.
Status add_to_mapping(Mapping& mapping, std::string_view option);

/// Time and value are mapped and every mapped column has a unit that parses.
/// Errors: kInvalidArgument, naming the column and the next step.
Status check_mapping(const Mapping& mapping);

}  // namespace salus::ingest
