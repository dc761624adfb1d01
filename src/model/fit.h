// Individual parameters from one subject's own measurements. Runs on the client, in clear.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/reference.h"

namespace salus::model {

struct Observation {
  double time_h = 0;
  double value = 0;  ///< in the unit of the model's first output
};

struct FitRequest {
  std::vector<std::string> parameters;  ///< to be fitted; empty: all private ones
  Values fixed;                         ///< values of the others (public ones have defaults)
  std::vector<Dose> doses;
  std::vector<Observation> observations;
};

struct Fit {
  Values values;                     ///< of the fitted parameters
  double rmse = 0;                   ///< sqrt(mean squared residual), unit of the output
  std::vector<std::string> at_edge;  ///< fitted parameters that ended on the edge of their box
  int iterations = 0;                ///< Levenberg-Marquardt steps of the best start
  int starts = 0;
};

/// argmin over the parameters' boxes of sum (observed - model)^2: Levenberg-Marquardt in
/// transformed parameters from a fixed set of starts, so equal input gives equal output on every
/// machine.
///
/// Errors: kInvalidArgument for fewer observations than parameters, NaN, negative times, unknown
/// names.
Result<Fit> fit(const Model& model, const FitRequest& request);

inline constexpr std::size_t kMaxObservations = 100'000;

}  // namespace salus::model
