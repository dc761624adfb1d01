#include "client/curve.h"

#include <algorithm>
#include <cmath>

namespace salus::client {
namespace {

/// One-sided three-point slope at an end, kept monotone.
double end_slope(double h0, double h1, double d0, double d1) {
  const double slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
  if (slope * d0 <= 0) return 0;
  if (d0 * d1 <= 0 && std::abs(slope) > 3 * std::abs(d0)) return 3 * d0;
  return slope;
}

}  // namespace

MonotoneCubic::MonotoneCubic(Curve curve) : curve_(std::move(curve)) {
  const auto& t = curve_.times_h;
  const auto& y = curve_.values;
  check(t.size() >= 2 && t.size() == y.size(), "a curve has at least two points");
  const std::size_t n = t.size();
  std::vector<double> h(n - 1);
  std::vector<double> d(n - 1);
  for (std::size_t i = 0; i + 1 < n; ++i) {
    h[i] = t[i + 1] - t[i];
    check(h[i] > 0, "times of a curve ascend");
    d[i] = (y[i + 1] - y[i]) / h[i];
  }
  slopes_.assign(n, d[0]);
  if (n == 2) return;
  slopes_[0] = end_slope(h[0], h[1], d[0], d[1]);
  slopes_[n - 1] = end_slope(h[n - 2], h[n - 3], d[n - 2], d[n - 3]);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    // Weighted harmonic mean of the neighbouring secants; 0 at an extremum.
    const double before = 2 * h[i] + h[i - 1];
    const double after = h[i] + 2 * h[i - 1];
    slopes_[i] = d[i - 1] * d[i] <= 0 ? 0 : (before + after) / (before / d[i - 1] + after / d[i]);
  }
}

std::optional<double> MonotoneCubic::at(double time_h) const {
  const auto& t = curve_.times_h;
  const auto& y = curve_.values;
  if (!(time_h >= t.front() && time_h <= t.back())) return std::nullopt;
  const auto next = std::upper_bound(t.begin(), t.end() - 1, time_h);
  const auto i = static_cast<std::size_t>(next - t.begin()) - 1;
  const double h = t[i + 1] - t[i];
  const double s = (time_h - t[i]) / h;
  // Hermite basis on [0, 1].
  const double left = (1 + 2 * s) * (1 - s) * (1 - s);
  const double left_slope = s * (1 - s) * (1 - s);
  const double right = s * s * (3 - 2 * s);
  const double right_slope = s * s * (s - 1);
  return left * y[i] + left_slope * h * slopes_[i] + right * y[i + 1] +
         right_slope * h * slopes_[i + 1];
}

CurveSummary summarize(const Curve& curve) {
  const auto& t = curve.times_h;
  const auto& y = curve.values;
  check(!y.empty() && t.size() == y.size(), "a curve has points");
  const auto top = std::max_element(y.begin(), y.end());
  CurveSummary summary{.peak = *top,
                       .peak_time_h = t[static_cast<std::size_t>(top - y.begin())],
                       .last = y.back(),
                       .area = 0};
  for (std::size_t i = 0; i + 1 < t.size(); ++i) {
    summary.area += (t[i + 1] - t[i]) * (y[i] + y[i + 1]) / 2;
  }
  return summary;
}

Residuals compare(const Curve& curve, const std::vector<ingest::Observation>& measured) {
  const MonotoneCubic between(curve);
  Residuals residuals;
  double squares = 0;
  for (const ingest::Observation& observation : measured) {
    const std::optional<double> value = between.at(observation.time_h);
    if (!value) {
      ++residuals.outside;
      continue;
    }
    squares += (*value - observation.value) * (*value - observation.value);
    ++residuals.used;
  }
  if (residuals.used > 0) residuals.rmse = std::sqrt(squares / static_cast<double>(residuals.used));
  return residuals;
}

double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  check(a.size() == b.size(), "curves of one grid");
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  return largest > 0 ? difference / largest : difference;
}

}  // namespace salus::client
