#include "model/definitions.h"

#include <algorithm>
#include <set>

#include "model/expression.h"
#include "model/nearest.h"

namespace salus::model {
namespace {

struct Definition {
  std::string kind;  // "derived"
  std::string name;
  std::string line;
  std::set<std::string> uses;  // of its formula, where it has one that can be read

  bool has_formula() const { return kind == "derived" || kind == "variable"; }
};

std::vector<Definition> definitions_of(const toml::table& root) {
  std::vector<Definition> out;
  for (const std::string kind :
       {"parameter", "derived", "state", "variable", "output", "covariate"}) {
    const toml::array* tables = root[kind].as_array();
    if (tables == nullptr) continue;
    for (const toml::node& node : *tables) {
      const toml::table* table = node.as_table();
      if (table == nullptr) continue;
      const auto name = (*table)["name"].value<std::string>();
      if (!name) continue;
      Definition d{kind, *name, std::to_string(table->source().begin.line), {}};
      const auto formula = (*table)["formula"].value<std::string>();
      if (d.has_formula() && formula) {
        if (const auto parsed = parse_expression(*formula)) d.uses = parsed->symbols();
      }
      out.push_back(std::move(d));
    }
  }
  return out;
}

const Definition* find(const std::vector<Definition>& all, std::string_view name) {
  const auto same = [&](const Definition& d) { return d.name == name; };
  const auto found = std::find_if(all.begin(), all.end(), same);
  return found == all.end() ? nullptr : &*found;
}

// The way from `from` to `to` along what formulas use, both ends included; empty: there is none.
std::vector<const Definition*> way(const std::vector<Definition>& all, const Definition& from,
                                   std::string_view to, std::set<std::string>& seen) {
  if (from.name == to) return {&from};
  if (!seen.insert(from.name).second) return {};
  for (const std::string& used : from.uses) {
    const Definition* next = find(all, used);
    if (next == nullptr) continue;
    auto rest = way(all, *next, to, seen);
    if (rest.empty()) continue;
    rest.insert(rest.begin(), &from);
    return rest;
  }
  return {};
}

std::string cycle_text(std::string_view user, const std::vector<const Definition*>& back) {
  std::string path(user), lines;
  for (const Definition* d : back) {
    path += " -> " + d->name;
    lines += (lines.empty() ? "" : ", ") + d->line;
  }
  return "is cyclic: " + path + " (" + (back.size() == 1 ? "line " : "lines ") + lines +
         "); express one of them by other quantities";
}

// What may stand where, by the kind of what was used.
std::string out_of_place(const Definition& d, std::string_view user) {
  const std::string is = "uses the " + d.kind + " '" + d.name + "' (line " + d.line + "), ";
  if (d.kind == "output") {
    return is + "which is only read; give its formula to a [[variable]] and use that in both";
  }
  if (d.kind == "covariate") {
    return is +
           "which only a [[covariate_rule]] may use; make it a [[parameter]], or let a rule give a "
           "parameter's typical value";
  }
  if (d.kind == "parameter" || d.kind == "derived") {
    return is + "which is not a [[covariate]]; only those may stand here";
  }
  if (user.starts_with("derived")) {
    return is + "which changes while the model runs; make this a [[variable]]";
  }
  return is + "which has no value at time 0 yet; use parameters and derived quantities";
}

}  // namespace

std::string explain_misplaced(const toml::table& root, const MisplacedSymbol& misplaced) {
  const std::vector<Definition> all = definitions_of(root);
  const Definition* used = find(all, misplaced.symbol);
  if (used == nullptr) {
    return "uses the unknown symbol '" + std::string(misplaced.symbol) + "'" +
           did_you_mean(misplaced.symbol, misplaced.known) + "; known here are " +
           listed(misplaced.known);
  }
  // "derived 'ke'": the kind, then the name in quotes.
  const std::string_view user = misplaced.user;
  const auto quote = std::min(user.find('\''), user.size());
  const std::string_view kind = user.substr(0, std::min(user.find(' '), user.size()));
  const std::string_view name =
      quote + 2 <= user.size() ? user.substr(quote + 1, user.size() - quote - 2) : user;
  const Definition* self = find(all, name);
  if (self != nullptr && self->has_formula() && used->has_formula()) {
    std::set<std::string> seen;
    const auto back = way(all, *used, name, seen);
    if (!back.empty()) return cycle_text(name, back);
  }
  if (used->kind == kind && used->name != name) {
    return "uses '" + used->name + "', which is defined below, in line " + used->line +
           "; move its table above this one";
  }
  return out_of_place(*used, user);
}

}  // namespace salus::model
