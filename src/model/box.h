// Holds every formula of a model against the whole box of its parameters, not only against the
// typical patient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

struct BoxOptions {
  std::size_t samples = 256;  ///< uniform in the transformed coordinates, beside the corners
  std::size_t solved = 16;    ///< of all points, how many are solved over the horizon
  std::uint64_t seed = 1;
};

struct BoxReport {
  std::size_t points = 0;   ///< at which every formula is finite
  std::size_t corners = 0;  ///< of them; all there are, or kMaxCorners drawn ones
  std::size_t solved = 0;
  /// Of the typical patient: the fastest rate of change over the slower of the slowest one and
  /// 1 / horizon. 0: no states.
  double stiffness = 0;
  /// What is allowed and worth knowing: stiffness, outputs that are undefined at time 0.
  std::vector<std::string> notes;
};

/// A dose of a usual size: the surrogate's, else the first oracle case's, else 100.
double standard_dose(const Model& model);

inline constexpr std::size_t kMaxCorners = 1024;
/// Above it a model is called stiff.
inline constexpr double kStiff = 1e4;

/// Every derived quantity, initial value, variable, rate and output is finite at the typical
/// patient, at the box's corners and at sampled points, before and along the solution; no divisor
/// made of parameters changes its sign between any of them. Deterministic in its options.
/// Errors: kInvalidArgument or kLimit (the solver stops), naming file, line, formula, the parameter
/// values and the remedy.
Result<BoxReport> check_box(const Model& model, const BoxOptions& options = {});

}  // namespace salus::model
