#include "routine/reciprocal.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

constexpr int kMaxIterations = 5;
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

/// How one candidate goes on from y_0.
struct Choice {
  int degree;
  int iterations;
};

class ReciprocalBuilder {
 public:
  ReciprocalBuilder(Schedule& schedule, const ChebyshevSeries& series, int iterations,
                    double relative_error)
      : schedule_(schedule), series_(series), iterations_(iterations), error_(relative_error) {}

  Result<int> build(int x, double result_scale) {
    const double first_scale = first_scale_for(x, result_scale);
    Result<int> y = append_series(schedule_, x, series_, first_scale);
    if (!y || iterations_ == 0) return y;
    Result<int> e = append_product(x, *y, -1, 1, error_);
    for (int i = 0; e && i < iterations_; ++i) {
      y = append_next(*y, *e);
      if (!y || i + 1 == iterations_) return y;
      error_ *= error_;
      e = append_product(*e, *e, 1, 0, error_);
    }
    return e ? y : e;
  }

 private:
  double prime(int level) const { return static_cast<double>(schedule_.params().q(level).value()); }

  // The scale of y_0 from which the products' scales lead to `result_scale`: with S_e0 = S_x S_y0 /
  // q_l, S_{e,i+1} = S_{e,i}^2 / q and S_{y,i+1} = S_{y,i} S_{e,i} / q, the result's is S_y0 to the
  // power of 2^k times a constant.
  double first_scale_for(int x, double result_scale) const {
    int level = schedule_.level(x) -
                series_depth(schedule_.params(), schedule_.level(x), schedule_.scale(x), series_);
    double log_y = 0;
    double log_e = 0;
    for (int i = 0; i < iterations_; ++i) {
      log_e = i == 0 ? std::log2(schedule_.scale(x)) : 2 * log_e;
      log_e -= std::log2(prime(level));
      --level;
      log_y += log_e - std::log2(prime(level));
    }
    return std::exp2((std::log2(result_scale) - log_y) / std::exp2(iterations_));
  }

  // c a b + constant at the lower of the two levels.
  Result<int> append_product(int a, int b, double c, double constant, double bound) {
    Sum sum{.products = {{a, b}}, .product_coefficient = c, .constant = constant};
    sum.level = std::min(schedule_.level(a), schedule_.level(b));
    sum.scale = schedule_.scale(a) * schedule_.scale(b);
    sum.bound = bound;
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
  double error_;  // of e_i
};

std::vector<Choice> choices(const ReciprocalOptions& options) {
  std::vector<Choice> out;
  for (int k = 0; k <= kMaxIterations; ++k) {
    const double error = std::pow(options.relative_error, std::exp2(-k));
    const int degree = std::max(1, reciprocal_degree(error, options.interval));
    if (degree <= kMaxDegree) out.push_back({degree, k});
    if (degree == 1) break;
  }
  return out;
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

Result<ReciprocalPlan> plan_reciprocal(const ckks::ParametersPtr& params,
                                       const ReciprocalOptions& options, const Placement& at) {
  const std::string what = "reciprocal";
  if (const Status ok = require_placement(what, *params, at); !ok) return ok.error();
  if (const Status ok = require_positive(what, options.interval); !ok) return ok.error();
  if (!(options.relative_error >= kMinError && options.relative_error <= 0.5)) {
    return Error{
        ErrorCode::kInvalidArgument,
        what + ": relative error " + std::to_string(options.relative_error) + " of 2^-45 .. 1/2"};
  }
  const int available = std::min(at.level, options.max_depth);
  int least_depth = kMaxDegree;
  double least_price = 0;
  std::optional<ReciprocalPlan> best;
  Result<int> failed = Error{ErrorCode::kLevelExhausted, what};
  for (const auto& [degree, iterations] : choices(options)) {
    const Result<ChebyshevSeries> series = reciprocal_series(degree, options.interval);
    if (!series) return series.error();
    const int depth =
        series_depth(*params, at.level, at.scale, *series) + (iterations > 0 ? iterations + 1 : 0);
    least_depth = std::min(least_depth, depth);
    if (depth > available) continue;
    const double error = reciprocal_error(degree, options.interval);
    Schedule schedule(params);
    const int x = schedule.input(at.level, at.scale, options.interval.high);
    const Result<int> y =
        ReciprocalBuilder(schedule, *series, iterations, error).build(x, at.result_scale);
    if (!y) failed = y;
    const double price = schedule.cost() + kLevelPrice * depth * schedule.key_switch_cost(at.level);
    if (!y || (best && price >= least_price)) continue;
    least_price = price;
    best = {Plan(std::move(schedule), *y), degree, iterations,
            std::pow(error, std::exp2(iterations))};
  }
  if (best) return std::move(*best);
  const std::string name = what + " on [" + std::to_string(options.interval.low) + ", " +
                           std::to_string(options.interval.high) + "]";
  if (const Status ok = require_levels(name, least_depth, available); !ok) return ok.error();
  return failed.error();
}

}  // namespace salus::routine
