#include "model/oracle.h"

#include <cmath>
#include <string>

#include "model/reference.h"

namespace salus::model {
namespace {

constexpr double kStepH = 0.05;
constexpr int kSteps = 20'000;

Result<double> compute(const Model& model, const OracleCase& c) {
  const std::vector<Dose> doses = repeated_dose(c.dose, 0, c.interval_h, c.count, c.infusion_h);
  if (c.quantity == "value_at") {
    const auto curve = reference_curve(model, c.values, doses, {c.at_h});
    if (!curve) return curve.error();
    return curve->front();
  }
  std::vector<double> times;
  for (int i = 0; i <= kSteps; ++i) times.push_back(kStepH * i);
  const auto curve = fast_curve(model, c.values, doses, times);
  if (!curve) return curve.error();
  double area = 0;
  for (std::size_t i = 1; i < times.size(); ++i) {
    area += kStepH / 2 * ((*curve)[i] + (*curve)[i - 1]);
  }
  return area;
}

}  // namespace

Status reproduce_oracles(const Model& model) {
  if (model.oracle.empty()) {
    return Error{ErrorCode::kMismatch,
                 model.name + ": no [[oracle]] case; add a published or closed-form value"};
  }
  for (const OracleCase& c : model.oracle) {
    const Result<double> found = compute(model, c);
    if (!found) return found.error();
    if (std::abs(*found - c.expected) <= c.tolerance * std::abs(c.expected)) continue;
    return Error{ErrorCode::kMismatch, model.name + ": oracle \"" + c.description + "\" expects " +
                                           std::to_string(c.expected) + " within " +
                                           std::to_string(c.tolerance) + ", the model gives " +
                                           std::to_string(*found)};
  }
  return {};
}

}  // namespace salus::model
