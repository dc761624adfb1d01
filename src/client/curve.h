// What the owner reads off a decrypted curve: values between grid points, peaks, areas, residuals.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "ingest/measurements.h"

namespace salus::client {

/// Values on ascending times. A curve has at least two points.
struct Curve {
  std::vector<double> times_h;
  std::vector<double> values;
};

/// Monotone cubic interpolation (Fritsch and Carlson, SIAM J. Numer. Anal. 17, 1980; slopes as in
/// PCHIP): no overshoot between neighbouring points. Nothing outside the grid.
class MonotoneCubic {
 public:
  /// Errors (Defect): fewer than two points, times not ascending.
  explicit MonotoneCubic(Curve curve);
  std::optional<double> at(double time_h) const;

 private:
  Curve curve_;
  std::vector<double> slopes_;
};

struct CurveSummary {
  double peak = 0;
  double peak_time_h = 0;
  double last = 0;  ///< at the end of the grid
  double area = 0;  ///< trapezoids over the grid, unit x h
};
CurveSummary summarize(const Curve& curve);

struct Residuals {
  double rmse = 0;  ///< over the measurements inside the grid
  std::size_t used = 0;
  std::size_t outside = 0;  ///< measurements outside the grid, left out
};
Residuals compare(const Curve& curve, const std::vector<ingest::Observation>& measured);

/// max_t |a - b| / max_t |b|. Errors (Defect): different lengths.
double relative_error(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace salus::client
