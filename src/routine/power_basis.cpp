#include "routine/power_basis.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

// Primes of one size differ by little; over ten doublings a scale this far above 2 q only doubles.
constexpr double kSlack = 1 + 0x1p-8;

double prime(const ckks::Parameters& params, int level) {
  return static_cast<double>(params.q(level).value());
}

// 2 q of the prime that a product of values at `level` is rescaled by; below level 1 there is none.
double fixed_point(const ckks::Parameters& params, int level) {
  return 2 * prime(params, std::max(level, std::min(1, params.max_level())));
}

}  // namespace

int ceil_log2(int n) { return std::bit_width(static_cast<unsigned>(std::max(n, 1)) - 1); }

double folding_scale(const ckks::Parameters& params, int level, Interval interval) {
  return fixed_point(params, level) * 2 / (interval.high - interval.low);
}

int map_depth(const ckks::Parameters& params, int level, double scale, Interval interval) {
  return scale > folding_scale(params, level, interval) * kSlack ? 1 : 0;
}

Result<int> append_interval_map(Schedule& schedule, int x, Interval interval) {
  const auto [low, high] = interval;
  const int level = schedule.level(x);
  const ckks::Parameters& params = schedule.params();
  Sum sum{.terms = {{x, 2 / (high - low)}}, .constant = -(low + high) / (high - low)};
  sum.level = level;
  sum.rescale = map_depth(params, level, schedule.scale(x), interval) == 1;
  if (sum.rescale) {
    if (const Status ok = require_levels("mapping to [-1, 1]", 1, level); !ok) return ok.error();
    sum.scale = fixed_point(params, level - 1) * prime(params, level);
  } else {
    const double once = schedule.scale(x) * (high - low) / 2;
    const double f = std::floor(fixed_point(params, level) * kSlack / once);
    sum.scale = once * std::max(f, 1.0);
  }
  return schedule.append(std::move(sum));
}

PowerBasis::PowerBasis(Schedule& schedule, int u) : schedule_(schedule), u_(u), powers_{{1, u}} {}

PowerBasis::Split PowerBasis::split(int n) const {
  const int half = 1 << (ceil_log2(n) - 1);
  const auto missing = [this](int k) { return k > 0 && !powers_.contains(k) ? 1 : 0; };
  Split best{half, n - half};
  int fewest = 4;
  for (int a = (n + 1) / 2; a <= half; ++a) {
    const int b = n - a;
    const int count = missing(a) + missing(b) + missing(a - b);
    if (count < fewest) {
      best = {a, b};
      fewest = count;
    }
  }
  return best;
}

Result<int> PowerBasis::power(int n) {
  check(n >= 1, "T_0 is a constant");
  if (const auto made = powers_.find(n); made != powers_.end()) return made->second;
  if (const Status ok = require_levels("T_" + std::to_string(n), ceil_log2(n), schedule_.level(u_));
      !ok) {
    return ok.error();
  }
  const auto [a, b] = split(n);
  const Result<int> left = power(a);
  if (!left) return left.error();
  const Result<int> right = power(b);
  if (!right) return right.error();

  Sum sum{.products = {{*left, *right}}, .product_coefficient = 2};
  sum.level = level(n) + 1;
  const double once = schedule_.scale(*left) * schedule_.scale(*right) / 2;
  const double target =
      fixed_point(schedule_.params(), level(n)) * prime(schedule_.params(), sum.level);
  sum.scale = once * std::max(std::floor(target * kSlack / once), 1.0);
  if (a == b) {
    sum.constant = -1;
  } else {
    const Result<int> rest = power(a - b);
    if (!rest) return rest.error();
    sum.terms = {{*rest, -1}};
  }
  const Result<int> made = schedule_.append(std::move(sum));
  if (made) powers_.emplace(n, *made);
  return made;
}

Result<ChebyshevBasis> ChebyshevBasis::create(const ckks::ParametersPtr& params,
                                              std::span<const int> degrees, Interval interval,
                                              const Placement& at) {
  const std::string what = "Chebyshev basis";
  if (const Status ok = require_interval(what, interval); !ok) return ok.error();
  if (const Status ok = require_placement(what, *params, at); !ok) return ok.error();
  int highest = 1;
  for (const int n : degrees) {
    if (n < 1 || n > kMaxDegree) {
      return Error{ErrorCode::kInvalidArgument, what + ": degree " + std::to_string(n) +
                                                    " of 1 .. " + std::to_string(kMaxDegree)};
    }
    highest = std::max(highest, n);
  }
  const int needed = ceil_log2(highest) + map_depth(*params, at.level, at.scale, interval);
  const Status enough =
      require_levels(what + " of degree " + std::to_string(highest), needed, at.level);
  if (!enough) return enough.error();

  Schedule schedule(params);
  const double bound = std::max(std::abs(interval.low), std::abs(interval.high));
  const Result<int> u =
      append_interval_map(schedule, schedule.input(at.level, at.scale, bound), interval);
  if (!u) return u.error();
  PowerBasis basis(schedule, *u);
  std::vector<int> outputs;
  for (const int n : degrees) {
    const Result<int> made = basis.power(n);
    if (!made) return made.error();
    outputs.push_back(*made);
  }
  return ChebyshevBasis(std::move(schedule), std::move(outputs));
}

Result<std::vector<ckks::Ciphertext>> ChebyshevBasis::evaluate(const ckks::Evaluator& evaluator,
                                                               const ckks::Ciphertext& x,
                                                               OperationCounts* done) const {
  return schedule_.run(evaluator, {&x, 1}, outputs_, done);
}

double ChebyshevBasis::error_bound(std::size_t i, const NoiseModel& noise,
                                   double input_error) const {
  return schedule_.error_bounds(noise, {&input_error, 1})[static_cast<std::size_t>(outputs_[i])];
}

}  // namespace salus::routine
