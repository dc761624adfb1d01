#include "model_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace salus::cli {
namespace {

using nlohmann::json;

const char* name(model::Transform transform) {
  return transform == model::Transform::kLog ? "log" : "linear";
}

json to_json(const model::Parameter& p) {
  json out = {{"name", p.name},
              {"unit", p.unit},
              {"description", p.description},
              {"low", p.low},
              {"typical", p.typical},
              {"high", p.high},
              {"transform", name(p.transform)},
              {"private", p.is_private},
              {"line", p.line}};
  if (p.is_private) out["sd"] = p.sd;
  return out;
}

template <class T>
json quantity(const T& q, const model::Expression& formula, const char* key = "formula") {
  return {{"name", q.name},
          {"unit", q.unit},
          {"description", q.description},
          {key, formula.text()},
          {"line", q.line}};
}

json to_json(const model::OracleCase& c) {
  return {{"description", c.description},
          {"values", c.values},
          {"output", c.output},
          {"dose", c.dose},
          {"interval_h", c.interval_h},
          {"count", c.count},
          {"infusion_h", c.infusion_h},
          {"start_h", c.start_h},
          {"quantity", c.quantity},
          {"at_h", c.at_h},
          {"until_h", c.until_h},
          {"expected", c.expected},
          {"tolerance", c.tolerance},
          {"absolute_tolerance", c.absolute_tolerance},
          {"line", c.line}};
}

json to_json(const model::SurrogateHint& hint) {
  json terms = json::array();
  for (const model::SurrogateTerm& t : hint.terms) {
    terms.push_back({{"amplitude", t.amplitude}, {"over", t.over}});
  }
  return {{"dose", hint.dose},
          {"horizon_h", hint.horizon_h},
          {"interval_h", hint.interval_h},
          {"infusion_h", hint.infusion_h},
          {"max_degree", hint.max_degree},
          {"max_terms", hint.max_terms},
          {"terms", terms}};
}

using Rows = std::vector<std::vector<std::string>>;

Rows parameter_rows(const model::Model& m) {
  Rows rows = {{"  parameter", "unit", "low", "typical", "high", "sd", "meaning"}};
  for (const model::Parameter& p : m.parameters) {
    const bool linear = p.transform == model::Transform::kLinear;
    const auto box = [&](double v) { return p.is_private ? fmt::format("{:.4g}", v) : "-"; };
    rows.push_back({"  " + p.name, p.unit, box(p.low), fmt::format("{:.4g}", p.typical),
                    box(p.high), box(p.sd),
                    p.description + (!p.is_private ? " (public)"
                                     : linear      ? " (linear)"
                                                   : "")});
  }
  return rows;
}

Rows formula_rows(const model::Model& m) {
  Rows rows;
  const auto row = [&](const std::string& left, const model::Expression& e, const std::string& unit,
                       const std::string& description) {
    rows.push_back({"  " + left, "= " + e.text(), unit, description});
  };
  for (const auto& d : m.derived) row(d.name, d.formula, d.unit, d.description);
  for (const auto& s : m.states) {
    const bool zero = s.initial.kind == model::ExpressionKind::kNumber && s.initial.number == 0;
    if (!zero) row(s.name + "(0)", s.initial, s.unit, "at the start");
  }
  for (const auto& v : m.variables) row(v.name, v.formula, v.unit, v.description);
  for (const auto& s : m.states) {
    row("d" + s.name + "/dt", s.rate, s.unit + "/" + m.time_unit, s.description);
  }
  for (const auto& o : m.outputs) {
    row(o.name, o.formula, o.link ? "" : o.unit, "output: " + o.description);
    if (o.link) row("", *o.link, o.unit, "its link, x being the line above");
  }
  return rows;
}

}  // namespace

std::string columns(const Rows& rows, const std::string& gap) {
  constexpr std::size_t kWidest = 48;  // longer cells push the rest of their line
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].size() <= kWidest) widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out += fmt::format("{:<{}}{}", row[i], widths[i], gap);
    }
    out += row.back() + "\n";
  }
  return out;
}

std::string describe(const model::Model& m) {
  std::string text = fmt::format("{}: {}\n{}\n\n", m.name, m.title, m.description);
  text += columns(parameter_rows(m), "  ") + "\n" + columns(formula_rows(m), "  ");
  for (const model::Event& e : m.events) {
    text += fmt::format("  event {}: when {}\n", e.name, e.trigger.text());
  }
  if (m.takes_doses()) {
    text += fmt::format("\n  doses go to {} in {}", m.dose.state, m.dose.unit);
    if (m.dose.bioavailability != 1) text += fmt::format(", times {:g}", m.dose.bioavailability);
    if (m.dose.lag_h != 0) text += fmt::format(", {:g} h later", m.dose.lag_h);
    text += "\n";
  }
  if (!m.evidence.empty()) text += "\nevidence: " + m.evidence + "\n";
  return text + "\n" + m.citation + "\n";
}

json as_json(const model::Model& m) {
  json node = {{"name", m.name},
               {"title", m.title},
               {"description", m.description},
               {"citation", m.citation},
               {"evidence", m.evidence},
               {"digest", m.digest},
               {"file", m.file},
               {"time_unit", m.time_unit},
               {"formula", m.formula_text()},
               {"output", {{"name", m.outputs.front().name}, {"unit", m.outputs.front().unit}}},
               {"surrogate", to_json(m.surrogate)},
               {"dose", nullptr}};
  for (const char* key : {"parameters", "derived", "states", "variables", "outputs", "covariates",
                          "covariate_rules", "oracle"}) {
    node[key] = json::array();
  }
  for (const auto& p : m.parameters) node["parameters"].push_back(to_json(p));
  for (const auto& d : m.derived) node["derived"].push_back(quantity(d, d.formula));
  for (const auto& s : m.states) {
    node["states"].push_back(quantity(s, s.rate, "rate"));
    node["states"].back()["initial"] = s.initial.text();
  }
  for (const auto& v : m.variables) node["variables"].push_back(quantity(v, v.formula));
  for (const auto& o : m.outputs) {
    node["outputs"].push_back(quantity(o, o.formula));
    node["outputs"].back()["link"] = o.link ? json(o.link->text()) : json(nullptr);
  }
  node["events"] = m.events.size();
  if (m.takes_doses()) {
    node["dose"] = {{"state", m.dose.state},
                    {"unit", m.dose.unit},
                    {"bioavailability", m.dose.bioavailability},
                    {"lag_h", m.dose.lag_h}};
  }
  for (const auto& c : m.covariates) {
    node["covariates"].push_back({{"name", c.name},
                                  {"unit", c.unit},
                                  {"low", c.low},
                                  {"description", c.description},
                                  {"typical", c.typical},
                                  {"high", c.high}});
  }
  for (const auto& r : m.covariate_rules) {
    node["covariate_rules"].push_back({{"parameter", r.parameter}, {"formula", r.formula.text()}});
  }
  for (const auto& c : m.oracle) node["oracle"].push_back(to_json(c));
  return node;
}

}  // namespace salus::cli
