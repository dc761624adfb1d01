#include "model/reference.h"

#include <cmath>

#include "model/patient_run.h"
#include "model/validate.h"

namespace salus::model {

std::vector<Dose> repeated_dose(double amount, double start_h, double interval_h, int count,
                                double infusion_h) {
  std::vector<Dose> out;
  for (int i = 0; i < count; ++i) out.push_back({start_h + i * interval_h, amount, infusion_h});
  return out;
}

Result<Values> complete(const Model& model, const Values& given) {
  for (const auto& [name, value] : given) {
    if (model.parameter(name) == nullptr) {
      return Error{ErrorCode::kInvalidArgument, model.name + " has no parameter '" + name + "'"};
    }
  }
  Values out;
  for (const Parameter& p : model.parameters) {
    const auto found = given.find(p.name);
    const std::string what = model.name + ": parameter " + p.name;
    if (found == given.end() && p.is_private) {
      return Error{ErrorCode::kInvalidArgument, what + " is missing; give a value in " + p.unit};
    }
    const double value = found == given.end() ? p.typical : found->second;
    if (!std::isfinite(value) || (p.transform == Transform::kLog && value <= 0)) {
      return Error{ErrorCode::kInvalidArgument,
                   what + " must be a finite positive number in " + p.unit};
    }
    out[p.name] = value;
  }
  return out;
}

Result<std::vector<double>> parameter_values(const Model& model, const Values& given) {
  const auto all = complete(model, given);
  if (!all) return all.error();
  std::vector<double> out;
  for (const Parameter& p : model.parameters) out.push_back(all->find(p.name)->second);
  return out;
}

Status validate_schedule(const std::vector<Dose>& doses, const std::vector<double>& times_h) {
  const auto bad = [](double v) { return !std::isfinite(v) || v < 0; };
  for (const Dose& d : doses) {
    if (bad(d.time_h) || !std::isfinite(d.amount) || bad(d.infusion_h)) {
      return Error{ErrorCode::kInvalidArgument,
                   "a dose needs a finite amount, and a time and an infusion time of 0 h or more"};
    }
  }
  for (std::size_t i = 0; i < times_h.size(); ++i) {
    if (bad(times_h[i]) || (i > 0 && times_h[i] < times_h[i - 1])) {
      return Error{ErrorCode::kInvalidArgument,
                   "times must be finite, 0 h or later, and ascend: entry " + std::to_string(i)};
    }
  }
  return {};
}

struct ReferenceSolver::State {
  RunPlan plan;
};

ReferenceSolver::ReferenceSolver(const Model& model)
    : state_(std::make_shared<State>(State{RunPlan::make(model)})) {}

Result<Curves> ReferenceSolver::curves(const std::vector<double>& parameters,
                                       const std::vector<Dose>& doses,
                                       const std::vector<double>& times_h,
                                       double relative_tolerance) const {
  if (Status s = validate_schedule(doses, times_h); !s) return s.error();
  const Equations& equations = state_->plan.equations;
  if (!doses.empty() && !state_->plan.takes_doses) {
    return Error{ErrorCode::kInvalidArgument,
                 state_->plan.name + " takes no doses; it has no [dose] table"};
  }
  if (equations.state_count() > 0) {
    return PatientRun(state_->plan, parameters, doses, relative_tolerance).to(times_h);
  }
  Curves out(equations.output_count(), std::vector<double>(times_h.size()));
  std::vector<double> values = equations.prepare(parameters), column(out.size());
  for (std::size_t t = 0; t < times_h.size(); ++t) {
    equations.outputs(values, times_h[t], {}, column);
    for (std::size_t o = 0; o < out.size(); ++o) out[o][t] = column[o];
  }
  return out;
}

Result<Curves> reference_curves(const Model& model, const Values& parameters,
                                const std::vector<Dose>& doses,
                                const std::vector<double>& times_h) {
  const auto given = parameter_values(model, parameters);
  if (!given) return given.error();
  return ReferenceSolver(model).curves(*given, doses, times_h);
}

Result<std::vector<double>> reference_curve(const Model& model, const Values& parameters,
                                            const std::vector<Dose>& doses,
                                            const std::vector<double>& times_h) {
  auto all = reference_curves(model, parameters, doses, times_h);
  if (!all) return all.error();
  return std::move(all->front());
}

Result<Curves> fast_curves(const Model& model, const Values& parameters,
                           const std::vector<Dose>& doses, const std::vector<double>& times_h) {
  const auto linear = LinearSolver::make(model);
  if (!linear) return reference_curves(model, parameters, doses, times_h);
  return linear->curves(parameters, doses, times_h);
}

}  // namespace salus::model
