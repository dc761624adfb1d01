#include "model/sbml/start_values.h"

namespace salus::model::sbml {
namespace {

// The formulas that `roots` need, however indirectly.
Formulas needed_by(const Formulas& start, const std::set<std::string>& roots) {
  Formulas out;
  std::vector<std::string> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const auto found = start.find(open.back());
    open.pop_back();
    if (found == start.end() || !out.insert(*found).second) continue;
    for (const std::string& s : found->second.symbols()) open.push_back(s);
  }
  return out;
}

}  // namespace

StartValues start_values(Formulas start, const std::set<std::string>& states,
                         const std::set<std::string>& constants,
                         const std::function<std::string(std::string)>& fresh) {
  std::erase_if(start, [](const auto& entry) {
    return entry.second.kind == ExpressionKind::kSymbol && entry.second.symbol == entry.first;
  });
  std::set<std::string> roots = states;
  roots.insert(constants.begin(), constants.end());
  const Formulas needed = needed_by(start, roots);
  std::set<std::string> used;
  for (const auto& [name, formula] : needed) used.merge(formula.symbols());

  StartValues out;
  Ordered order = in_order(needed);
  out.cycle = std::move(order.cycle);
  Formulas known;
  for (const std::string& name : order.names) {
    Expression e = substitute(needed.at(name), known);
    const bool is_leaf = e.operands.empty();
    const bool rests = constants.contains(name);
    if (rests || (!is_leaf && used.contains(name))) {
      out.derived.push_back({rests ? name : fresh(name + "_at_0"), name, std::move(e)});
      e = Expression::named(out.derived.back().name);
    }
    if (states.contains(name)) out.states[name] = e;
    known[name] = std::move(e);
  }
  return out;
}

}  // namespace salus::model::sbml
