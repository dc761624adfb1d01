// Curves of a model for many patients under one plan of doses.
#pragma once

#include <optional>
#include <vector>

#include "model/reference.h"
#include "program/program.h"

namespace salus::compiler {

/// A plan of doses. Where the model is linear, `dose` is 1 and regimens that differ only in dose
/// share it.
struct Shape {
  double dose = 1;
  double start_h = 0;
  double interval_h = 0;
  double infusion_h = 0;
  int count = 1;
  auto operator<=>(const Shape&) const = default;

  std::vector<model::Dose> doses() const;
};

/// Immutable; curves may be computed concurrently.
class Responses {
 public:
  explicit Responses(const model::Model& model);

  bool linear() const { return solver_.has_value(); }
  /// The shape of a regimen, and the factor from the shape's curve to the regimen's.
  Shape shape_of(const program::Regimen& regimen, double& factor) const;

  /// out[t] = the first output at times_h[t], all parameters in the model's order.
  /// Errors: those of the solver.
  Result<std::vector<double>> curve(const std::vector<double>& parameters, const Shape& shape,
                                    const std::vector<double>& times_h) const;
  /// The same by CVODE.
  Result<std::vector<double>> reference(const std::vector<double>& parameters, const Shape& shape,
                                        const std::vector<double>& times_h) const;

 private:
  model::Values named(const std::vector<double>& parameters) const;
  const model::Model* model_;  // outlives this
  std::optional<model::LinearSolver> solver_;
};

}  // namespace salus::compiler
