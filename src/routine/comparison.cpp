#include "routine/comparison.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "routine/minimax.h"

namespace salus::routine {
namespace {

Status require_options(const SignOptions& options) {
  const std::size_t stages =
      options.degrees.size() + static_cast<std::size_t>(std::max(options.cleaners, 0));
  if (options.cleaners >= 0 && !options.degrees.empty() && stages <= kMaxSignStages &&
      options.resolution > 0 && options.resolution < 1 && options.range > 0 &&
      std::isfinite(options.range)) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               "sign: " + std::to_string(options.degrees.size()) + " degrees and " +
                   std::to_string(options.cleaners) + " cleaners (1 .. " +
                   std::to_string(kMaxSignStages) + " together), resolution " +
                   std::to_string(options.resolution) + " of 0 .. 1, range " +
                   std::to_string(options.range) + " > 0"};
}

ChebyshevSeries cleaner(double half_width) {
  return must(
      chebyshev_fit([](double x) { return x * (3 - x * x) / 2; }, 3, {-half_width, half_width}));
}

double composed(const std::vector<ChebyshevSeries>& stages, double x) {
  for (const ChebyshevSeries& stage : stages) x = stage(x);
  return x;
}

// Both outputs are 1 there. The largest error over resolution <= x / range <= 1, half of the points
// near its lower end.
double measured_error(const SignApproximation& sign, const SignOptions& options) {
  double largest = 0;
  for (int i = 0; i < kErrorPoints; ++i) {
    const double t = static_cast<double>(i) / (kErrorPoints - 1);
    const double relative = i % 2 == 0 ? options.resolution + (1 - options.resolution) * t
                                       : std::pow(options.resolution, 1 - t);
    largest = std::max(largest, std::abs(sign(relative * options.range) - 1));
  }
  return largest;
}

}  // namespace

double SignApproximation::operator()(double x) const { return composed(stages, x); }

Result<SignApproximation> approximate_sign(const SignOptions& options) {
  if (const Status ok = require_options(options); !ok) return ok.error();
  SignApproximation out;
  double low = options.resolution * options.range;
  double high = options.range;
  double error = 0;
  const auto narrow = [&](double reached) {
    error = reached;
    low = 1 - error - kSignMargin;
    high = 1 + error + kSignMargin;
  };
  for (const int degree : options.degrees) {
    Result<MinimaxSign> stage = minimax_sign(degree, low, high);
    if (!stage) return stage.error();
    out.stages.push_back(std::move(stage->series));
    narrow(stage->error);
    if (low <= 0) {
      return Error{ErrorCode::kInvalidArgument, "sign: a first polynomial of degree " +
                                                    std::to_string(degree) + " does not resolve " +
                                                    std::to_string(options.resolution) +
                                                    "; take higher degrees"};
    }
  }
  for (int i = 0; i < options.cleaners; ++i) {
    out.stages.push_back(cleaner(high));
    narrow(error * error * (3 + error) / 2);
  }
  if (options.output == SignOutput::kStep) {
    for (double& c : out.stages.back().coefficients) c /= 2;
    out.stages.back().coefficients[0] += 0.5;
  }
  out.error = measured_error(out, options);
  return out;
}

Result<Plan> plan_sign(const ckks::ParametersPtr& params, const SignApproximation& sign,
                       const Placement& at) {
  if (const Status ok = require_placement("sign", *params, at); !ok) return ok.error();
  const std::vector<ChebyshevSeries>& stages = sign.stages;
  if (stages.empty()) return Error{ErrorCode::kInvalidArgument, "sign: no polynomials"};
  int depth = map_depth(*params, at.level, at.scale, stages.front().interval);
  for (const ChebyshevSeries& stage : stages) depth += ceil_log2(stage.degree() + 1);
  const Status enough = require_levels(
      "a sign of " + std::to_string(stages.size()) + " composed polynomials", depth, at.level);
  if (!enough) return enough.error();

  Schedule schedule(params);
  int x = schedule.input(at.level, at.scale, stages.front().interval.high);
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const int level = schedule.level(x) - series_depth(schedule.params(), schedule.level(x),
                                                       schedule.scale(x), stages[i]);
    const double scale = i + 1 == stages.size()
                             ? at.result_scale
                             : folding_scale(schedule.params(), level, stages[i + 1].interval);
    const Result<int> made = append_series(schedule, x, stages[i], scale);
    if (!made) return made.error();
    x = *made;
  }
  return Plan(std::move(schedule), x);
}

}  // namespace salus::routine
