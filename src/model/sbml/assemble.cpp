// What becomes of an SBML file's quantities: constants are parameters, whatever has a rate or is
// set by events is a state, rules and concentrations are variables.
#include "model/sbml/assemble.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "model/from_ast.h"
#include "model/sbml/initial_name.h"
#include "model/sbml/start_values.h"
#include "model/unit.h"

namespace salus::model::sbml {
namespace {

using Kind = ExpressionKind;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Expression times(Expression a, Expression b) {
  return Expression::of(Kind::kMultiply, {std::move(a), std::move(b)});
}
Expression over(Expression a, Expression b) {
  return Expression::of(Kind::kDivide, {std::move(a), std::move(b)});
}

bool is_number(const Expression& e, double value) {
  return e.kind == Kind::kNumber && e.number == value;
}

Expression at_time_zero(const Expression& e) {
  if (e.kind == Kind::kTime) return Expression::constant(0);
  Expression out = e;
  for (Expression& operand : out.operands) operand = at_time_zero(operand);
  return out;
}

/// How a quantity behaves while the model runs.
enum class Role { kConstant, kVariable, kState };

class Assembler {
 public:
  explicit Assembler(Document document) : doc_(std::move(document)) {}

  SbmlImport assemble() {
    model_.name = doc_.id;
    model_.title = doc_.name.empty() ? doc_.id : doc_.name;
    model_.sizes_differ = true;
    read_clock();
    note_names();
    resolve_rates_of();
    note_flows();
    for (const Quantity& q : doc_.quantities) find_role(q);
    for (const Quantity& q : doc_.quantities) add_initial(q);
    for (const Quantity& q : doc_.quantities) add_motion(q);
    for (const ReactionEntry& r : doc_.reactions) {
      if (r.rate) define(r.id, *r.rate, "reaction rate", r.place);
    }
    for (const std::string& id : rates_wanted_) define_rate_of(id);
    add_variables();
    add_start_values();
    check_formulas();
    add_events();
    add_outputs();
    return finish();
  }

 private:
  void read_clock() {
    model_.time_unit = doc_.time_unit.empty() ? "h" : doc_.time_unit;
    model_.hours_per_time = must(parse_dimension(model_.time_unit)).factor;
    if (doc_.time_unit.empty()) {
      doc_.notes.emplace_back(
          "the file declares no unit of time: 1 unit is taken as 1 h; a sidecar's time_unit says "
          "otherwise");
    }
  }

  void note_names() {
    for (const Quantity& q : doc_.quantities) names_.insert(q.id);
    for (const ReactionEntry& r : doc_.reactions) names_.insert(r.id);
  }

  std::string fresh(std::string name) {
    while (!names_.insert(name).second) name += "_";
    return name;
  }

  // rateOf(x) by the name of a variable that holds it.
  void resolve_rates_of() {
    const auto each = [&](std::optional<Expression>& e, const Place& place) {
      if (e) resolve(*e, place);
    };
    for (Quantity& q : doc_.quantities) {
      each(q.initial_assignment, q.place);
      each(q.assignment_rule, q.place);
      each(q.rate_rule, q.place);
    }
    for (ReactionEntry& r : doc_.reactions) {
      each(r.rate, r.place);
      for (Participant& p : r.participants) resolve(p.stoichiometry, r.place);
    }
    for (EventEntry& e : doc_.events) {
      each(e.trigger, e.place);
      each(e.priority, e.place);
      for (AssignmentEntry& a : e.assignments) resolve(a.value, e.place);
    }
  }

  void resolve(Expression& e, const Place& place) {
    Formulas replacements;
    for (const std::string& s : e.symbols()) {
      if (names_.contains(s)) continue;
      if (!s.starts_with("rateOf(")) {
        refuse(ErrorCode::kInvalidArgument, place, "uses the unknown symbol '" + s + "'");
      }
      const std::string id = s.substr(7, s.size() - 8);
      if (doc_.find(id) == nullptr) {
        refuse(ErrorCode::kInvalidArgument, place, "rateOf of '" + id + "', which has no rate");
      }
      if (!rate_names_.contains(id)) {
        rate_names_.emplace(id, fresh("rate_of_" + id));
        rates_wanted_.push_back(id);
      }
      replacements.emplace(s, Expression::named(rate_names_.at(id)));
    }
    if (!replacements.empty()) e = substitute(e, replacements);
  }

  void find_role(const Quantity& q) {
    const bool reacts = q.is_species() && !q.boundary && !q.constant && flows_.contains(q.id);
    if (reacts && (q.rate_rule || q.assignment_rule)) {
      refuse(ErrorCode::kInvalidArgument, q.place,
             "both a rule and reactions change it; write boundaryCondition=\"true\"");
    }
    roles_[q.id] = q.assignment_rule                         ? Role::kVariable
                   : q.rate_rule || q.set_by_event || reacts ? Role::kState
                                                             : Role::kConstant;
    if (!q.is_species() || q.symbol_is_amount || q.assignment_rule || q.rate_rule) return;
    if (roles_[q.id] == Role::kState || roles_.at(q.compartment) != Role::kConstant) {
      amounts_[q.id] = fresh(q.id + "_amount");
    }
  }

  Expression number_at_start(const Quantity& q, const std::string& name) {
    if (!q.value || !std::isfinite(*q.value)) return Expression::constant(q.value.value_or(kNan));
    Parameter p;
    p.name = name;
    p.unit = q.unit;
    if (q.is_species() && q.value_is_amount) p.unit = q.amount_unit;
    p.description = name == q.id ? q.description : initial_value_of(q.id);
    p.transform = Transform::kLinear;
    p.low = p.typical = p.high = *q.value;
    p.is_private = false;
    model_.parameters.push_back(std::move(p));
    return Expression::named(name);
  }

  // What q, and its amount if that is a quantity of its own, are at time 0.
  void add_initial(const Quantity& q) {
    const Expression size = Expression::named(q.compartment);
    const auto amount = amounts_.find(q.id);
    const auto by_value = [&](Expression e) {
      if (amount != amounts_.end()) start_[amount->second] = times(Expression::named(q.id), size);
      start_[q.id] = std::move(e);
    };
    if (q.initial_assignment) return by_value(at_time_zero(*q.initial_assignment));
    if (q.assignment_rule) return by_value(at_time_zero(*q.assignment_rule));
    const bool same_meaning = !q.is_species() || q.value_is_amount == q.symbol_is_amount;
    const bool plain = roles_.at(q.id) == Role::kConstant && amount == amounts_.end();
    const Expression number = number_at_start(q, plain && same_meaning ? q.id : fresh(q.id + "_0"));
    if (same_meaning) {
      by_value(number);
    } else if (q.symbol_is_amount) {
      by_value(times(number, size));
    } else if (amount != amounts_.end()) {
      start_[amount->second] = number;
      start_[q.id] = over(Expression::named(amount->second), size);
    } else {
      by_value(over(number, size));
    }
  }

  // Of a species, by reactions.
  Expression flow_into(const Quantity& q) const {
    std::vector<Expression> terms;
    const auto found = flows_.find(q.id);
    if (found != flows_.end()) {
      for (const auto& [reaction, stoichiometry] : found->second) {
        Expression rate = Expression::named(*reaction);
        if (is_number(*stoichiometry, 1)) {
          terms.push_back(std::move(rate));
        } else if (is_number(*stoichiometry, -1)) {
          terms.push_back(Expression::of(Kind::kNegate, {std::move(rate)}));
        } else {
          terms.push_back(times(*stoichiometry, std::move(rate)));
        }
      }
    }
    if (terms.empty()) return Expression::constant(0);
    Expression sum = must(chained(Kind::kAdd, std::move(terms)));
    if (q.conversion_factor.empty()) return sum;
    const Quantity* factor = doc_.find(q.conversion_factor);
    if (factor == nullptr) {
      refuse(ErrorCode::kInvalidArgument, q.place,
             "its conversionFactor '" + q.conversion_factor + "' is not a parameter");
    }
    return times(Expression::named(q.conversion_factor), std::move(sum));
  }

  void note_flows() {
    for (const ReactionEntry& r : doc_.reactions) {
      if (!r.rate) {
        doc_.notes.push_back(r.place.what + " has no kinetic law: nothing flows");
        continue;
      }
      for (const Participant& p : r.participants) {
        flows_[p.species].emplace_back(&r.id, &p.stoichiometry);
      }
    }
  }

  void add_motion(const Quantity& q) {
    const Role role = roles_.at(q.id);
    const auto amount = amounts_.find(q.id);
    if (role == Role::kState) {
      const bool reacts = q.is_species() && !q.boundary && !q.constant && !q.rate_rule;
      Expression rate = q.rate_rule ? *q.rate_rule
                        : reacts    ? flow_into(q)
                                    : Expression::constant(0);
      add_state(q, amount == amounts_.end() ? q.id : amount->second, std::move(rate));
    }
    if (q.assignment_rule) define(q.id, *q.assignment_rule, q.description, q.place);
    if (amount != amounts_.end()) {
      define(q.id, over(Expression::named(amount->second), Expression::named(q.compartment)),
             q.description, q.place);
    }
  }

  void add_state(const Quantity& q, const std::string& name, Expression rate) {
    if (model_.states.size() >= kMaxSbmlStates) {
      refuse(ErrorCode::kLimit, q.place,
             "the model has more than " + std::to_string(kMaxSbmlStates) + " states");
    }
    State s;
    s.name = name;
    s.unit = name == q.id ? q.unit : q.amount_unit;
    s.description = name == q.id ? q.description : "amount of " + q.id;
    s.rate = std::move(rate);
    state_of_[q.id] = model_.states.size();
    model_.states.push_back(std::move(s));
  }

  void define(const std::string& name, const Expression& formula, const std::string& description,
              const Place& place) {
    formulas_[name] = formula;
    details_[name] = {description, place};
    if (!start_.contains(name)) start_[name] = at_time_zero(formula);
  }

  // The rate of a state by its name, so that it is evaluated once; of a concentration by the rule
  // of quotients.
  void define_rate_of(const std::string& id) {
    const Quantity& q = *doc_.find(id);
    Expression rate = Expression::constant(0);
    if (roles_.at(id) == Role::kVariable) {
      refuse(ErrorCode::kInvalidArgument, q.place,
             "rateOf of it is used, but an assignmentRule sets it; write that rule's derivative");
    }
    if (const auto state = state_of_.find(id); state != state_of_.end()) {
      rate = model_.states[state->second].rate;
    }
    if (amounts_.contains(id)) {
      const Expression size = Expression::named(q.compartment);
      const Role compartment = roles_.at(q.compartment);
      if (compartment == Role::kVariable) {
        refuse(
            ErrorCode::kInvalidArgument, q.place,
            "rateOf of it is used, but an assignmentRule sets its compartment; write a rateRule");
      }
      if (const auto growing = state_of_.find(q.compartment); growing != state_of_.end()) {
        const Expression growth = model_.states[growing->second].rate;
        rate = Expression::of(Kind::kSubtract,
                              {std::move(rate), times(Expression::named(id), growth)});
      }
      rate = over(std::move(rate), size);
    }
    define(rate_names_.at(id), rate, "rate of " + id, q.place);
  }

  void add_variables() {
    const Ordered order = in_order(formulas_);
    if (!order.cycle.empty()) {
      refuse(ErrorCode::kInvalidArgument, details_.at(order.cycle.front()).place,
             "rules and rates depend on each other: " + listed(order.cycle) +
                 "; solve them for one symbol");
    }
    for (const std::string& name : order.names) {
      const Quantity* q = doc_.find(name);
      model_.variables.push_back(
          {name, q == nullptr ? "1" : q->unit, details_.at(name).description, formulas_.at(name)});
    }
  }

  static std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t kMost = 8;
    std::string out;
    for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
      out += (i == 0 ? "" : " -> ") + names[i];
    }
    return names.size() > kMost ? out + " -> ..." : out + " -> " + names.front();
  }

  void add_start_values() {
    std::set<std::string> states, constants;
    for (const State& s : model_.states) states.insert(s.name);
    for (const Quantity& q : doc_.quantities) {
      if (roles_.at(q.id) != Role::kConstant) continue;
      const auto amount = amounts_.find(q.id);
      constants.insert(amount == amounts_.end() ? q.id : amount->second);
    }
    StartValues values = start_values(start_, states, constants,
                                      [this](std::string name) { return fresh(std::move(name)); });
    if (!values.cycle.empty()) {
      const Quantity* q = doc_.find(values.cycle.front());
      refuse(ErrorCode::kInvalidArgument, q == nullptr ? Place{"model", 0} : q->place,
             "initial values depend on each other: " + listed(values.cycle) +
                 "; give one of them as a number");
    }
    for (StartValue& v : values.derived) {
      const Quantity* q = doc_.find(v.name);
      model_.derived.push_back({v.name, q == nullptr ? "1" : q->unit,
                                q == nullptr ? initial_value_of(v.of) : q->description,
                                std::move(v.formula)});
    }
    for (State& s : model_.states) s.initial = values.states.at(s.name);
  }

  const std::string& state_name(const std::string& id) const {
    return model_.states[state_of_.at(id)].name;
  }

  // A species' concentration by a rate rule is a state; its amount is not. It is the amount that
  // stays, or that an event sets, when the same event changes the compartment.
  bool has_state_of_concentration(const Quantity& q) const {
    return q.is_species() && q.rate_rule && !q.symbol_is_amount;
  }

  static const AssignmentEntry* assignment_to(const EventEntry& e, const std::string& id) {
    const auto found = std::find_if(e.assignments.begin(), e.assignments.end(),
                                    [&](const AssignmentEntry& a) { return a.variable == id; });
    return found == e.assignments.end() ? nullptr : &*found;
  }

  std::optional<Expression> factor_of(const std::string& id, const EventEntry& e) const {
    const Quantity& q = *doc_.find(id);
    if (amounts_.contains(id)) return Expression::named(q.compartment);
    const AssignmentEntry* size = assignment_to(e, q.compartment);
    if (size == nullptr || !has_state_of_concentration(q)) return std::nullopt;
    return over(Expression::named(q.compartment), size->value);
  }

  void keep_amounts(const EventEntry& e, Event& out) const {
    for (const Quantity& q : doc_.quantities) {
      const AssignmentEntry* size = assignment_to(e, q.compartment);
      if (size == nullptr || !has_state_of_concentration(q) || assignment_to(e, q.id) != nullptr) {
        continue;
      }
      out.assignments.push_back(
          {q.id, Expression::constant(1), times(Expression::named(q.id), *factor_of(q.id, e))});
    }
  }

  void add_events() {
    for (EventEntry& e : doc_.events) {
      if (!e.trigger || e.assignments.empty()) continue;
      Event out;
      out.name = e.id;
      out.trigger = std::move(*e.trigger);
      out.initially_true = e.initially_true;
      out.persistent = e.persistent;
      out.priority = std::move(e.priority);
      out.value_at_trigger = e.value_at_trigger;
      for (const AssignmentEntry& a : e.assignments) {
        out.assignments.push_back({state_name(a.variable), a.value, factor_of(a.variable, e)});
      }
      keep_amounts(e, out);
      check_formula(out.trigger, e.place);
      if (out.priority) check_formula(*out.priority, e.place);
      for (const EventAssignment& a : out.assignments) {
        check_formula(a.value, e.place);
        if (a.factor) check_formula(*a.factor, e.place);
      }
      model_.events.push_back(std::move(out));
    }
  }

  void add_output(const Quantity& q) {
    model_.outputs.push_back({q.id, q.unit, q.description, Expression::named(q.id), {}});
  }

  void add_outputs() {
    for (const Quantity& q : doc_.quantities) {
      if (q.is_species()) add_output(q);
    }
    for (const Quantity& q : doc_.quantities) {
      if (!q.is_species() && roles_.at(q.id) != Role::kConstant) add_output(q);
    }
    if (model_.outputs.empty()) {
      for (const Quantity& q : doc_.quantities) add_output(q);
    }
    if (model_.outputs.empty()) {
      refuse(ErrorCode::kInvalidArgument, {"model", 0},
             "has no species, compartment or parameter, so nothing to show");
    }
  }

  // Everything that solvers will compile; they take it for granted.
  void check_formula(const Expression& e, const Place& place) const {
    if (positions_.empty()) {
      for (const std::string& name : names_) positions_.emplace(name, 0);
      for (const ReactionEntry& r : doc_.reactions) {
        if (!r.rate) positions_.erase(r.id);
      }
    }
    if (const auto fine = CompiledExpression::make(e, positions_, 0); !fine) {
      refuse(fine.error().code, place, fine.error().message);
    }
  }

  void check_formulas() const {
    for (const Derived& d : model_.derived) {
      const Quantity* q = doc_.find(d.name);
      check_formula(d.formula, q == nullptr ? Place{"initial value " + d.name, 0} : q->place);
    }
    for (const State& s : model_.states) {
      const Quantity* q = doc_.find(s.name);
      const Place place = q == nullptr ? Place{"state " + s.name, 0} : q->place;
      check_formula(s.initial, place);
      check_formula(s.rate, place);
    }
    for (const Variable& v : model_.variables) check_formula(v.formula, details_.at(v.name).place);
  }

  SbmlImport finish() {
    SbmlImport out;
    for (const Quantity& q : doc_.quantities) {
      if (!q.is_species()) continue;
      const Expression symbol = Expression::named(q.id), size = Expression::named(q.compartment);
      const auto amount = amounts_.find(q.id);
      if (q.symbol_is_amount) {
        out.species.push_back({q.id, symbol, over(symbol, size)});
      } else if (amount != amounts_.end()) {
        out.species.push_back({q.id, Expression::named(amount->second), symbol});
      } else {
        out.species.push_back({q.id, times(symbol, size), symbol});
      }
    }
    out.level = doc_.level;
    out.version = doc_.version;
    out.reactions = doc_.reactions.size();
    out.notes = std::move(doc_.notes);
    model_.description = "SBML Level " + std::to_string(out.level) + " Version " +
                         std::to_string(out.version) + ", " + std::to_string(out.reactions) +
                         " reactions";
    out.model = std::move(model_);
    return out;
  }

  struct Detail {
    std::string description;
    Place place;
  };

  Document doc_;
  Model model_;
  std::set<std::string> names_;
  std::map<std::string, std::string> rate_names_;
  std::vector<std::string> rates_wanted_;
  std::map<std::string, Role> roles_;
  std::map<std::string, std::string> amounts_;  // species -> name of its amount
  std::map<std::string, std::vector<std::pair<const std::string*, const Expression*>>> flows_;
  std::map<std::string, std::size_t> state_of_;
  Formulas formulas_;  // of variables
  std::map<std::string, Detail> details_;
  Formulas start_;  // at time 0, over values at time 0
  mutable std::map<std::string, std::size_t, std::less<>> positions_;
};

}  // namespace

SbmlImport assemble(Document document) { return Assembler(std::move(document)).assemble(); }

}  // namespace salus::model::sbml
