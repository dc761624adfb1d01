#include "routine/chebyshev.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace salus::routine {

double ChebyshevSeries::operator()(double x) const {
  const double u = (2 * x - interval.low - interval.high) / (interval.high - interval.low);
  double b1 = 0;
  double b2 = 0;
  for (std::size_t k = coefficients.size(); k-- > 1;) {
    const double b = coefficients[k] + 2 * u * b1 - b2;
    b2 = b1;
    b1 = b;
  }
  return coefficients.empty() ? 0 : coefficients[0] + u * b1 - b2;
}

ChebyshevSeries ChebyshevSeries::derivative() const {
  // With p' = sum_k d_k T_k(u) du/dx: d_{k-1} = d_{k+1} + 2 k c_k, and d_0 is half of that.
  const std::size_t n = coefficients.size();
  std::vector<double> d(n + 1, 0.0);
  for (std::size_t k = n; k-- > 1;) {
    d[k - 1] = d[k + 1] + 2 * static_cast<double>(k) * coefficients[k];
  }
  d[0] /= 2;
  d.resize(std::max<std::size_t>(n, 2) - 1);
  for (double& x : d) x *= 2 / (interval.high - interval.low);
  return {std::move(d), interval};
}

double ChebyshevSeries::coefficient_sum() const {
  double sum = 0;
  for (const double c : coefficients) sum += std::abs(c);
  return sum;
}

double ChebyshevSeries::sup_bound() const {
  // p(cos t) is a trigonometric polynomial of this degree: between N nodes it exceeds its values
  // there by at most 1 / cos(pi degree / 2N).
  const int nodes = 8 * (degree() + 1);
  double largest = 0;
  for (int i = 0; i < nodes; ++i) {
    const double u = std::cos(std::numbers::pi * (i + 0.5) / nodes);
    const double x = (interval.low + interval.high + u * (interval.high - interval.low)) / 2;
    largest = std::max(largest, std::abs((*this)(x)));
  }
  return largest / std::cos(std::numbers::pi * degree() / (2 * nodes));
}

Result<ChebyshevSeries> chebyshev_fit(const std::function<double(double)>& f, int degree,
                                      Interval interval) {
  if (degree < 0 || degree > kMaxDegree) {
    return Error{ErrorCode::kInvalidArgument, "chebyshev_fit: degree " + std::to_string(degree) +
                                                  " of 0 .. " + std::to_string(kMaxDegree)};
  }
  if (const Status ok = require_interval("chebyshev_fit", interval); !ok) return ok.error();
  const int n = degree + 1;
  const double middle = (interval.high + interval.low) / 2;
  const double half = (interval.high - interval.low) / 2;
  std::vector<double> values;
  for (int i = 0; i < n; ++i) {
    const double x = middle + half * std::cos(std::numbers::pi * (i + 0.5) / n);
    values.push_back(f(x));
    if (!std::isfinite(values.back())) {
      return Error{ErrorCode::kInvalidArgument,
                   "chebyshev_fit: the function is not finite at " + std::to_string(x)};
    }
  }
  ChebyshevSeries out{{}, interval};
  double largest = 0;
  for (int k = 0; k < n; ++k) {
    double sum = 0;
    for (int i = 0; i < n; ++i) {
      // The angle reduced exactly: k (2 i + 1) in units of pi / 2n, modulo 4n.
      const int angle = k * (2 * i + 1) % (4 * n);
      sum += values[static_cast<std::size_t>(i)] * std::cos(std::numbers::pi * angle / (2 * n));
    }
    out.coefficients.push_back(sum * (k == 0 ? 1 : 2) / n);
    largest = std::max(largest, std::abs(out.coefficients.back()));
  }
  for (double& c : out.coefficients) {
    if (std::abs(c) < 0x1p-50 * largest) c = 0;
  }
  return out;
}

double sup_error(const ChebyshevSeries& p, const std::function<double(double)>& f) {
  const auto [low, high] = p.interval;
  double largest = 0;
  for (int i = 0; i < kErrorPoints; ++i) {
    const double t = static_cast<double>(i) / (kErrorPoints - 1);
    const double x = low * (1 - t) + high * t;
    const double error = std::abs(p(x) - f(x));
    largest = error <= largest ? largest : error;  // keeps NaN
  }
  return largest;
}

Status require_interval(const std::string& what, Interval interval) {
  if (std::isfinite(interval.low) && std::isfinite(interval.high) && interval.low < interval.high) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               what + ": the interval [" + std::to_string(interval.low) + ", " +
                   std::to_string(interval.high) + "] is empty or not finite"};
}

}  // namespace salus::routine
