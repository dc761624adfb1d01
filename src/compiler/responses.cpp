#include "compiler/responses.h"

#include <algorithm>
#include <cmath>

namespace salus::compiler {

std::vector<model::Dose> Shape::doses() const {
  return model::repeated_dose(dose, start_h, interval_h, count, infusion_h);
}

Responses::Responses(const model::Model& model) : model_(&model) {
  if (auto solver = model::LinearSolver::make(model)) solver_ = std::move(*solver);
}

Shape Responses::shape_of(const program::Regimen& regimen, double& factor) const {
  factor = linear() ? regimen.dose : 1;
  return {linear() ? 1 : regimen.dose, regimen.start_h, regimen.count == 1 ? 0 : regimen.interval_h,
          regimen.infusion_h, regimen.count};
}

model::Values Responses::named(const std::vector<double>& parameters) const {
  model::Values out;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    out[model_->parameters[i].name] = parameters[i];
  }
  return out;
}

Result<std::vector<double>> Responses::curve(const std::vector<double>& parameters,
                                             const Shape& shape,
                                             const std::vector<double>& times_h) const {
  if (!linear()) return reference(parameters, shape, times_h);

  // One response at all lags of all doses: the propagators are shared.
  std::vector<double> lags;
  for (const model::Dose& dose : shape.doses()) {
    for (const double t : times_h) {
      if (t >= dose.time_h) lags.push_back(t - dose.time_h);
    }
  }
  std::sort(lags.begin(), lags.end());
  const auto same = [](double a, double b) { return b - a < 1e-9; };
  lags.erase(std::unique(lags.begin(), lags.end(), same), lags.end());
  const std::vector<double> response =
      solver_->unit_response(parameters, shape.infusion_h, lags).front();

  std::vector<double> out(times_h.size(), 0.0);
  for (const model::Dose& dose : shape.doses()) {
    std::size_t at = 0;
    for (std::size_t t = 0; t < times_h.size(); ++t) {
      if (times_h[t] < dose.time_h) continue;
      while (at + 1 < lags.size() && lags[at + 1] <= times_h[t] - dose.time_h + 1e-12) ++at;
      out[t] += dose.amount * response[at];
    }
  }
  return out;
}

Result<std::vector<double>> Responses::reference(const std::vector<double>& parameters,
                                                 const Shape& shape,
                                                 const std::vector<double>& times_h) const {
  return model::reference_curve(*model_, named(parameters), shape.doses(), times_h);
}

}  // namespace salus::compiler
