#include "model/bound_events.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace salus::model {
namespace {

using Kind = ExpressionKind;

bool is_comparison(Kind kind) {
  return kind == Kind::kLess || kind == Kind::kLessEqual || kind == Kind::kEqual ||
         kind == Kind::kNotEqual;
}

std::vector<double> evaluate(const BoundEvents::Bound& event, std::span<const double> values) {
  std::vector<double> out;
  for (const auto& a : event.assignments) out.push_back(a.value(values));
  return out;
}

}  // namespace

// Collects comparisons while a model is bound.
struct BoundEvents::Reader {
  const Equations& equations;
  BoundEvents& out;
  std::set<std::string> clocks;  // variables that depend on time and parameters only
  std::set<std::string> changing;
  std::set<std::string> seen;

  CompiledExpression compiled(const Expression& e) const {
    return must(CompiledExpression::make(e, equations.positions(), equations.size() - 1));
  }

  bool follows_the_clock(const Expression& e) const {
    bool moves = e.uses_time();
    for (const std::string& s : e.symbols()) {
      if (changing.contains(s)) return false;
      moves = moves || clocks.contains(s);
    }
    return moves;
  }

  void note_variables(const Model& model) {
    for (const State& s : model.states) changing.insert(s.name);
    for (const Variable& v : model.variables) {
      if (follows_the_clock(v.formula)) {
        clocks.insert(v.name);
      } else {
        const auto used = v.formula.symbols();
        const bool constant = std::none_of(
            used.begin(), used.end(), [&](const std::string& s) { return changing.contains(s); });
        if (!constant) changing.insert(v.name);
      }
    }
  }

  // In a trigger every comparison counts. In a rate only those of the clock: the solver's error
  // control sees the others come, but may step over a pulse in time.
  void collect(const Expression& e, bool in_rates) {
    for (const Expression& operand : e.operands) collect(operand, in_rates);
    if (!is_comparison(e.kind) || (in_rates && !follows_the_clock(e))) return;
    if (!seen.insert((in_rates ? "rate " : "") + e.postfix()).second) return;
    out.comparisons_.push_back(
        {e.kind, compiled(e.operands[0]), compiled(e.operands[1]), in_rates});
  }
};

BoundEvents BoundEvents::make(const Model& model, const Equations& equations) {
  BoundEvents out;
  Reader reader{equations, out, {}, {}, {}};
  reader.note_variables(model);
  for (const State& s : model.states) reader.collect(s.rate, true);
  for (const Variable& v : model.variables) reader.collect(v.formula, true);
  for (const Event& e : model.events) {
    Bound bound{
        reader.compiled(e.trigger), e.initially_true, e.persistent, e.value_at_trigger, {}, {}};
    if (e.priority) bound.priority = reader.compiled(*e.priority);
    for (const EventAssignment& a : e.assignments) {
      const std::size_t first = model.parameters.size() + model.derived.size();
      Assignment assignment{equations.position(a.state) - first, reader.compiled(a.value), {}};
      if (a.factor) assignment.factor = reader.compiled(*a.factor);
      bound.assignments.push_back(std::move(assignment));
    }
    out.events_.push_back(std::move(bound));
    reader.collect(e.trigger, false);
  }
  return out;
}

void BoundEvents::roots(std::span<const double> values, std::span<double> out) const {
  constexpr double kTiny = std::numeric_limits<double>::min();
  std::size_t next = 0;
  for (const Comparison& c : comparisons_) {
    double g = c.right(values) - c.left(values);
    if (!std::isfinite(g)) g = g > 0 ? 1 : -1;
    if (g == 0) g = c.kind == Kind::kLess ? -kTiny : kTiny;
    out[next++] = g;
  }
  for (const Bound& e : events_) out[next++] = e.trigger(values) != 0 ? 1 : -1;
}

bool BoundEvents::is_jump(std::size_t root) const {
  return root < comparisons_.size() && comparisons_[root].in_rates;
}

EventQueue::EventQueue(const BoundEvents& events) : events_(&events) {
  for (const auto& e : events.events()) held_.push_back(e.initially_true);
}

void EventQueue::note_triggers(std::span<const double> values) {
  const auto& events = events_->events();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool holds = events[i].trigger(values) != 0;
    if (holds && !held_[i]) {
      waiting_.push_back(
          {i, events[i].value_at_trigger ? evaluate(events[i], values) : std::vector<double>{}});
    }
    if (!holds && !events[i].persistent) {
      std::erase_if(waiting_, [&](const Waiting& w) { return w.event == i; });
    }
    held_[i] = holds;
  }
}

// Events without a priority have no order; they follow the file's.
std::size_t EventQueue::most_urgent(std::span<const double> values) {
  std::vector<std::size_t> best;
  double highest = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto& priority = events_->events()[waiting_[i].event].priority;
    if (!priority) continue;
    const double urgency = (*priority)(values);
    if (urgency > highest || best.empty()) best.clear();
    if (best.empty()) highest = urgency;
    if (urgency == highest) best.push_back(i);
  }
  return best.empty() ? 0 : best[chance_() % best.size()];
}

void EventQueue::carry_out(const Waiting& waiting, const Equations& equations,
                           std::span<double> values, double time_h,
                           std::span<double> states) const {
  const auto& event = events_->events()[waiting.event];
  std::vector<double> now = event.value_at_trigger ? waiting.values : evaluate(event, values);
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (const auto& factor = event.assignments[i].factor) now[i] *= (*factor)(values);
  }
  for (std::size_t i = 0; i < now.size(); ++i) states[event.assignments[i].state] = now[i];
  equations.enter(values, time_h, states);
}

Result<bool> EventQueue::settle(const Equations& equations, std::span<double> values, double time_h,
                                std::span<double> states) {
  equations.enter(values, time_h, states);
  for (int count = 0; count < kMaxAtOnce; ++count) {
    note_triggers(values);
    if (waiting_.empty()) return count > 0;
    const std::size_t next = most_urgent(values);
    const Waiting chosen = waiting_[next];
    waiting_.erase(waiting_.begin() + static_cast<long>(next));
    carry_out(chosen, equations, values, time_h, states);
  }
  return Error{ErrorCode::kLimit, "events trigger each other without end at " +
                                      std::to_string(time_h) +
                                      " h; look for a trigger that its own assignment makes true "
                                      "again"};
}

}  // namespace salus::model
