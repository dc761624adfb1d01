// The surrogate's basis: products of Chebyshev polynomials of normalised coordinates, each perhaps
// times one amplitude. It belongs to the model, so every question on the model shares it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "compiler/coordinates.h"
#include "compiler/responses.h"

namespace salus::compiler {

/// amplitude(u) * product of T_degree(u_coordinate).
struct BasisFunction {
  int amplitude = -1;                        ///< index of a coordinate; -1: none
  std::vector<std::pair<int, int>> degrees;  ///< (coordinate, degree >= 1)

  int factor_count() const;
};

struct Basis {
  std::vector<Coordinate> coordinates;
  std::vector<BasisFunction> functions;
  program::OutputTransform transform = program::OutputTransform::kLinear;

  /// The largest factor_count().
  int positions() const;
  /// All functions at one patient's parameters.
  Eigen::VectorXd evaluate(const model::Equations& equations,
                           const std::vector<double>& parameters) const;
};

/// Rows: patients. Columns: functions.
Eigen::MatrixXd design(const Basis& basis, const model::Equations& equations,
                       const std::vector<std::vector<double>>& patients, int threads);

/// g(y / peak) of the transform, and back. forward of a value that is not positive is floored at
/// 1e-6.
double forward(program::OutputTransform transform, double relative);
double inverse(program::OutputTransform transform, double slot);

struct BasisChoice {
  Basis basis;
  std::string report;  ///< what each transform reached, for Certificate::transforms
};

/// Chooses transform and functions from the model's standard responses alone: fits a large
/// candidate set (total degree up to the model's max_degree, its amplitude counted), keeps the
/// functions with the largest coefficients such that the set stays downward closed, and takes the
/// transform with the smallest largest error on held-out patients. Depends on the model only.
///
/// Source: adaptive downward-closed least squares after Migliorati, J. Approx. Theory 2015.
Result<BasisChoice> choose_basis(const model::Model& model, const model::Equations& equations,
                                 const Responses& responses, int threads);

/// 1 / peak of each patient's standard responses: what makes an error count by the patient's own
/// curve.
Result<Eigen::VectorXd> patient_weights(const model::Model& model, const Responses& responses,
                                        const std::vector<std::vector<double>>& patients,
                                        int threads);

/// The patients on whom coefficients are fitted: 60 % population, 40 % box with its corners.
std::vector<std::vector<double>> training_patients(const model::Model& model,
                                                   std::size_t functions);

/// Least squares of weighted rows; factor once, solve for any number of responses.
class LeastSquares {
 public:
  LeastSquares(const Eigen::MatrixXd& design, const Eigen::VectorXd& weights);
  Eigen::MatrixXd solve(const Eigen::MatrixXd& responses) const;

 private:
  Eigen::VectorXd weights_;
  Eigen::MatrixXd q_;
  Eigen::MatrixXd r_;
};

}  // namespace salus::compiler
