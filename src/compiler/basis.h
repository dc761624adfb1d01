// The surrogate's basis: products of Chebyshev polynomials of normalised coordinates, each perhaps
// times one amplitude. It belongs to the model, so every question on the model shares it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "compiler/coordinates.h"
#include "compiler/responses.h"
#include "program/cells.h"

namespace salus::compiler {

/// amplitude(u) * product of T_degree(u_coordinate).
struct BasisFunction {
  int amplitude = -1;                        ///< index of a coordinate; -1: none
  std::vector<std::pair<int, int>> degrees;  ///< (coordinate, degree >= 1)

  int factor_count() const;
};

struct Basis {
  std::vector<Coordinate> coordinates;
  std::vector<BasisFunction> functions;              ///< cell by cell
  program::Cells cells;                              ///< none: one cell, the whole box
  std::vector<program::OutputTransform> transforms;  ///< one per output of the model
  /// Errors are measured by the patient's own curve; otherwise by the output's largest value.
  bool own_peaks = true;

  /// The largest factor_count().
  int positions() const;
  /// u of each coordinate, from Equations' values; what rounding puts outside [-1, 1] is put back.
  std::vector<double> normalised(const std::vector<double>& values) const;
  /// All functions at one patient's parameters. Of a basis without cells.
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

/// Chooses transforms and functions from the model's standard responses alone: fits a large
/// candidate set (total degree up to the model's max_degree, its amplitude counted), keeps the
/// functions with the largest coefficients such that the set stays downward closed, and takes for
/// each output the transform with the smallest largest error on held-out patients, corners
/// included; above 400 functions the smallest 99th percentile over population and box. Where
/// max_terms leaves room, the set then grows by neighbours of its functions; where the model asks
/// for cells, they are taken instead if they are better. A model without states that is a
/// polynomial gets just its monomials. Depends on the model and on `rules` only.
///
/// Source: adaptive downward-closed least squares after Migliorati, J. Approx. Theory 2015.
struct BasisRules {
  bool linear_only = false;    ///< no other transform: what is subtracted must not be transformed
  bool without_cells = false;  ///< for a layout that has none
};
Result<BasisChoice> choose_basis(const model::Model& model, const model::Equations& equations,
                                 const Responses& responses, int threads, BasisRules rules = {});

/// All products of total degree <= limit over these coordinates, times one amplitude (-1: none).
void append_functions(const std::vector<int>& over, int amplitude, int limit,
                      std::vector<BasisFunction>& out);

/// The functions of a polynomial model (no states, every output a polynomial of total degree <= 4
/// in private parameters and derived quantities): exact. Nothing for another model.
Result<std::optional<Basis>> polynomial_basis(const model::Model& model,
                                              const model::Equations& equations);

/// Responses to which a basis is fitted, a row a patient.
struct Sample {
  std::vector<std::vector<double>> patients;
  Eigen::MatrixXd responses;
  Eigen::VectorXd weights;  ///< 1 / peak of the patient's own responses
};

/// The outputs' transforms over responses of `peaks`: columns lie output by output within each of
/// `shapes` equal groups.
Eigen::MatrixXd transformed(const Basis& basis, const Eigen::MatrixXd& responses,
                            const std::vector<double>& peaks, std::size_t shapes);

/// Adds admissible neighbours of the functions that matter most, refits and drops what matters
/// least, until there are `max_terms` functions; `wanted` holds the transformed responses. Total
/// degree and degree in one coordinate stay <= max_degree.
void grow_basis(Basis& basis, const model::Equations& equations, const Sample& training,
                const Eigen::MatrixXd& wanted, std::size_t max_terms, int max_degree, int threads);

/// Keeps the `count` functions that matter most; a function is worth as much as the most valuable
/// one above it, so what remains is downward closed.
void keep_best(Basis& basis, const Eigen::MatrixXd& coefficients, std::size_t count);

/// 1 / peak of each patient's standard responses: what makes an error count by the patient's own
/// curve. Of a model with several outputs or without states: 1.
Result<Eigen::VectorXd> patient_weights(const model::Model& model, const Responses& responses,
                                        const std::vector<std::vector<double>>& patients,
                                        int threads);

/// The patients on whom coefficients are fitted: 60 % population, 40 % box with its corners; for
/// more than 512 functions 75 % population and 25 % box.
std::vector<std::vector<double>> training_patients(const model::Model& model,
                                                   std::size_t functions);

/// Least squares of weighted rows; factor once, solve for any number of responses. Orthogonal
/// factors up to 512 functions, normal equations above, where their cost would be minutes.
class LeastSquares {
 public:
  LeastSquares(const Eigen::MatrixXd& design, const Eigen::VectorXd& weights, int threads);
  Eigen::MatrixXd solve(const Eigen::MatrixXd& responses) const;
  /// Upper triangular R with R^T R = the weighted Gram matrix: |R c| is the norm of design * c.
  const Eigen::MatrixXd& factor() const { return r_; }

 private:
  Eigen::VectorXd weights_;
  Eigen::MatrixXd q_;  // orthogonal factor, or the weighted design
  Eigen::MatrixXd r_;
  bool normal_ = false;
};

}  // namespace salus::compiler
