#include "routine/polynomial.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

using Coefficients = std::vector<double>;

int degree_of(const Coefficients& c) {
  for (std::size_t k = c.size(); k-- > 1;) {
    if (c[k] != 0) return static_cast<int>(k);
  }
  return 0;
}

double bound_of(const Coefficients& c) { return ChebyshevSeries{c, {}}.coefficient_sum(); }

/// p = q T_g + r, by T_k = 2 T_{k-g} T_g - T_{|k-2g|}.
struct Division {
  Coefficients q;
  Coefficients r;
};

Division divide(const Coefficients& p, int degree, int g) {
  const auto size = [](int highest) { return static_cast<std::size_t>(highest) + 1; };
  Division out{Coefficients(size(degree - g)), Coefficients(size(std::max(g, degree) - 1))};
  for (int k = 0; k <= degree; ++k) {
    const double c = p[static_cast<std::size_t>(k)];
    if (k < g) {
      out.r[static_cast<std::size_t>(k)] += c;
    } else if (k == g) {
      out.q[0] += c;
    } else {
      out.q[static_cast<std::size_t>(k - g)] += 2 * c;
      out.r[static_cast<std::size_t>(std::abs(k - 2 * g))] -= c;
    }
  }
  return out;
}

/// The powers that sums may be divided by: 1 .. m, 2m, 3m .. M, 2M, 4M ..
struct Powers {
  int m;
  int M;
};

class SeriesBuilder {
 public:
  SeriesBuilder(Schedule& schedule, int u, const Powers& powers, int degree)
      : schedule_(schedule), basis_(schedule, u), leaf_degree_(powers.m) {
    for (int n = 1; n <= powers.m; ++n) divisors_.push_back(n);
    for (int n = 2 * powers.m; n <= powers.M; n += powers.m) divisors_.push_back(n);
    for (int n = 2 * powers.M; n <= degree; n *= 2) divisors_.push_back(n);
  }

  /// The value of sum_k c[k] T_k, of degree at least 1, at exactly this level and scale.
  Result<int> value(const Coefficients& c, int level, double scale) {
    Sum sum{.level = level + 1, .bound = bound_of(c)};
    sum.scale = scale * static_cast<double>(schedule_.params().q(sum.level).value());
    if (const Status ok = add(c, sum); !ok) return ok.error();
    return schedule_.append(std::move(sum));
  }

 private:
  bool fits(int n, int level) const { return basis_.level(n) >= level; }

  Status add(const Coefficients& c, Sum& sum) {
    const int degree = degree_of(c);
    if (degree == 0 || (degree <= leaf_degree_ && fits(degree, sum.level))) {
      return add_terms(c, degree, sum);
    }
    // The largest divisor that is there in time, and whose quotient can be.
    for (auto g = divisors_.rbegin(); g != divisors_.rend(); ++g) {
      if (*g > degree || !fits(*g, sum.level)) continue;
      const auto [q, r] = divide(c, degree, *g);
      if (!fits(degree_of(q) + 1, sum.level)) continue;
      if (const Status ok = add_product(q, *g, sum); !ok) return ok;
      return add(r, sum);
    }
    return Error{ErrorCode::kLevelExhausted,
                 "degree " + std::to_string(degree) + " at level " + std::to_string(sum.level)};
  }

  Status add_terms(const Coefficients& c, int degree, Sum& sum) {
    sum.constant += c[0];
    for (int k = 1; k <= degree; ++k) {
      const double coefficient = c[static_cast<std::size_t>(k)];
      if (coefficient == 0) continue;
      const Result<int> power = basis_.power(k);
      if (!power) return power.error();
      sum.terms.push_back({*power, coefficient});
    }
    return {};
  }

  Status add_product(const Coefficients& q, int g, Sum& sum) {
    const Result<int> power = basis_.power(g);
    if (!power) return power.error();
    if (degree_of(q) == 0) {
      sum.terms.push_back({*power, q[0]});
      return {};
    }
    const Result<int> quotient = value(q, sum.level, sum.scale / schedule_.scale(*power));
    if (!quotient) return quotient.error();
    sum.products.push_back({*quotient, *power});
    return {};
  }

  Schedule& schedule_;
  PowerBasis basis_;
  int leaf_degree_;
  std::vector<int> divisors_;
};

std::vector<Powers> candidates(int degree) {
  std::vector<Powers> out;
  for (const int m : {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32}) {
    for (int multiple = 1; multiple <= 8; ++multiple) {
      if (multiple == 1 || m * multiple <= degree) out.push_back({m, m * multiple});
    }
  }
  return out;
}

Status require_series(const ChebyshevSeries& series) {
  if (const Status ok = require_interval("series", series.interval); !ok) return ok;
  const int degree = degree_of(series.coefficients);
  if (series.coefficients.empty() || degree < 1 || degree > kMaxDegree) {
    return Error{ErrorCode::kInvalidArgument, "series: degree " + std::to_string(degree) +
                                                  " of 1 .. " + std::to_string(kMaxDegree)};
  }
  if (std::isfinite(series.coefficient_sum())) return {};
  return Error{ErrorCode::kInvalidArgument, "series: coefficients are not finite"};
}

// c_0 + c_1 u, straight from x: nothing is multiplied that could need the map's scale.
Result<int> append_line(Schedule& schedule, int x, const ChebyshevSeries& series,
                        double result_scale) {
  const double slope = series.derivative().coefficients[0];
  Sum sum{.terms = {{x, slope}}, .constant = series(0), .level = schedule.level(x)};
  sum.scale = result_scale * static_cast<double>(schedule.params().q(sum.level).value());
  sum.bound = series.coefficient_sum();
  return schedule.append(std::move(sum));
}

}  // namespace

int series_depth(const ckks::Parameters& params, int level, double scale,
                 const ChebyshevSeries& series) {
  const int degree = degree_of(series.coefficients);
  if (degree < 2) return 1;
  return ceil_log2(degree + 1) + map_depth(params, level, scale, series.interval);
}

Result<int> append_series(Schedule& schedule, int x, const ChebyshevSeries& series,
                          double result_scale) {
  if (const Status ok = require_series(series); !ok) return ok.error();
  const int degree = degree_of(series.coefficients);
  const int depth = series_depth(schedule.params(), schedule.level(x), schedule.scale(x), series);
  const Status enough =
      require_levels("a series of degree " + std::to_string(degree), depth, schedule.level(x));
  if (!enough) return enough.error();
  if (degree == 1) return append_line(schedule, x, series, result_scale);

  const int level = schedule.level(x) - depth;
  const Result<int> u = append_interval_map(schedule, x, series.interval);
  if (!u) return u.error();
  std::optional<Schedule> best;
  Result<int> output = Error{ErrorCode::kLevelExhausted, "no plan"};
  for (const Powers& powers : candidates(degree)) {
    Schedule trial = schedule;
    const Result<int> made =
        SeriesBuilder(trial, *u, powers, degree).value(series.coefficients, level, result_scale);
    if (!best && !made) output = made;
    if (!made || (best && !is_cheaper(trial, *best))) continue;
    best = std::move(trial);
    output = made;
  }
  if (!best) return output;
  schedule = std::move(*best);
  schedule.mark_function(x, *output, series.derivative().sup_bound());
  return output;
}

Result<Plan> plan_series(const ckks::ParametersPtr& params, const ChebyshevSeries& series,
                         const Placement& at) {
  if (const Status ok = require_placement("series", *params, at); !ok) return ok.error();
  Schedule schedule(params);
  const auto [low, high] = series.interval;
  const int x = schedule.input(at.level, at.scale, std::max(std::abs(low), std::abs(high)));
  const Result<int> output = append_series(schedule, x, series, at.result_scale);
  if (!output) return output.error();
  return Plan(std::move(schedule), *output);
}

}  // namespace salus::routine
