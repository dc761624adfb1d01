#include "model/sbml/order.h"

#include <algorithm>
#include <set>

namespace salus::model::sbml {
namespace {

using Uses = std::map<std::string, std::set<std::string>, std::less<>>;

// From any name that could not be placed, along what it waits for, until one comes again.
std::vector<std::string> cycle_of(const Uses& waiting) {
  std::vector<std::string> path;
  std::string at = waiting.begin()->first;
  while (true) {
    const auto seen = std::find(path.begin(), path.end(), at);
    if (seen != path.end()) return {seen, path.end()};
    path.push_back(at);
    at = *waiting.find(at)->second.begin();
  }
}

}  // namespace

Ordered in_order(const std::map<std::string, Expression, std::less<>>& formulas) {
  Uses waiting, users;
  Ordered out;
  std::set<std::string> ready;
  for (const auto& [name, formula] : formulas) {
    std::set<std::string> uses;
    for (const std::string& s : formula.symbols()) {
      if (formulas.contains(s)) uses.insert(s);
    }
    for (const std::string& s : uses) users[s].insert(name);
    if (uses.empty()) {
      ready.insert(name);
    } else {
      waiting.emplace(name, std::move(uses));
    }
  }
  while (!ready.empty()) {
    const std::string name = *ready.begin();
    ready.erase(ready.begin());
    out.names.push_back(name);
    for (const std::string& user : users[name]) {
      auto& uses = waiting.find(user)->second;
      uses.erase(name);
      if (!uses.empty()) continue;
      waiting.erase(user);
      ready.insert(user);
    }
  }
  if (!waiting.empty()) out.cycle = cycle_of(waiting);
  return out;
}

}  // namespace salus::model::sbml
