// A model as rxode2 text: parameters, derived quantities, starts, variables, rates, outputs.
#include "model/export.h"
#include "model/export_text.h"

namespace salus::model {
namespace {

const Dialect& dialect() {
  static const Dialect kDialect{
      .time = "t",
      .abs = "abs",
      .min = "min",
      .max = "max",
      .comment = "# ",
      .factorial = "factorial",
      .reserved = {"t",      "time", "tlast", "tad",  "tafd", "podo", "cmt",  "amt",      "rate",
                   "evid",   "ii",   "ss",    "addl", "id",   "dvid", "pi",   "if",       "else",
                   "f",      "F",    "dur",   "alag", "lag",  "d",    "dt",   "function", "newind",
                   "NEWIND", "CMT",  "AMT",   "TIME", "ID",   "M_E",  "M_PI", "linCmt"}};
  return kDialect;
}

}  // namespace

std::string export_rxode2(const Model& model) {
  const SafeNames names(model, dialect());
  const auto text = [&](const Expression& e) { return print(e, dialect(), names); };
  const auto line = [](const std::string& left, const std::string& right, const std::string& why) {
    return "  " + left + " = " + right + "  # " + why + "\n";
  };

  std::string out = header_comment(model, dialect()) + "library(rxode2)\n\n" + names(model.name) +
                    " <- rxode2({\n";
  for (const Parameter& p : model.parameters) {
    out += line(names(p.name), exact_number(p.typical), meaning(p.description, p.unit));
  }
  for (const Derived& d : model.derived) {
    out += line(names(d.name), text(d.formula), meaning(d.description, d.unit));
  }
  for (const State& s : model.states) {
    const std::string state = names(s.name);
    if (s.initial.kind != ExpressionKind::kNumber || s.initial.number != 0) {
      out += line(state + "(0)", text(s.initial), meaning("at time 0", s.unit));
    }
    if (s.name == model.dose.state && model.dose.bioavailability != 1) {
      out +=
          line("f(" + state + ")", exact_number(model.dose.bioavailability), "of a dose arrives");
    }
    if (s.name == model.dose.state && model.dose.lag_h != 0) {
      out += line("alag(" + state + ")", exact_number(model.dose.lag_h / model.hours_per_time),
                  meaning("until a dose arrives", model.time_unit));
    }
  }
  for (const Variable& v : model.variables) {
    out += line(names(v.name), text(v.formula), meaning(v.description, v.unit));
  }
  for (const State& s : model.states) {
    out += line("d/dt(" + names(s.name) + ")", text(s.rate), meaning(s.description, s.unit));
  }
  for (const Output& o : model.outputs) {
    out += line(names(o.name), text(linked_formula(o)), meaning(o.description, o.unit));
  }
  return out + "})\n";
}

}  // namespace salus::model
