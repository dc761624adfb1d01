// Formulas in an order in which each stands below those it uses. Private to the SBML reader.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/expression.h"

namespace salus::model::sbml {

struct Ordered {
  std::vector<std::string> names;
  /// Empty, or formulas each of which uses the next and the last the first.
  std::vector<std::string> cycle;
};

/// Symbols that `formulas` does not define are taken as known. Among equals, alphabetical: the
/// order depends on the formulas only.
Ordered in_order(const std::map<std::string, Expression, std::less<>>& formulas);

}  // namespace salus::model::sbml
