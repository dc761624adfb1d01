#include "compiler/responses.h"

#include <algorithm>
#include <cmath>

namespace salus::compiler {

std::vector<model::Dose> Shape::doses() const {
  if (dose == 0) return {};
  return model::repeated_dose(dose, start_h, interval_h, count, infusion_h);
}

Responses::Responses(const model::Model& model) : model_(&model), reference_(model) {
  if (auto solver = model::LinearSolver::make(model)) linear_ = std::move(*solver);
}

Result<Shape> Responses::shape_of(const program::Regimen& regimen, double& factor) const {
  const auto wrong = [&](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "regimen " + regimen.id + ": " + why};
  };
  if (regimen.dose != 0 && !model_->takes_doses()) {
    return wrong("model " + model_->name + " takes no doses; leave `dose` out");
  }
  if (regimen.dose == 0 && linear()) {
    return wrong("without a dose, model " + model_->name + " gives nothing");
  }
  const bool one = regimen.count == 1 || regimen.dose == 0;
  factor = linear() ? regimen.dose : 1;
  Shape out{linear() ? 1 : regimen.dose, regimen.start_h,         one ? 0 : regimen.interval_h,
            regimen.infusion_h,          one ? 1 : regimen.count, {}};
  for (const program::Setting& setting : regimen.settings) {
    const model::Parameter* p = model_->parameter(setting.name);
    if (p == nullptr || p->is_private) {
      return wrong("sets '" + setting.name + "', which is not a public parameter of " +
                   model_->name);
    }
    out.settings.emplace_back(static_cast<std::size_t>(p - model_->parameters.data()),
                              setting.value);
  }
  std::sort(out.settings.begin(), out.settings.end());
  return out;
}

Result<std::vector<double>> Responses::joined(const Result<model::Curves>& curves,
                                              const std::vector<double>& times_h) const {
  if (!curves) return curves.error();
  std::vector<double> out;
  out.reserve(curves->size() * times_h.size());
  for (std::size_t o = 0; o < curves->size(); ++o) {
    for (std::size_t t = 0; t < times_h.size(); ++t) {
      const double value = (*curves)[o][t];
      if (!std::isfinite(value)) {
        return Error{ErrorCode::kInvalidArgument,
                     model_->name + ": output " + model_->outputs[o].name +
                         " is not a finite number at " + std::to_string(times_h[t]) +
                         " h for a patient inside the box; see: salus model check"};
      }
      out.push_back(value);
    }
  }
  return out;
}

Result<std::vector<double>> Responses::solve(std::vector<double> parameters, const Shape& shape,
                                             const std::vector<double>& times_h,
                                             double tolerance) const {
  for (const auto& [position, value] : shape.settings) parameters[position] = value;
  return joined(reference_.curves(parameters, shape.doses(), times_h, tolerance), times_h);
}

Result<std::vector<double>> Responses::curve(const std::vector<double>& parameters,
                                             const Shape& shape,
                                             const std::vector<double>& times_h) const {
  if (!linear()) return solve(parameters, shape, times_h, model::ReferenceSolver::kTraining);

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
  std::vector<double> set = parameters;
  for (const auto& [position, value] : shape.settings) set[position] = value;
  const model::Curves response = linear_->unit_response(set, shape.infusion_h, lags);

  model::Curves out(response.size(), std::vector<double>(times_h.size(), 0.0));
  for (const model::Dose& dose : shape.doses()) {
    std::size_t at = 0;
    for (std::size_t t = 0; t < times_h.size(); ++t) {
      if (times_h[t] < dose.time_h) continue;
      while (at + 1 < lags.size() && lags[at + 1] <= times_h[t] - dose.time_h + 1e-12) ++at;
      for (std::size_t o = 0; o < out.size(); ++o) out[o][t] += dose.amount * response[o][at];
    }
  }
  return joined(out, times_h);
}

Result<std::vector<double>> Responses::reference(const std::vector<double>& parameters,
                                                 const Shape& shape,
                                                 const std::vector<double>& times_h) const {
  return solve(parameters, shape, times_h, model::ReferenceSolver::kTight);
}

}  // namespace salus::compiler
