// A model as an mrgsolve specification. What it computes along the way is C++: numbers carry a
// point, and variables are computed for the rates and again for the outputs, at the states of each.
#include <algorithm>

#include "model/export.h"
#include "model/export_text.h"

namespace salus::model {
namespace {

Dialect dialect_at(std::string_view time) {
  return {
      .time = time,
      .abs = "std::fabs",
      .min = "std::fmin",
      .max = "std::fmax",
      .comment = "# ",
      .power_is_function = true,
      .choice_is_operator = true,
      .numbers_need_point = true,
      .factorial = "tgamma",
      .reserved = {"ID",       "TIME",    "AMT",    "RATE",       "EVID",   "CMT",    "II",
                   "SS",       "ADDL",    "MDV",    "DV",         "NEWIND", "THETA",  "ETA",
                   "EPS",      "SIGMA",   "OMEGA",  "SOLVERTIME", "self",   "t",      "time",
                   "double",   "int",     "bool",   "float",      "long",   "short",  "char",
                   "if",       "else",    "for",    "while",      "do",     "return", "new",
                   "delete",   "this",    "true",   "false",      "class",  "struct", "auto",
                   "const",    "static",  "signed", "unsigned",   "using",  "void",   "switch",
                   "case",     "default", "break",  "union",      "enum",   "export", "template",
                   "operator", "and",     "or",     "not",        "xor",    "exp",    "log",
                   "pow",      "sqrt",    "capture"}};
}

// A colon would end the annotation's field.
std::string annotation(const std::string& description, const std::string& unit) {
  std::string out = meaning(description, unit);
  std::replace(out.begin(), out.end(), ':', ';');
  return out;
}

}  // namespace

std::string export_mrgsolve(const Model& model) {
  const Dialect solving = dialect_at("SOLVERTIME"), reading = dialect_at("TIME");
  const SafeNames names(model, solving);
  const auto text = [&](const Expression& e, const Dialect& d) { return print(e, d, names); };

  std::string out = "[ PROB ]\n" + header_comment(model, solving) + "\n[ PARAM ] @annotated\n";
  for (const Parameter& p : model.parameters) {
    out += names(p.name) + " : " + exact_number(p.typical) + " : " +
           annotation(p.description, p.unit) + "\n";
  }
  if (!model.states.empty()) out += "\n[ CMT ] @annotated\n";
  for (const State& s : model.states) {
    out += names(s.name) + " : " + annotation(s.description, s.unit) + "\n";
  }
  out += "\n[ MAIN ]\n";
  for (const Derived& d : model.derived) {
    out += "double " + names(d.name) + " = " + text(d.formula, reading) + ";\n";
  }
  for (const State& s : model.states) {
    const std::string state = names(s.name);
    if (s.initial.kind != ExpressionKind::kNumber || s.initial.number != 0) {
      out += state + "_0 = " + text(s.initial, reading) + ";\n";
    }
    if (s.name == model.dose.state && model.dose.bioavailability != 1) {
      out += "F_" + state + " = " + exact_number(model.dose.bioavailability) + ";\n";
    }
    if (s.name == model.dose.state && model.dose.lag_h != 0) {
      out +=
          "ALAG_" + state + " = " + exact_number(model.dose.lag_h / model.hours_per_time) + ";\n";
    }
  }
  if (!model.states.empty()) {
    out += "\n[ ODE ]\n";
    for (const Variable& v : model.variables) {
      out += "double " + names(v.name) + " = " + text(v.formula, solving) + ";\n";
    }
    for (const State& s : model.states) {
      out += "dxdt_" + names(s.name) + " = " + text(s.rate, solving) + ";\n";
    }
  }
  out += "\n[ TABLE ]\n";
  for (const Variable& v : model.variables) {
    const std::string declared = model.states.empty() ? "double " : "";
    out += declared + names(v.name) + " = " + text(v.formula, reading) + ";\n";
  }
  for (const Output& o : model.outputs) {
    out += "capture " + names(o.name) + " = " + text(linked_formula(o), reading) + ";  // " +
           meaning(o.description, o.unit) + "\n";
  }
  return out;
}

}  // namespace salus::model
