#include "model/model.h"

#include <algorithm>
#include <cmath>

namespace salus::model {

const Parameter* Model::parameter(std::string_view wanted) const {
  const auto same = [&](const Parameter& p) { return p.name == wanted; };
  const auto found = std::find_if(parameters.begin(), parameters.end(), same);
  return found == parameters.end() ? nullptr : &*found;
}

const Derived* Model::find_derived(std::string_view wanted) const {
  const auto same = [&](const Derived& d) { return d.name == wanted; };
  const auto found = std::find_if(derived.begin(), derived.end(), same);
  return found == derived.end() ? nullptr : &*found;
}

Result<std::size_t> Model::output_index(std::string_view wanted) const {
  std::string all;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (wanted.empty() || outputs[i].name == wanted) return i;
    all += (all.empty() ? "" : ", ") + outputs[i].name;
  }
  return Error{ErrorCode::kNotFound,
               name + " has no output '" + std::string(wanted) + "'; it has " + all};
}

std::vector<const Parameter*> Model::private_parameters() const {
  std::vector<const Parameter*> out;
  for (const Parameter& p : parameters) {
    if (p.is_private) out.push_back(&p);
  }
  return out;
}

std::string Model::place(int line) const {
  return line > 0 && !file.empty() ? file + ":" + std::to_string(line) + ": " : name + ": ";
}

std::string Model::formula_text() const {
  std::string out;
  for (const Derived& d : derived)
    out += d.name + " = " + d.formula.text() + "  [" + d.unit + "]\n";
  for (const State& s : states) {
    const bool at_zero = s.initial.kind == ExpressionKind::kNumber && s.initial.number == 0;
    if (!at_zero) out += s.name + "(0) = " + s.initial.text() + "  [" + s.unit + "]\n";
    out += "d" + s.name + "/dt = " + s.rate.text() + "  [" + s.unit + "/" + time_unit + "]\n";
  }
  for (const Variable& v : variables)
    out += v.name + " = " + v.formula.text() + "  [" + v.unit + "]\n";
  for (const Event& e : events) {
    out += "when " + e.trigger.text() + ":";
    for (const EventAssignment& a : e.assignments) {
      out += " " + a.state + " = " + a.value.text();
      if (a.factor) out += " times " + a.factor->text();
    }
    out += "\n";
  }
  for (const Output& o : outputs) {
    out += o.name + " = " + o.formula.text();
    if (o.link) out += ", then " + o.link->text() + " of it";
    out += "  [" + o.unit + "]\n";
  }
  if (!evidence.empty()) out += "Evidence: " + evidence + "\n";
  return out;
}

Result<Values> typical_parameters(const Model& model, const Values& covariates) {
  std::map<std::string, std::size_t, std::less<>> positions;
  std::vector<double> values;
  for (const Covariate& c : model.covariates) {
    positions[c.name] = values.size();
    values.push_back(c.typical);
  }
  for (const auto& [name, value] : covariates) {
    const auto known = positions.find(name);
    if (known == positions.end() || !std::isfinite(value)) {
      return Error{ErrorCode::kInvalidArgument,
                   model.name + ": covariate '" + name +
                       (known == positions.end() ? "' is unknown" : "' is not a finite number")};
    }
    values[known->second] = value;
  }
  Values out;
  for (const Parameter& p : model.parameters) out[p.name] = p.typical;
  for (const CovariateRule& rule : model.covariate_rules) {
    const auto formula = CompiledExpression::make(rule.formula, positions);
    if (!formula) return formula.error();
    const double value = (*formula)(values);
    if (!std::isfinite(value)) {
      return Error{ErrorCode::kInvalidArgument,
                   model.name + ": these covariates give no value of " + rule.parameter};
    }
    out[rule.parameter] = value;
  }
  return out;
}

}  // namespace salus::model
