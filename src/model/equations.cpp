#include "model/equations.h"

#include <algorithm>

namespace salus::model {

Equations Equations::make(const Model& model) {
  Equations out;
  auto& positions = out.positions_;
  for (const Parameter& p : model.parameters) positions.emplace(p.name, positions.size());
  out.parameters_ = model.parameters.size();
  for (const Derived& d : model.derived) {
    out.derived_.push_back(must(CompiledExpression::make(d.formula, positions)));
    positions.emplace(d.name, positions.size());
  }
  for (const State& s : model.states) {
    out.initial_.push_back(must(CompiledExpression::make(s.initial, positions)));
  }
  for (std::size_t i = 0; i < model.states.size(); ++i) {
    if (model.states[i].name == model.dose.state) out.dose_state_ = i;
    positions.emplace(model.states[i].name, positions.size());
  }
  const std::size_t time = positions.size() + model.variables.size();
  for (const Variable& v : model.variables) {
    out.variables_.push_back(must(CompiledExpression::make(v.formula, positions, time)));
    positions.emplace(v.name, positions.size());
  }
  for (const State& s : model.states) {
    out.rates_.push_back(must(CompiledExpression::make(s.rate, positions, time)));
  }
  for (const Output& o : model.outputs) {
    out.outputs_.push_back(must(CompiledExpression::make(o.formula, positions, time)));
  }
  out.bioavailability_ = model.dose.bioavailability;
  out.lag_h_ = model.dose.lag_h;
  out.times_per_hour_ = 1 / model.hours_per_time;
  return out;
}

std::size_t Equations::position(std::string_view name) const {
  const auto found = positions_.find(name);
  check(found != positions_.end(), "a symbol that the model does not have");
  return found->second;
}

std::vector<double> Equations::prepare(std::span<const double> parameters) const {
  check(parameters.size() == parameters_, "all parameters are needed");
  std::vector<double> values(size());
  std::copy(parameters.begin(), parameters.end(), values.begin());
  for (std::size_t i = 0; i < derived_.size(); ++i) values[parameters_ + i] = derived_[i](values);
  return values;
}

std::vector<double> Equations::initial(std::span<const double> values) const {
  std::vector<double> out;
  for (const CompiledExpression& e : initial_) out.push_back(e(values));
  return out;
}

void Equations::enter(std::span<double> values, double time_h,
                      std::span<const double> states) const {
  const std::size_t first = parameters_ + derived_.size();
  std::copy(states.begin(), states.end(), values.begin() + static_cast<long>(first));
  values.back() = time_h * times_per_hour_;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    values[first + states.size() + i] = variables_[i](values);
  }
}

void Equations::rates(std::span<double> values, double time_h, std::span<const double> states,
                      std::span<double> out) const {
  enter(values, time_h, states);
  for (std::size_t i = 0; i < rates_.size(); ++i) out[i] = times_per_hour_ * rates_[i](values);
}

void Equations::outputs(std::span<double> values, double time_h, std::span<const double> states,
                        std::span<double> out) const {
  enter(values, time_h, states);
  for (std::size_t i = 0; i < outputs_.size(); ++i) out[i] = outputs_[i](values);
}

}  // namespace salus::model
