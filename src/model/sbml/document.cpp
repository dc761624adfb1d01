// libSBML's objects -> Document: one element after the other.
#include "model/sbml/document.h"

#include <sbml/SBMLTypes.h>
#include <sbml/extension/SBasePlugin.h>

#include <memory>

#include "model/from_ast.h"
#include "model/sbml.h"
#include "model/sbml/units.h"

namespace salus::model::sbml {
namespace {

constexpr int kMaxMathDepth = static_cast<int>(kMaxXmlDepth);
constexpr std::size_t kMaxDescriptionBytes = 300;

class DocumentReader {
 public:
  explicit DocumentReader(const SBMLDocument& source)
      : source_(source), from_(*source.getModel()) {}

  Document read() {
    out_.level = static_cast<int>(source_.getLevel());
    out_.version = static_cast<int>(source_.getVersion());
    out_.id = from_.getId();
    out_.name = from_.getName();
    out_.time_unit = declared_time_unit(from_);
    read_functions();
    for (unsigned i = 0; i < from_.getNumCompartments(); ++i) read(*from_.getCompartment(i));
    for (unsigned i = 0; i < from_.getNumSpecies(); ++i) read(*from_.getSpecies(i));
    for (unsigned i = 0; i < from_.getNumParameters(); ++i) read(*from_.getParameter(i));
    // Stoichiometries first: a kinetic law may name those of any reaction.
    for (unsigned i = 0; i < from_.getNumReactions(); ++i) read_participants(*from_.getReaction(i));
    for (unsigned i = 0; i < from_.getNumReactions(); ++i) read_rate(*from_.getReaction(i));
    for (unsigned i = 0; i < from_.getNumInitialAssignments(); ++i) {
      read(*from_.getInitialAssignment(i));
    }
    for (unsigned i = 0; i < from_.getNumRules(); ++i) read(*from_.getRule(i));
    for (unsigned i = 0; i < from_.getNumEvents(); ++i) read(*from_.getEvent(i));
    if (from_.getNumConstraints() > 0) out_.notes.emplace_back("constraints are not checked");
    return std::move(out_);
  }

 private:
  static Place place(const SBase& element, const std::string& what) {
    return {what + (element.isSetId() ? " '" + element.getId() + "'" : ""), element.getLine()};
  }

  static std::string described(const SBase& element) {
    std::string name = element.isSetName() ? element.getName() : "";
    if (name.size() > kMaxDescriptionBytes) name.resize(kMaxDescriptionBytes);
    return name;
  }

  // None where the element has no math, which Level 3 Version 2 allows.
  std::optional<Expression> math(const ASTNode* node, const Place& place) {
    if (node == nullptr) return std::nullopt;
    auto out = expression_of(*node, kMaxMathDepth, &functions_);
    if (!out) {
      const bool delay = out.error().message.find("'delay'") != std::string::npos;
      refuse(delay ? ErrorCode::kNotBuilt : out.error().code, place,
             delay ? "uses delay, and models with delays are not supported; replace the delay by a "
                     "chain of compartments"
                   : out.error().message);
    }
    count_nodes(*out, place);
    return std::move(*out);
  }

  void count_nodes(const Expression& e, const Place& place) {
    nodes_ += size_of(e).nodes;
    if (nodes_ > kMaxSbmlNodes) {
      refuse(ErrorCode::kLimit, place,
             "all formulas together have more than " + std::to_string(kMaxSbmlNodes) +
                 " terms with their functions expanded");
    }
  }

  // A definition may call others that stand further down, but not itself: each round reads those
  // whose calls are known.
  void read_functions() {
    std::vector<const FunctionDefinition*> left;
    for (unsigned i = 0; i < from_.getNumFunctionDefinitions(); ++i) {
      left.push_back(from_.getFunctionDefinition(i));
    }
    while (!left.empty()) {
      const std::size_t before = left.size();
      std::erase_if(left, [&](const FunctionDefinition* f) { return read_function(*f); });
      if (left.size() < before) continue;
      const Place where = place(*left.front(), "functionDefinition");
      math(left.front()->getBody(), where);
      refuse(ErrorCode::kInvalidArgument, where, "calls itself; write it without recursion");
    }
  }

  bool read_function(const FunctionDefinition& f) {
    const Place where = place(f, "functionDefinition");
    if (f.getBody() == nullptr) return true;  // a call of it is then unknown
    FunctionBody function;
    for (unsigned i = 0; i < f.getNumArguments(); ++i) {
      const char* name = f.getArgument(i)->getName();
      function.arguments.emplace_back(name == nullptr ? "" : name);
    }
    auto body = expression_of(*f.getBody(), kMaxMathDepth, &functions_);
    if (!body && body.error().code == ErrorCode::kLimit)
      refuse(ErrorCode::kLimit, where, body.error().message);
    if (!body) return false;
    count_nodes(*body, where);
    function.body = std::move(*body);
    functions_[f.getId()] = std::move(function);
    return true;
  }

  void add(Quantity quantity) {
    if (quantity.id.empty()) {
      refuse(ErrorCode::kInvalidArgument, quantity.place, "has no id; give it one");
    }
    if (out_.index.contains(quantity.id) || names_.contains(quantity.id)) {
      refuse(ErrorCode::kInvalidArgument, quantity.place, "the id is taken; ids are unique");
    }
    if (out_.quantities.size() >= kMaxSbmlSymbols) {
      refuse(ErrorCode::kLimit, quantity.place,
             "more than " + std::to_string(kMaxSbmlSymbols) + " quantities");
    }
    out_.index.emplace(quantity.id, out_.quantities.size());
    out_.quantities.push_back(std::move(quantity));
  }

  Quantity begin(const SBase& element, QuantityKind kind, const char* what) const {
    Quantity out;
    out.kind = kind;
    out.id = element.getId();
    out.description = described(element);
    out.place = place(element, what);
    return out;
  }

  void read(const Compartment& c) {
    Quantity out = begin(c, QuantityKind::kCompartment, "compartment");
    out.constant = c.getConstant();
    out.unit = ucum_of(from_, c.isSetUnits()    ? c.getUnits()
                              : out_.level == 2 ? "volume"
                                                : from_.getVolumeUnits());
    if (c.isSetSize()) out.value = c.getSize();
    if (c.isSetSpatialDimensions() && c.getSpatialDimensionsAsDouble() == 0 && !c.isSetSize()) {
      points_.insert(out.id);
    }
    add(std::move(out));
  }

  void read(const Species& s) {
    Quantity out = begin(s, QuantityKind::kSpecies, "species");
    out.constant = s.getConstant();
    out.boundary = s.getBoundaryCondition();
    out.compartment = s.getCompartment();
    const Quantity* compartment = out_.find(out.compartment);
    if (compartment == nullptr || compartment->kind != QuantityKind::kCompartment) {
      refuse(ErrorCode::kInvalidArgument, out.place,
             "lies in '" + out.compartment + "', which is not a compartment of this model");
    }
    // A point has no size: what lies in it is counted.
    out.symbol_is_amount = s.getHasOnlySubstanceUnits() || points_.contains(out.compartment);
    const std::string substance = ucum_of(from_, s.isSetSubstanceUnits() ? s.getSubstanceUnits()
                                                 : out_.level == 2       ? "substance"
                                                                   : from_.getSubstanceUnits());
    out.unit = out.amount_unit = substance;
    if (!out.symbol_is_amount && compartment->unit != "1") out.unit += "/" + compartment->unit;
    if (s.isSetInitialConcentration()) {
      out.value = s.getInitialConcentration();
      out.value_is_amount = false;
    } else if (s.isSetInitialAmount()) {
      out.value = s.getInitialAmount();
    }
    if (s.isSetConversionFactor()) {
      out.conversion_factor = s.getConversionFactor();
    } else if (from_.isSetConversionFactor()) {
      out.conversion_factor = from_.getConversionFactor();
    }
    add(std::move(out));
  }

  void read(const ::Parameter& p) {
    Quantity out = begin(p, QuantityKind::kParameter, "parameter");
    out.constant = p.getConstant();
    out.unit = ucum_of(from_, p.getUnits());
    if (p.isSetValue()) out.value = p.getValue();
    add(std::move(out));
  }

  Participant participant(const SpeciesReference& r, const Place& where, double sign) {
    const Quantity* species = out_.find(r.getSpecies());
    if (species == nullptr || !species->is_species()) {
      refuse(ErrorCode::kInvalidArgument, where,
             "names '" + r.getSpecies() + "', which is not a species of this model");
    }
    Participant out{r.getSpecies(), Expression::constant(1)};
    const StoichiometryMath* formula = r.getStoichiometryMath();
    if (out_.level == 2) {
      out.stoichiometry = Expression::constant(r.getStoichiometry());
      if (formula != nullptr) {
        if (const auto e = math(formula->getMath(), where)) out.stoichiometry = *e;
      }
    } else if (r.isSetId()) {
      Quantity q = begin(r, QuantityKind::kStoichiometry, "speciesReference");
      q.constant = r.getConstant();
      q.unit = "1";
      if (r.isSetStoichiometry()) q.value = r.getStoichiometry();
      out.stoichiometry = Expression::named(q.id);
      add(std::move(q));
    } else if (r.isSetStoichiometry()) {
      out.stoichiometry = Expression::constant(r.getStoichiometry());
    } else {
      refuse(ErrorCode::kInvalidArgument, where,
             "gives no stoichiometry of '" + r.getSpecies() + "'; write stoichiometry=\"1\"");
    }
    if (sign < 0) out.stoichiometry = negative(std::move(out.stoichiometry));
    return out;
  }

  static Expression negative(Expression e) {
    if (e.kind == ExpressionKind::kNumber) return Expression::constant(-e.number);
    return Expression::of(ExpressionKind::kNegate, {std::move(e)});
  }

  void read_participants(const Reaction& r) {
    ReactionEntry out{r.getId(), place(r, "reaction"), {}, {}};
    if (out_.index.contains(out.id) || !names_.insert(out.id).second) {
      refuse(ErrorCode::kInvalidArgument, out.place, "the id is missing or taken; ids are unique");
    }
    if (r.isSetFast() && r.getFast()) {
      refuse(ErrorCode::kNotBuilt, out.place,
             "is fast, and fast reactions are not supported; give it a large rate constant");
    }
    for (unsigned i = 0; i < r.getNumReactants(); ++i) {
      out.participants.push_back(participant(*r.getReactant(i), out.place, -1));
    }
    for (unsigned i = 0; i < r.getNumProducts(); ++i) {
      out.participants.push_back(participant(*r.getProduct(i), out.place, 1));
    }
    out_.reactions.push_back(std::move(out));
  }

  // A local parameter k of reaction r becomes the parameter r_k, known to this law alone.
  void read_rate(const Reaction& r) {
    ReactionEntry& out = out_.reactions[next_reaction_++];
    const KineticLaw* law = r.getKineticLaw();
    if (law == nullptr) return;
    std::map<std::string, Expression, std::less<>> locals;
    for (unsigned i = 0; i < law->getNumParameters(); ++i) {
      const ::Parameter& p = *law->getParameter(i);
      Quantity q = begin(p, QuantityKind::kParameter, "local parameter");
      q.id = r.getId() + "_" + p.getId();
      while (out_.index.contains(q.id) || names_.contains(q.id)) q.id += "_";
      q.constant = true;
      q.unit = ucum_of(from_, p.getUnits());
      if (p.isSetValue()) q.value = p.getValue();
      locals.emplace(p.getId(), Expression::named(q.id));
      locals.emplace("rateOf(" + p.getId() + ")", Expression::constant(0));
      add(std::move(q));
    }
    out.rate = math(law->getMath(), out.place);
    if (out.rate) out.rate = substitute(*out.rate, locals);
  }

  Quantity& target(const std::string& id, const Place& where) {
    Quantity* found = out_.find(id);
    if (found == nullptr) {
      refuse(ErrorCode::kInvalidArgument, where,
             "sets '" + id + "', which is not a compartment, species, parameter or stoichiometry");
    }
    return *found;
  }

  void read(const InitialAssignment& a) {
    const Place where{"initialAssignment for '" + a.getSymbol() + "'", a.getLine()};
    Quantity& q = target(a.getSymbol(), where);
    if (q.initial_assignment) refuse(ErrorCode::kInvalidArgument, where, "there are two; keep one");
    q.initial_assignment = math(a.getMath(), where);
  }

  void read(const Rule& r) {
    if (r.isAlgebraic()) {
      if (!r.isSetMath()) return;
      refuse(ErrorCode::kNotBuilt, {"algebraicRule", r.getLine()},
             "algebraic rules are not supported; solve it for one symbol and write an "
             "assignmentRule");
    }
    const Place where{
        (r.isRate() ? "rateRule for '" : "assignmentRule for '") + r.getVariable() + "'",
        r.getLine()};
    Quantity& q = target(r.getVariable(), where);
    if (q.rate_rule || q.assignment_rule) {
      refuse(ErrorCode::kInvalidArgument, where, "there are two rules for it; keep one");
    }
    if (q.constant) {
      refuse(ErrorCode::kInvalidArgument, where, "it is constant; write constant=\"false\"");
    }
    (r.isRate() ? q.rate_rule : q.assignment_rule) = math(r.getMath(), where);
  }

  void read(const ::Event& e) {
    EventEntry out;
    out.id = e.getId();
    out.place = place(e, "event");
    if (e.isSetDelay() && e.getDelay()->isSetMath()) {
      const auto delay = math(e.getDelay()->getMath(), out.place);
      if (delay->kind != ExpressionKind::kNumber || delay->number != 0) {
        refuse(ErrorCode::kNotBuilt, out.place,
               "has a delay, and delayed events are not supported; start a clock parameter at the "
               "trigger and trigger on it");
      }
    }
    out.value_at_trigger = e.getUseValuesFromTriggerTime();
    if (const Trigger* trigger = e.getTrigger()) {
      out.trigger = math(trigger->getMath(), out.place);
      if (out_.level > 2) {
        out.initially_true = trigger->getInitialValue();
        out.persistent = trigger->getPersistent();
      }
    }
    if (e.isSetPriority()) out.priority = math(e.getPriority()->getMath(), out.place);
    for (unsigned i = 0; i < e.getNumEventAssignments(); ++i) {
      const ::EventAssignment& a = *e.getEventAssignment(i);
      Quantity& q = target(a.getVariable(), out.place);
      if (q.constant) {
        refuse(ErrorCode::kInvalidArgument, out.place,
               "sets '" + q.id + "', which is constant; write constant=\"false\"");
      }
      if (q.assignment_rule) {
        refuse(ErrorCode::kInvalidArgument, out.place,
               "sets '" + q.id + "', which has an assignmentRule; keep one of both");
      }
      if (auto value = math(a.getMath(), out.place)) {
        q.set_by_event = true;
        out.assignments.push_back({q.id, std::move(*value)});
      }
    }
    out_.events.push_back(std::move(out));
  }

  const SBMLDocument& source_;
  const ::Model& from_;
  Document out_;
  Functions functions_;
  std::set<std::string> points_;  // compartments without dimensions
  std::set<std::string> names_;   // of reactions
  std::size_t next_reaction_ = 0;
  std::size_t nodes_ = 0;
};

// Packages whose meaning a core reader may ignore, or has: extended math is core in Version 2.
void check_packages(SBMLDocument& source, Document& out) {
  const auto see = [&](const std::string& prefix, bool required) {
    if (prefix == "l3v2extendedmath") return;
    if (required) {
      refuse(ErrorCode::kNotBuilt, {"package '" + prefix + "'", 0},
             "the file says that it cannot be understood without it; only SBML core is supported "
             "(a hierarchical model can be flattened by libSBML's comp converter)");
    }
    out.notes.push_back("package '" + prefix + "' is left out; it is not required");
  };
  if (source.getLevel() < 3) return;  // what libSBML knows of packages in annotations
  for (unsigned i = 0; i < source.getNumPlugins(); ++i) {
    const std::string package = source.getPlugin(i)->getPackageName();
    see(package, source.getPackageRequired(package));
  }
  for (int i = 0; i < source.getNumUnknownPackages(); ++i) {
    const std::string uri = source.getUnknownPackageURI(i);
    see(source.getUnknownPackagePrefix(i), source.getPackageRequired(uri));
  }
}

void check_errors(const SBMLDocument& source) {
  for (unsigned i = 0; i < source.getNumErrors(); ++i) {
    const SBMLError& error = *source.getError(i);
    if (error.getSeverity() < LIBSBML_SEV_ERROR) continue;
    std::string why = error.getShortMessage();
    if (why.empty()) why = error.getMessage();
    refuse(ErrorCode::kParse, {"SBML", error.getLine()},
           why + " (libSBML " + std::to_string(error.getErrorId()) +
               "); an SBML validator explains it");
  }
}

// libSBML throws for levels and versions that there are none of.
std::unique_ptr<SBMLDocument> parsed(const std::string& xml) {
  try {
    return std::unique_ptr<SBMLDocument>(readSBMLFromString(xml.c_str()));
  } catch (const std::exception& failure) {
    refuse(ErrorCode::kParse, {"SBML", 0}, failure.what());
  }
}

}  // namespace

const Quantity* Document::find(std::string_view wanted) const {
  const auto found = index.find(wanted);
  return found == index.end() ? nullptr : &quantities[found->second];
}

Quantity* Document::find(std::string_view wanted) {
  const auto found = index.find(wanted);
  return found == index.end() ? nullptr : &quantities[found->second];
}

Document read_document(std::string_view xml) {
  const std::unique_ptr<SBMLDocument> source = parsed(std::string(xml));
  if (!source) refuse(ErrorCode::kParse, {"SBML", 0}, "cannot be read");
  check_errors(*source);
  if (source->getModel() == nullptr) {
    refuse(ErrorCode::kParse, {"sbml", source->getLine()}, "holds no <model>");
  }
  Document packages;
  check_packages(*source, packages);
  Document out = DocumentReader(*source).read();
  out.notes.insert(out.notes.begin(), packages.notes.begin(), packages.notes.end());
  return out;
}

}  // namespace salus::model::sbml
