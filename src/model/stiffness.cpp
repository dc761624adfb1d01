#include "model/stiffness.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "model/equations.h"

namespace salus::model {

RateSpread rate_spread(const Model& model, const Point& point, double dose) {
  const Equations equations = Equations::make(model);
  const std::size_t n = equations.state_count();
  if (n == 0) return {};
  std::vector<double> values = equations.prepare(point), states = equations.initial(values);
  if (model.takes_doses()) states[equations.dose_state()] += dose;

  // Columns by central differences; a state at 0 moves by a share of the largest one.
  double largest = 1e-6;
  for (const double x : states) largest = std::max(largest, std::abs(x));
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd jacobian(size, size);
  std::vector<double> up(n), down(n);
  for (std::size_t j = 0; j < n; ++j) {
    const double kept = states[j], step = 1e-5 * std::max(std::abs(kept), 1e-3 * largest);
    states[j] = kept + step;
    equations.rates(values, 0, states, up);
    states[j] = kept - step;
    equations.rates(values, 0, states, down);
    states[j] = kept;
    for (std::size_t i = 0; i < n; ++i) {
      jacobian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          (up[i] - down[i]) / (2 * step);
    }
  }
  if (!jacobian.allFinite()) return {};

  RateSpread out{1 / model.surrogate.horizon_h, 0};
  const auto eigenvalues = Eigen::EigenSolver<Eigen::MatrixXd>(jacobian, false).eigenvalues();
  double slowest = HUGE_VAL;
  for (const auto& lambda : eigenvalues) {
    out.fastest_per_h = std::max(out.fastest_per_h, std::abs(lambda));
    slowest = std::min(slowest, std::abs(lambda));
  }
  out.slowest_per_h = std::max(out.slowest_per_h, slowest);
  return out;
}

}  // namespace salus::model
