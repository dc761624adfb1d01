// A model's events bound to positions in the array of Equations, and what happens at one moment.
// Private to this folder.
#pragma once

#include <optional>
#include <random>
#include <span>
#include <vector>

#include "model/equations.h"

namespace salus::model {

/// The events of a model and the functions of time whose signs change where one may happen, or
/// where a rate may jump.
class BoundEvents {
 public:
  struct Assignment {
    std::size_t state;
    CompiledExpression value;
    std::optional<CompiledExpression> factor;
  };
  struct Bound {
    CompiledExpression trigger;
    bool initially_true;
    bool persistent;
    bool value_at_trigger;
    std::optional<CompiledExpression> priority;
    std::vector<Assignment> assignments;
  };

  static BoundEvents make(const Model& model, const Equations& equations);

  const std::vector<Bound>& events() const { return events_; }
  std::size_t root_count() const { return comparisons_.size() + events_.size(); }
  /// Positive where a comparison or a trigger holds, negative elsewhere, never 0. `values` as
  /// Equations::enter leaves them.
  void roots(std::span<const double> values, std::span<double> out) const;
  /// Whether crossing this root makes rates jump by itself, without an event.
  bool is_jump(std::size_t root) const;

 private:
  struct Comparison {
    ExpressionKind kind;
    CompiledExpression left;
    CompiledExpression right;
    bool in_rates;
  };
  struct Reader;

  std::vector<Bound> events_;
  std::vector<Comparison> comparisons_;
};

/// The events of one run: which triggers hold, which events wait for others at the same moment.
class EventQueue {
 public:
  explicit EventQueue(const BoundEvents& events);

  /// More events at one moment than this are taken for an endless loop.
  static constexpr int kMaxAtOnce = 10'000;

  /// Carries out all events whose triggers have become true, one after the other, with those that
  /// they trigger in turn. Changes `states` and refreshes `values`; true if any happened.
  /// Errors: kLimit above kMaxAtOnce.
  Result<bool> settle(const Equations& equations, std::span<double> values, double time_h,
                      std::span<double> states);

 private:
  struct Waiting {
    std::size_t event;
    std::vector<double> values;  ///< of its assignments, where those of the trigger's time count
  };

  void note_triggers(std::span<const double> values);
  std::size_t most_urgent(std::span<const double> values);
  void carry_out(const Waiting& waiting, const Equations& equations, std::span<double> values,
                 double time_h, std::span<double> states) const;

  const BoundEvents* events_;
  std::vector<bool> held_;
  std::vector<Waiting> waiting_;
  std::mt19937 chance_;  ///< seeded alike in every run, so that runs can be repeated
};

}  // namespace salus::model
