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

std::vector<const Parameter*> Model::private_parameters() const {
  std::vector<const Parameter*> out;
  for (const Parameter& p : parameters) {
    if (p.is_private) out.push_back(&p);
  }
  return out;
}

std::string Model::formula_text() const {
  std::string out;
  for (const Derived& d : derived)
    out += d.name + " = " + d.formula.text() + "  [" + d.unit + "]\n";
  for (const State& s : states) {
    out += "d" + s.name + "/dt = " + s.rate.text() + "  [" + s.unit + "/h]\n";
  }
  for (const Output& o : outputs) out += o.name + " = " + o.formula.text() + "  [" + o.unit + "]\n";
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
