// A model's formulas bound to positions in one array, for solvers and compilers.
#pragma once

#include <span>
#include <vector>

#include "model/model.h"

namespace salus::model {

/// Values array: all parameters, derived quantities, states and variables in the model's order,
/// then the time in the model's unit.
class Equations {
 public:
  static Equations make(const Model& model);

  std::size_t parameter_count() const { return parameters_; }
  std::size_t state_count() const { return rates_.size(); }
  std::size_t output_count() const { return outputs_.size(); }
  std::size_t size() const { return positions_.size() + 1; }
  std::size_t dose_state() const { return dose_state_; }
  /// Of any named quantity. A Defect for an unknown name.
  std::size_t position(std::string_view name) const;
  /// Of all named quantities; the time is at size() - 1.
  const std::map<std::string, std::size_t, std::less<>>& positions() const { return positions_; }
  double bioavailability() const { return bioavailability_; }
  double lag_h() const { return lag_h_; }

  /// An array of size() with `parameters` and the derived quantities filled in.
  std::vector<double> prepare(std::span<const double> parameters) const;
  /// The states at time 0 of what `prepare` gave.
  std::vector<double> initial(std::span<const double> values) const;
  /// Enters time (hours) and `states` into `values` and evaluates the variables.
  void enter(std::span<double> values, double time_h, std::span<const double> states) const;
  /// `enter`, then all rates (per hour), or all outputs.
  void rates(std::span<double> values, double time_h, std::span<const double> states,
             std::span<double> out) const;
  void outputs(std::span<double> values, double time_h, std::span<const double> states,
               std::span<double> out) const;

 private:
  std::map<std::string, std::size_t, std::less<>> positions_;
  std::size_t parameters_ = 0;
  std::size_t dose_state_ = 0;
  double bioavailability_ = 1;
  double lag_h_ = 0;
  double times_per_hour_ = 1;
  std::vector<CompiledExpression> derived_;
  std::vector<CompiledExpression> initial_;
  std::vector<CompiledExpression> rates_;
  std::vector<CompiledExpression> variables_;
  std::vector<CompiledExpression> outputs_;
};

}  // namespace salus::model
