// Chebyshev series in the clear: fitted, evaluated, measured.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"

namespace salus::routine {

/// low <= x <= high; u = (2 x - low - high) / (high - low) is in [-1, 1].
struct Interval {
  double low = -1;
  double high = 1;
};

/// p(x) = sum_k coefficients[k] T_k(u). Exact zeros cost nothing when it is evaluated encrypted.
struct ChebyshevSeries {
  std::vector<double> coefficients;
  Interval interval;

  int degree() const { return static_cast<int>(coefficients.size()) - 1; }
  /// By Clenshaw's recurrence.
  double operator()(double x) const;
  /// dp/dx
  ChebyshevSeries derivative() const;
  /// Bounds of |p| on the interval: sum_k |c_k|; and at most 2 % above the largest |p|, from the
  /// values at 8 (degree + 1) cosine nodes (Ehlich and Zeller, Math. Z. 86, 1964).
  double coefficient_sum() const;
  double sup_bound() const;
};

inline constexpr int kMaxDegree = 1023;

/// The polynomial that equals f at the degree + 1 roots of T_{degree + 1}: within a factor of
/// 2 + (2 / pi) ln(degree + 1) of the best one. Coefficients below 2^-50 of the largest are set to
/// zero, so that series of odd and even functions have only odd and even terms.
/// Errors: kInvalidArgument (degree outside 0 .. kMaxDegree, interval empty or not finite, f not
/// finite at a node).
Result<ChebyshevSeries> chebyshev_fit(const std::function<double(double)>& f, int degree,
                                      Interval interval);

inline constexpr int kErrorPoints = 100'000;

/// max |p - f| over kErrorPoints equidistant points of the interval, its ends included.
double sup_error(const ChebyshevSeries& p, const std::function<double(double)>& f);

/// Errors: kInvalidArgument (not low < high, both finite).
Status require_interval(const std::string& what, Interval interval);

}  // namespace salus::routine
