#include "routine/reciprocal.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

constexpr double kLevelPrice = 3;  // of a level, in key switches at the input's level
constexpr double kMinError = 0x1p-45;

Status require_positive(const std::string& what, Interval interval) {
  if (const Status ok = require_interval(what, interval); !ok) return ok;
  if (interval.low > 0) return {};
  return Error{ErrorCode::kInvalidArgument, what + ": the interval starts at " +
                                                std::to_string(interval.low) + ", not above zero"};
}

double centre(Interval interval) {
  return (interval.high + interval.low) / (interval.high - interval.low);
}

class ReciprocalBuilder {
 public:
  ReciprocalBuilder(Schedule& schedule, const ReciprocalApproximation& reciprocal)
      : schedule_(schedule), series_(reciprocal.series), iterations_(reciprocal.iterations) {
    error_ = reciprocal.relative_error;
    for (int i = 0; i < iterations_; ++i) error_ = std::sqrt(error_);
  }

  Result<int> build(int x, double result_scale) {
    Result<int> y = append_series(schedule_, x, series_, first_scale(x, result_scale));
    if (!y || iterations_ == 0) return y;
    Result<int> e = append_product(x, *y, -1, 1);
    for (int i = 0; e && i < iterations_; ++i) {
      y = append_next(*y, *e);
      if (!y || i + 1 == iterations_) return y;
      error_ *= error_;
      e = append_product(*e, *e, 1, 0);
    }
    return e ? y : e;
  }

 private:
  double prime(int level) const { return static_cast<double>(schedule_.params().q(level).value()); }

  // The scale of y_0 from which the products' scales lead to `result_scale`: the result's is it to
  // the power of 2^k times a constant, which one trial measures.
  double first_scale(int x, double result_scale) const {
    if (iterations_ == 0) return result_scale;
    int level = schedule_.level(x) -
                series_depth(schedule_.params(), schedule_.level(x), schedule_.scale(x), series_);
    const double trial = prime(level) * prime(level - 1) / schedule_.scale(x);
    double y = trial;
    double e = schedule_.scale(x) * y / prime(level--);
    for (int i = 0; i < iterations_; ++i, --level) {
      y *= e / prime(level);
      e *= e / prime(level);
    }
    double correction = result_scale / y;
    for (int i = 0; i < iterations_; ++i) correction = std::sqrt(correction);
    return trial * correction;
  }

  // c a b + constant at the lower of the two levels: an e.
  Result<int> append_product(int a, int b, double c, double constant) {
    Sum sum{.products = {{a, b}}, .product_coefficient = c, .constant = constant};
    sum.level = std::min(schedule_.level(a), schedule_.level(b));
    sum.scale = schedule_.scale(a) * schedule_.scale(b);
    sum.bound = error_;
    return schedule_.append(std::move(sum));
  }

  // y (1 + e)
  Result<int> append_next(int y, int e) {
    Sum sum{.products = {{y, e}}, .terms = {{y, 1}}, .level = schedule_.level(e)};
    sum.scale = schedule_.scale(y) * schedule_.scale(e);
    sum.bound = schedule_.bound(y) * (1 + error_);
    return schedule_.append(std::move(sum));
  }

  Schedule& schedule_;
  const ChebyshevSeries& series_;
  int iterations_;
  double error_;  // of the latest e
};

int depth_of(const ckks::Parameters& params, const ReciprocalApproximation& reciprocal,
             const Placement& at) {
  const int k = reciprocal.iterations;
  return series_depth(params, at.level, at.scale, reciprocal.series) + (k > 0 ? k + 1 : 0);
}

std::string name_of(Interval interval) {
  return "reciprocal on [" + std::to_string(interval.low) + ", " + std::to_string(interval.high) +
         "]";
}

// The smallest degree for every number of iterations, while that makes a difference.
std::vector<ReciprocalApproximation> candidates(const ReciprocalOptions& options) {
  std::vector<ReciprocalApproximation> out;
  for (int k = 0; k <= kMaxIterations; ++k) {
    const double error = std::pow(options.relative_error, std::exp2(-k));
    const int degree = std::max(1, reciprocal_degree(error, options.interval));
    if (degree <= kMaxDegree) {
      out.push_back({must(reciprocal_series(degree, options.interval)), k,
                     std::pow(reciprocal_error(degree, options.interval), std::exp2(k))});
    }
    if (degree == 1) break;
  }
  return out;
}

Status require_options(const ReciprocalOptions& options) {
  if (const Status ok = require_positive("reciprocal", options.interval); !ok) return ok;
  if (options.relative_error >= kMinError && options.relative_error <= 0.5) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      "reciprocal: relative error " + std::to_string(options.relative_error) + " of 2^-45 .. 1/2"};
}

}  // namespace

double reciprocal_error(int degree, Interval interval) {
  return 1 / std::cosh((degree + 1) * std::acosh(centre(interval)));
}

int reciprocal_degree(double relative_error, Interval interval) {
  return static_cast<int>(
             std::ceil(std::acosh(1 / relative_error) / std::acosh(centre(interval)))) -
         1;
}

Result<ChebyshevSeries> reciprocal_series(int degree, Interval interval) {
  if (const Status ok = require_positive("reciprocal", interval); !ok) return ok.error();
  if (degree < 1) {
    return Error{ErrorCode::kInvalidArgument, "reciprocal: degree " + std::to_string(degree)};
  }
  const double sign = degree % 2 == 0 ? -1 : 1;  // of T_{degree + 1}(-a)
  const double error = sign * reciprocal_error(degree, interval);
  const auto p = [&](double x) {
    const double v = (2 * x - interval.low - interval.high) / (interval.high - interval.low);
    return (1 - error * std::cos((degree + 1) * std::acos(std::clamp(v, -1.0, 1.0)))) / x;
  };
  return chebyshev_fit(p, degree, interval);
}

Result<ReciprocalApproximation> choose_reciprocal(const ckks::ParametersPtr& params,
                                                  const ReciprocalOptions& options,
                                                  const Placement& at) {
  if (const Status ok = require_placement("reciprocal", *params, at); !ok) return ok.error();
  if (const Status ok = require_options(options); !ok) return ok.error();
  std::vector<ReciprocalApproximation> found = candidates(options);
  if (found.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 name_of(options.interval) + ": too wide for degrees up to " +
                     std::to_string(kMaxDegree) + "; take logarithms or split it"};
  }
  const int available = std::min(at.level, options.max_depth);
  int least_depth = kMaxDegree;
  double least_price = 0;
  std::optional<ReciprocalApproximation> best;
  std::optional<Error> failed;
  for (ReciprocalApproximation& candidate : found) {
    const int depth = depth_of(*params, candidate, at);
    least_depth = std::min(least_depth, depth);
    if (depth > available) continue;
    const Result<Plan> plan = plan_reciprocal(params, candidate, at);
    if (!plan) {
      failed = plan.error();
      continue;
    }
    const Schedule& schedule = plan->schedule();
    const double price = schedule.cost() + kLevelPrice * depth * schedule.key_switch_cost(at.level);
    if (best && price >= least_price) continue;
    least_price = price;
    best = std::move(candidate);
  }
  if (best) return std::move(*best);
  const Status enough = require_levels(name_of(options.interval), least_depth, available);
  if (!enough) return enough.error();
  return *failed;
}

Result<Plan> plan_reciprocal(const ckks::ParametersPtr& params,
                             const ReciprocalApproximation& reciprocal, const Placement& at) {
  const Interval interval = reciprocal.series.interval;
  if (const Status ok = require_placement("reciprocal", *params, at); !ok) return ok.error();
  if (const Status ok = require_positive("reciprocal", interval); !ok) return ok.error();
  if (reciprocal.iterations < 0 || reciprocal.iterations > kMaxIterations) {
    return Error{ErrorCode::kInvalidArgument,
                 "reciprocal: " + std::to_string(reciprocal.iterations) + " iterations of 0 .. " +
                     std::to_string(kMaxIterations)};
  }
  const int depth = depth_of(*params, reciprocal, at);
  if (const Status ok = require_levels(name_of(interval), depth, at.level); !ok) return ok.error();
  Schedule schedule(params);
  const int x = schedule.input(at.level, at.scale, interval.high);
  const Result<int> y = ReciprocalBuilder(schedule, reciprocal).build(x, at.result_scale);
  if (!y) return y.error();
  return Plan(std::move(schedule), *y);
}

}  // namespace salus::routine
