// A model as SBML Level 3 Version 2.
#include <sbml/SBMLTypes.h>

#include <cmath>

#include "model/export.h"
#include "model/export_text.h"
#include "model/unit.h"

namespace salus::model {
namespace {

using Kind = ExpressionKind;
using Tree = std::unique_ptr<ASTNode>;

bool is_boolean(const Expression& e) {
  switch (e.kind) {
    case Kind::kLess:
    case Kind::kLessEqual:
    case Kind::kEqual:
    case Kind::kNotEqual:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kXor:
    case Kind::kNot: return true;
    default: return false;
  }
}

ASTNodeType_t type_of(Kind kind) {
  switch (kind) {
    case Kind::kTime: return AST_NAME_TIME;
    case Kind::kAdd: return AST_PLUS;
    case Kind::kSubtract:
    case Kind::kNegate: return AST_MINUS;
    case Kind::kMultiply: return AST_TIMES;
    case Kind::kDivide: return AST_DIVIDE;
    case Kind::kPower: return AST_POWER;
    case Kind::kMin: return AST_FUNCTION_MIN;
    case Kind::kMax: return AST_FUNCTION_MAX;
    case Kind::kLess: return AST_RELATIONAL_LT;
    case Kind::kLessEqual: return AST_RELATIONAL_LEQ;
    case Kind::kEqual: return AST_RELATIONAL_EQ;
    case Kind::kNotEqual: return AST_RELATIONAL_NEQ;
    case Kind::kAnd: return AST_LOGICAL_AND;
    case Kind::kOr: return AST_LOGICAL_OR;
    case Kind::kXor: return AST_LOGICAL_XOR;
    case Kind::kNot: return AST_LOGICAL_NOT;
    case Kind::kExp: return AST_FUNCTION_EXP;
    case Kind::kLn: return AST_FUNCTION_LN;
    case Kind::kSqrt: return AST_FUNCTION_ROOT;
    case Kind::kAbs: return AST_FUNCTION_ABS;
    case Kind::kFloor: return AST_FUNCTION_FLOOR;
    case Kind::kCeil: return AST_FUNCTION_CEILING;
    case Kind::kSin: return AST_FUNCTION_SIN;
    case Kind::kCos: return AST_FUNCTION_COS;
    case Kind::kTan: return AST_FUNCTION_TAN;
    case Kind::kAsin: return AST_FUNCTION_ARCSIN;
    case Kind::kAcos: return AST_FUNCTION_ARCCOS;
    case Kind::kAtan: return AST_FUNCTION_ARCTAN;
    case Kind::kSinh: return AST_FUNCTION_SINH;
    case Kind::kCosh: return AST_FUNCTION_COSH;
    case Kind::kTanh: return AST_FUNCTION_TANH;
    case Kind::kAsinh: return AST_FUNCTION_ARCSINH;
    case Kind::kAcosh: return AST_FUNCTION_ARCCOSH;
    case Kind::kAtanh: return AST_FUNCTION_ARCTANH;
    case Kind::kFactorial: return AST_FUNCTION_FACTORIAL;
    default: return AST_FUNCTION_PIECEWISE;
  }
}

Tree number(double value) {
  Tree out = std::make_unique<ASTNode>(AST_REAL);
  out->setValue(value);
  // A bare 0 goes with every unit, as in infer_dimension.
  if (value != 0) out->setUnits("dimensionless");
  return out;
}

Tree tree_of(const Expression& e);

// Ours are numbers where SBML tells numbers from truth values.
Tree truth(const Expression& e) {
  if (is_boolean(e)) return tree_of(e);
  Tree out = std::make_unique<ASTNode>(AST_RELATIONAL_NEQ);
  out->addChild(tree_of(e).release());
  out->addChild(number(0).release());
  return out;
}

Tree value(const Expression& e) {
  if (!is_boolean(e)) return tree_of(e);
  Tree out = std::make_unique<ASTNode>(AST_FUNCTION_PIECEWISE);
  out->addChild(number(1).release());
  out->addChild(tree_of(e).release());
  out->addChild(number(0).release());
  return out;
}

Tree tree_of(const Expression& e) {
  if (e.kind == Kind::kNumber) return number(e.number);
  if (e.kind == Kind::kSymbol) {
    Tree out = std::make_unique<ASTNode>(AST_NAME);
    out->setName(e.symbol.c_str());
    return out;
  }
  Tree out = std::make_unique<ASTNode>(type_of(e.kind));
  if (e.kind == Kind::kTime) out->setName("time");
  const bool logical =
      e.kind == Kind::kAnd || e.kind == Kind::kOr || e.kind == Kind::kXor || e.kind == Kind::kNot;
  for (std::size_t i = 0; i < e.operands.size(); ++i) {
    const bool condition = logical || (e.kind == Kind::kSelect && i == 1);
    out->addChild((condition ? truth(e.operands[i]) : value(e.operands[i])).release());
  }
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const Model& model)
      : model_(model), document_(3, 2), out_(document_.createModel(model.name)) {}

  std::string write() {
    out_->setName(model_.title);
    out_->setTimeUnits(unit(model_.time_unit));
    out_->setNotes(notes());
    for (const Parameter& p : model_.parameters) {
      add(p.name, p.unit, p.description, true)->setValue(p.typical);
    }
    for (const Derived& d : model_.derived) {
      add(d.name, d.unit, d.description, true);
      start(d.name, d.formula);
    }
    for (const State& s : model_.states) {
      ::Parameter* state = add(s.name, s.unit, s.description, false);
      if (s.initial.kind == Kind::kNumber) {
        state->setValue(s.initial.number);
      } else {
        start(s.name, s.initial);
      }
      RateRule* rule = out_->createRateRule();
      rule->setVariable(s.name);
      rule->setMath(value(s.rate).get());
    }
    for (const Variable& v : model_.variables) assign(v.name, v.unit, v.description, v.formula);
    for (const Output& o : model_.outputs) {
      assign(o.name, o.unit, o.description, linked_formula(o));
    }
    return writeSBMLToStdString(&document_);
  }

 private:
  // A definition of a UCUM unit, once.
  std::string unit(const std::string& ucum) {
    const Dimension d = must(parse_dimension(ucum));
    if (d.equals(Dimension{})) return "dimensionless";
    const auto found = units_.find(ucum);
    if (found != units_.end()) return found->second;
    const std::string id = "unit_" + std::to_string(units_.size() + 1);
    UnitDefinition* definition = out_->createUnitDefinition();
    definition->setId(id);
    definition->setName(ucum);
    part(definition, UNIT_KIND_DIMENSIONLESS, d.factor, d.factor == 1 ? 0 : 1);
    part(definition, UNIT_KIND_GRAM, 1, d.exponents[0]);
    part(definition, UNIT_KIND_METRE, 0.1, d.exponents[1]);
    part(definition, UNIT_KIND_SECOND, 3600, d.exponents[2]);
    part(definition, UNIT_KIND_MOLE, 1, d.exponents[3]);
    part(definition, UNIT_KIND_ITEM, 1, d.exponents[4]);
    return units_[ucum] = id;
  }

  static void part(UnitDefinition* definition, UnitKind_t kind, double multiplier,
                   double exponent) {
    if (exponent == 0) return;
    Unit* unit = definition->createUnit();
    unit->setKind(kind);
    unit->setExponent(exponent);
    unit->setScale(0);
    unit->setMultiplier(multiplier);
  }

  ::Parameter* add(const std::string& name, const std::string& ucum, const std::string& description,
                   bool constant) {
    ::Parameter* out = out_->createParameter();
    out->setId(name);
    out->setName(description);
    out->setUnits(unit(ucum));
    out->setConstant(constant);
    return out;
  }

  void start(const std::string& name, const Expression& formula) {
    InitialAssignment* assignment = out_->createInitialAssignment();
    assignment->setSymbol(name);
    assignment->setMath(value(formula).get());
  }

  void assign(const std::string& name, const std::string& ucum, const std::string& description,
              const Expression& formula) {
    add(name, ucum, description, false);
    AssignmentRule* rule = out_->createAssignmentRule();
    rule->setVariable(name);
    rule->setMath(value(formula).get());
  }

  std::string notes() const {
    std::string out = "<body xmlns=\"http://www.w3.org/1999/xhtml\">";
    const auto line = [&](const std::string& text) { out += "<p>" + escaped(text) + "</p>"; };
    line(model_.description);
    line(model_.citation);
    line("Exported by Salus from a model file with the SHA-256 digest " + model_.digest +
         ". Parameters have their typical values; numbers in formulas are dimensionless.");
    if (model_.takes_doses()) {
      line("Doses in " + model_.dose.unit + " go to " + model_.dose.state +
           ", of which the share " + exact_number(model_.dose.bioavailability) + " arrives after " +
           exact_number(model_.dose.lag_h) + " h.");
    }
    for (const Parameter& p : model_.parameters) {
      if (!p.is_private) continue;
      line(p.name + " lies between " + exact_number(p.low) + " and " + exact_number(p.high) + " " +
           p.unit + ".");
    }
    return out + "</body>";
  }

  const Model& model_;
  SBMLDocument document_;
  ::Model* out_;
  std::map<std::string, std::string> units_;
};

}  // namespace

Result<std::string> export_sbml(const Model& model) {
  std::string out = Writer(model).write();
  if (!out.empty()) return out;
  return Error{ErrorCode::kInvalidArgument, model.name + ": libSBML could not write it"};
}

Result<std::string> export_model(const Model& model, std::string_view language) {
  if (!model.events.empty()) {
    return Error{ErrorCode::kNotBuilt, model.name + ": exports do not carry events yet; it has " +
                                           std::to_string(model.events.size()) +
                                           ". Its own SBML file has them"};
  }
  if (language == "sbml") return export_sbml(model);
  if (language == "rxode2") return export_rxode2(model);
  if (language == "mrgsolve") return export_mrgsolve(model);
  return Error{ErrorCode::kInvalidArgument, "no export to \"" + std::string(language) +
                                                "\"; there are sbml, rxode2 and mrgsolve"};
}

}  // namespace salus::model
