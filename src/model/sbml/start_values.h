// Values at time 0 that refer to each other, as derived quantities and starts of states. Private to
// the SBML reader.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "model/sbml/order.h"

namespace salus::model::sbml {

using Formulas = std::map<std::string, Expression, std::less<>>;

struct StartValue {
  std::string name;
  std::string of;  ///< the symbol whose start it is; `name` itself for a constant
  Expression formula;
};

struct StartValues {
  std::vector<StartValue> derived;  ///< in order
  Formulas states;                  ///< over parameters and derived
  std::vector<std::string> cycle;   ///< as in Ordered
};

/// `start`: what each symbol is at time 0, over values at time 0; a parameter is itself.
/// `constants` become derived quantities of their own names. Whatever moves and is referred to
/// becomes one named `fresh(NAME_at_0)`, unless it is a number or a parameter: so formulas stay as
/// small as the file's, however often they refer to each other.
StartValues start_values(Formulas start, const std::set<std::string>& states,
                         const std::set<std::string>& constants,
                         const std::function<std::string(std::string)>& fresh);

}  // namespace salus::model::sbml
