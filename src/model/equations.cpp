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
    if (s.name == model.dose.state) out.dose_state_ = out.initial_.size();
    out.initial_.push_back(s.initial);
    positions.emplace(s.name, positions.size());
  }
  for (const State& s : model.states) {
    out.rates_.push_back(must(CompiledExpression::make(s.rate, positions)));
  }
  out.output_.push_back(must(CompiledExpression::make(model.outputs.front().formula, positions)));
  out.bioavailability_ = model.dose.bioavailability;
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

void Equations::rates(std::span<double> values, std::span<const double> states,
                      std::span<double> out) const {
  std::copy(states.begin(), states.end(), values.end() - static_cast<long>(states.size()));
  for (std::size_t i = 0; i < rates_.size(); ++i) out[i] = rates_[i](values);
}

double Equations::output(std::span<double> values, std::span<const double> states) const {
  std::copy(states.begin(), states.end(), values.end() - static_cast<long>(states.size()));
  return output_[0](values);
}

}  // namespace salus::model
