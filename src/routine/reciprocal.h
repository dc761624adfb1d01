// 1 / x on a positive interval.
#pragma once

#include "routine/polynomial.h"

namespace salus::routine {

struct ReciprocalOptions {
  Interval interval;             ///< 0 < low <= x <= high
  double relative_error = 1e-6;  ///< of the approximation; noise comes on top
  int max_depth = 64;            ///< levels that may be spent, besides those of the input
};

/// The p of this degree with the least max |1 - x p(x)| on [m, M]: p = (1 - T_{d+1}(v) /
/// T_{d+1}(-a)) / x with v = (2 x - m - M) / (M - m) and a = (M + m) / (M - m). That error is
/// 1 / T_{d+1}(a) <= 2 ((sqrt(M/m) - 1) / (sqrt(M/m) + 1))^(d+1).
/// Errors: kInvalidArgument (degree outside 1 .. kMaxDegree, not 0 < m < M).
Result<ChebyshevSeries> reciprocal_series(int degree, Interval interval);
/// 1 / T_{degree+1}(a).
double reciprocal_error(int degree, Interval interval);
/// The smallest degree whose error is at most `relative_error`.
int reciprocal_degree(double relative_error, Interval interval);

/// y_0 = series(x), then k >= 0 iterations of Goldschmidt's method, which square the relative error
/// each: e_0 = 1 - x y_0, y_{i+1} = y_i (1 + e_i), e_{i+1} = e_i^2. Coefficients come from the
/// machine's cosines: store them where plans are to be equal everywhere.
struct ReciprocalApproximation {
  ChebyshevSeries series;
  int iterations = 0;
  double relative_error = 0;  ///< of the whole; noise comes on top
};

/// The cheapest pair (degree, k) within max_depth and the input's level, where a level counts like
/// three key switches at the input's level: levels are what the modulus, and so the ring, is sized
/// by. For error 1e-6 that is degree 8, 13, 28 for M/m = 2, 4, 16 and k = 0; for wider intervals,
/// where the degree grows like sqrt(M/m) / 2 ln(2 / error), it is degree 9 and k = 3 at 64, degree
/// 24 and k = 4 at 1024 (16 relinearizations at depth 10; degree 232 takes 19 at depth 8).
/// Goldschmidt's method from a line would need log2(M/m) iterations more.
/// Errors: kInvalidArgument (interval empty, not positive or too wide for kMaxDegree;
/// relative_error outside [2^-45, 1/2]; placement), kLevelExhausted.
Result<ReciprocalApproximation> choose_reciprocal(const ckks::ParametersPtr& params,
                                                  const ReciprocalOptions& options,
                                                  const Placement& at);

/// 1 / x for a ciphertext x with slots in the interval of the series.
///
/// Depth: that of the series, ceil(log2(degree + 1)), and k + 1 where k > 0; each iteration takes
/// two products, the last one. Result scale: exact; where k > 0 it is met by spreading it over the
/// intermediate scales and should stay within 2^8 of q^2 / S_x, the scale at which x y_0 is at q.
/// Error: relative_error / x, and noise; see Plan::error_bound.
/// Errors: kInvalidArgument (placement, iterations outside 0 .. kMaxIterations), kLevelExhausted.
Result<Plan> plan_reciprocal(const ckks::ParametersPtr& params,
                             const ReciprocalApproximation& reciprocal, const Placement& at);

inline constexpr int kMaxIterations = 5;

}  // namespace salus::routine
