// Curves of a model for many patients under one plan of doses.
#pragma once

#include <optional>
#include <vector>

#include "model/reference.h"
#include "program/program.h"

namespace salus::compiler {

/// A plan of doses and what it changes of the model. Where the model is linear, `dose` is 1 and
/// regimens that differ only in dose share it.
struct Shape {
  double dose = 1;
  double start_h = 0;
  double interval_h = 0;
  double infusion_h = 0;
  int count = 1;
  std::vector<std::pair<std::size_t, double>> settings;  ///< (parameter's position, value)
  auto operator<=>(const Shape&) const = default;

  std::vector<model::Dose> doses() const;  ///< none for a dose of 0
};

/// Immutable; curves may be computed concurrently.
class Responses {
 public:
  explicit Responses(const model::Model& model);

  bool linear() const { return linear_.has_value(); }
  /// The shape of a regimen, and the factor from the shape's curve to the regimen's.
  /// Errors: kInvalidArgument for a dose to a model without a dose table, or none to a linear one,
  /// and for a setting of something that is not a public parameter.
  Result<Shape> shape_of(const program::Regimen& regimen, double& factor) const;

  /// All outputs one after the other: out[o times + t] = output o at times_h[t]; `parameters` are
  /// all values in the model's order, before the shape's settings. Errors: those of the solver;
  /// kInvalidArgument for a value that is not finite, with the output and the time.
  Result<std::vector<double>> curve(const std::vector<double>& parameters, const Shape& shape,
                                    const std::vector<double>& times_h) const;
  /// The same by CVODE.
  Result<std::vector<double>> reference(const std::vector<double>& parameters, const Shape& shape,
                                        const std::vector<double>& times_h) const;

 private:
  Result<std::vector<double>> solve(std::vector<double> parameters, const Shape& shape,
                                    const std::vector<double>& times_h, double tolerance) const;
  Result<std::vector<double>> joined(const Result<model::Curves>& curves,
                                     const std::vector<double>& times_h) const;
  const model::Model* model_;  // outlives this
  model::ReferenceSolver reference_;
  std::optional<model::LinearSolver> linear_;
};

}  // namespace salus::compiler
