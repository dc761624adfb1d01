#include "routine/minimax.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>

namespace salus::routine {
namespace {

using Vector = std::vector<double>;

constexpr int kIterations = 60;
constexpr int kGridPerPoint = 200;
constexpr double kAgreement = 1e-7;    // of the largest and the levelled error
constexpr double kRounding = 0x1p-49;  // of 1 - p
constexpr double kFloor = 0x1p-45;  // below it the error is rounding and has no extrema to exchange

/// Solves A x = b, rows of [A | b], by elimination with pivots.
Vector solve(std::vector<Vector> rows) {
  const std::size_t n = rows.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(rows[i][k]) > std::abs(rows[pivot][k])) pivot = i;
    }
    std::swap(rows[k], rows[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = rows[i][k] / rows[k][k];
      for (std::size_t j = k; j <= n; ++j) rows[i][j] -= factor * rows[k][j];
    }
  }
  Vector x(n);
  for (std::size_t k = n; k-- > 0;) {
    double sum = rows[k][n];
    for (std::size_t j = k + 1; j < n; ++j) sum -= rows[k][j] * x[j];
    x[k] = sum / rows[k][k];
  }
  return x;
}

class Remez {
 public:
  Remez(int degree, double low, double high)
      : unknowns_(static_cast<std::size_t>(degree + 1) / 2), low_(low), high_(high) {
    // p(x) = x P(x^2): the extrema of a Chebyshev polynomial in x^2 are a good start.
    for (std::size_t i = 0; i <= unknowns_; ++i) points_.push_back(node(i, unknowns_));
    const std::size_t count = kGridPerPoint * (unknowns_ + 1);
    for (std::size_t i = 0; i <= count; ++i) grid_.push_back(node(i, count));
  }

  /// None where the error is below kFloor.
  std::optional<MinimaxSign> run() {
    double largest = 0;
    for (int i = 0; i < kIterations; ++i) {
      const double levelled = std::abs(level());
      if (!(levelled >= kFloor)) return {};
      largest = exchange();
      if (largest <= levelled * (1 + kAgreement) + kRounding) break;
    }
    return MinimaxSign{series_, largest};
  }

 private:
  double node(std::size_t i, std::size_t count) const {
    const double t =
        std::cos(std::numbers::pi * static_cast<double>(i) / static_cast<double>(count));
    if (i == 0) return low_;
    if (i == count) return high_;
    return std::sqrt((low_ * low_ * (1 + t) + high_ * high_ * (1 - t)) / 2);
  }

  double error(double x) const { return 1 - series_(x); }

  // The p whose error is E, -E, E .. at the points; returns E.
  double level() {
    std::vector<Vector> rows;
    for (std::size_t i = 0; i <= unknowns_; ++i) {
      const double t = std::acos(std::min(points_[i] / high_, 1.0));
      Vector row;
      for (std::size_t k = 0; k < unknowns_; ++k) {
        row.push_back(std::cos(static_cast<double>(2 * k + 1) * t));
      }
      row.push_back(i % 2 == 0 ? 1 : -1);
      row.push_back(1);
      rows.push_back(std::move(row));
    }
    const Vector x = solve(std::move(rows));
    series_ = {Vector(2 * unknowns_), {-high_, high_}};
    for (std::size_t k = 0; k < unknowns_; ++k) series_.coefficients[2 * k + 1] = x[k];
    return x[unknowns_];
  }

  // Moves every point to the extremum of its sign between the zeros of the error around it; returns
  // the largest error.
  double exchange() {
    std::size_t point = 0;
    double largest = 0;
    double here = 0;
    for (const double x : grid_) {
      const double e = error(x);
      const bool next_sign = here != 0 && e * here < 0;
      if (next_sign && point + 1 < points_.size()) ++point;
      if (next_sign || std::abs(e) > std::abs(here)) {
        here = e;
        points_[point] = x;
      }
      largest = std::max(largest, std::abs(e));
    }
    for (std::size_t i = 1; i + 1 < points_.size(); ++i) {
      const double gap = std::min(points_[i] - points_[i - 1], points_[i + 1] - points_[i]);
      for (int step = 0; step < 3; ++step) points_[i] = refined(points_[i], gap);
      largest = std::max(largest, std::abs(error(points_[i])));
    }
    return largest;
  }

  // A step towards the extremum near x, by the parabola through x and two neighbours.
  double refined(double x, double gap) const {
    const double h = gap / 64;
    const double left = error(x - h);
    const double right = error(x + h);
    const double curvature = left - 2 * error(x) + right;
    if (curvature == 0) return x;
    return x + std::clamp(h * (left - right) / (2 * curvature), -gap / 16, gap / 16);
  }

  std::size_t unknowns_;
  double low_;
  double high_;
  Vector points_;
  Vector grid_;
  ChebyshevSeries series_;
};

}  // namespace

Result<MinimaxSign> minimax_sign(int degree, double low, double high) {
  if (degree < 1 || degree > kMaxMinimaxDegree || degree % 2 == 0 || !(low > 0) || !(low < high) ||
      !std::isfinite(high)) {
    return Error{ErrorCode::kInvalidArgument,
                 "minimax_sign: degree " + std::to_string(degree) + " (odd, at most " +
                     std::to_string(kMaxMinimaxDegree) + ") on [" + std::to_string(low) + ", " +
                     std::to_string(high) + "], 0 < low < high"};
  }
  std::optional<MinimaxSign> out;
  for (int d = degree; d >= 1 && !out; d -= 2) out = Remez(d, low, high).run();
  if (out) return *out;
  return MinimaxSign{{{0, 1}, {-high, high}}, 1 - low / high};  // an interval of almost one point
}

}  // namespace salus::routine
