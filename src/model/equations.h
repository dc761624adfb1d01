// A model's formulas bound to positions in one array, for solvers and compilers.
#pragma once

#include <span>
#include <vector>

#include "model/model.h"

namespace salus::model {

/// Values array: all parameters, then derived quantities, then states, in the model's order.
class Equations {
 public:
  static Equations make(const Model& model);

  std::size_t parameter_count() const { return parameters_; }
  std::size_t state_count() const { return rates_.size(); }
  std::size_t size() const { return parameters_ + derived_.size() + rates_.size(); }
  std::size_t dose_state() const { return dose_state_; }
  /// Of a parameter or derived quantity. A Defect for an unknown name.
  std::size_t position(std::string_view name) const;
  double bioavailability() const { return bioavailability_; }
  const std::vector<double>& initial() const { return initial_; }

  /// An array of size() with `parameters` and the derived quantities filled in.
  std::vector<double> prepare(std::span<const double> parameters) const;
  /// Copies `states` into `values`, then evaluates all rates, or the first output.
  void rates(std::span<double> values, std::span<const double> states, std::span<double> out) const;
  double output(std::span<double> values, std::span<const double> states) const;

 private:
  std::map<std::string, std::size_t, std::less<>> positions_;
  std::size_t parameters_ = 0;
  std::size_t dose_state_ = 0;
  double bioavailability_ = 1;
  std::vector<double> initial_;
  std::vector<CompiledExpression> derived_;
  std::vector<CompiledExpression> rates_;
  std::vector<CompiledExpression> output_;  // one
};

}  // namespace salus::model
