#include "model/export_text.h"

#include <algorithm>
#include <cctype>

namespace salus::model {
namespace {

using Kind = ExpressionKind;

std::vector<std::string> all_names(const Model& model) {
  std::vector<std::string> out;
  for (const auto& p : model.parameters) out.push_back(p.name);
  for (const auto& d : model.derived) out.push_back(d.name);
  for (const auto& s : model.states) out.push_back(s.name);
  for (const auto& v : model.variables) out.push_back(v.name);
  for (const auto& o : model.outputs) out.push_back(o.name);
  return out;
}

// Infix operators with their precedence; 0: a function.
struct Infix {
  std::string_view text;
  int precedence;
};

Infix infix(Kind kind) {
  switch (kind) {
    case Kind::kOr: return {" || ", 1};
    case Kind::kAnd: return {" && ", 2};
    case Kind::kLess: return {" < ", 3};
    case Kind::kLessEqual: return {" <= ", 3};
    case Kind::kEqual: return {" == ", 3};
    case Kind::kNotEqual: return {" != ", 3};
    case Kind::kAdd: return {" + ", 4};
    case Kind::kSubtract: return {" - ", 4};
    case Kind::kMultiply: return {" * ", 5};
    case Kind::kDivide: return {" / ", 5};
    case Kind::kNegate: return {"-", 6};
    case Kind::kNot: return {"!", 6};
    case Kind::kPower: return {"^", 7};
    default: return {"", 0};
  }
}

std::string_view function(Kind kind, const Dialect& dialect) {
  switch (kind) {
    case Kind::kExp: return "exp";
    case Kind::kLn: return "log";
    case Kind::kSqrt: return "sqrt";
    case Kind::kAbs: return dialect.abs;
    case Kind::kMin: return dialect.min;
    case Kind::kMax: return dialect.max;
    case Kind::kFloor: return "floor";
    case Kind::kCeil: return "ceil";
    case Kind::kSin: return "sin";
    case Kind::kCos: return "cos";
    case Kind::kTan: return "tan";
    case Kind::kAsin: return "asin";
    case Kind::kAcos: return "acos";
    case Kind::kAtan: return "atan";
    case Kind::kSinh: return "sinh";
    case Kind::kCosh: return "cosh";
    case Kind::kTanh: return "tanh";
    case Kind::kAsinh: return "asinh";
    case Kind::kAcosh: return "acosh";
    case Kind::kAtanh: return "atanh";
    default: return dialect.factorial;
  }
}

class Printer {
 public:
  Printer(const Dialect& dialect, const SafeNames& names) : dialect_(dialect), names_(names) {}

  std::string text(const Expression& e) const {
    const auto& o = e.operands;
    switch (e.kind) {
      case Kind::kNumber: return number(e.number);
      case Kind::kSymbol: return names_(e.symbol);
      case Kind::kTime: return std::string(dialect_.time);
      case Kind::kXor: return "((" + text(o[0]) + ") != 0) != ((" + text(o[1]) + ") != 0)";
      case Kind::kSelect:
        if (dialect_.choice_is_operator) {
          return "(" + text(o[1]) + " ? " + text(o[0]) + " : " + text(o[2]) + ")";
        }
        return "ifelse(" + text(o[1]) + ", " + text(o[0]) + ", " + text(o[2]) + ")";
      case Kind::kFactorial:
        if (dialect_.factorial == "tgamma") return "tgamma(" + text(o[0]) + " + 1.0)";
        break;
      case Kind::kPower:
        if (dialect_.power_is_function) return "pow(" + text(o[0]) + ", " + text(o[1]) + ")";
        break;
      default: break;
    }
    const Infix own = infix(e.kind);
    if (own.precedence == 0) return call(function(e.kind, dialect_), o);
    if (o.size() == 1) return std::string(own.text) + inside(o[0], own.precedence + 1);
    // As in Expression::text: powers and comparisons are bracketed on both sides.
    const bool both = e.kind == Kind::kPower || own.precedence == 3;
    return inside(o[0], own.precedence + (both ? 1 : 0)) + std::string(own.text) +
           inside(o[1], own.precedence + 1);
  }

 private:
  std::string number(double value) const {
    std::string out = exact_number(value);
    const bool whole = out.find_first_of(".en") == std::string::npos;
    return whole && dialect_.numbers_need_point ? out + ".0" : out;
  }

  std::string call(std::string_view name, const std::vector<Expression>& operands) const {
    std::string out(name);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      out += (i == 0 ? "(" : ", ") + text(operands[i]);
    }
    return out + ")";
  }

  std::string inside(const Expression& e, int least) const {
    const bool calls = e.kind == Kind::kPower && dialect_.power_is_function;
    const int own = e.kind == Kind::kNumber && e.number < 0 ? 6
                    : e.kind == Kind::kXor                  ? 1
                    : calls                                 ? 0
                                                            : infix(e.kind).precedence;
    return own != 0 && own < least ? "(" + text(e) + ")" : text(e);
  }

  const Dialect& dialect_;
  const SafeNames& names_;
};

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }, ' ');
  return text;
}

}  // namespace

SafeNames::SafeNames(const Model& model, const Dialect& dialect) {
  const std::vector<std::string> names = all_names(model);
  for (const std::string& name : names) {
    std::string safe = name;
    while (dialect.reserved.contains(safe) || safe.starts_with('_') ||
           (safe != name && std::find(names.begin(), names.end(), safe) != names.end())) {
      safe = safe.starts_with('_') ? "x" + safe : safe + "_";
    }
    if (safe != name) changed_[name] = safe;
  }
}

std::string SafeNames::operator()(std::string_view symbol) const {
  const auto found = changed_.find(symbol);
  return found == changed_.end() ? std::string(symbol) : found->second;
}

std::string print(const Expression& e, const Dialect& dialect, const SafeNames& names) {
  return Printer(dialect, names).text(e);
}

Expression linked_formula(const Output& output) {
  return output.link ? substitute(*output.link, {{"x", output.formula}}) : output.formula;
}

std::string header_comment(const Model& model, const Dialect& dialect) {
  const SafeNames names(model, dialect);
  const std::string c(dialect.comment);
  std::string out = c + model.name + ": " + one_line(model.title) + "\n" + c +
                    one_line(model.description) + "\n" + c + one_line(model.citation) + "\n" + c +
                    "Exported by Salus; time in " + model.time_unit;
  if (model.takes_doses())
    out += ", doses into " + names(model.dose.state) + " in " + model.dose.unit;
  out += ". Parameters are typical values.\n";
  for (const std::string& name : all_names(model)) {
    if (names(name) != name) {
      out += c + names(name) + " is " + name + " of the model: the name is taken here.\n";
    }
  }
  return out;
}

std::string meaning(const std::string& description, const std::string& unit) {
  return one_line(description) + " (" + unit + ")";
}

std::string exact_number(double value) { return Expression::constant(value).text(); }

}  // namespace salus::model
