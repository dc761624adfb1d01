// Basis functions in cells (program/cells.h): a patient has those of the one cell that he is in.
#pragma once

#include <vector>

#include "compiler/basis.h"

namespace salus::compiler {

/// Patients' values of the basis functions, without the zeros of the cells that they are not in.
class CellDesign {
 public:
  CellDesign(const Basis& basis, const model::Equations& equations,
             const std::vector<std::vector<double>>& patients, int threads);
  /// Patients x columns, from functions x columns: the surrogate's slots.
  Eigen::MatrixXd operator*(const Eigen::MatrixXd& coefficients) const;

  struct Cell {
    std::vector<long> members;  ///< indices of patients
    Eigen::MatrixXd values;     ///< members x the cell's functions
  };
  const std::vector<Cell>& cells() const { return cells_; }

 private:
  std::vector<Cell> cells_;
  long patients_ = 0;
};

/// Least squares in every cell, each on the patients in it. Without cells LeastSquares of all.
class Regression {
 public:
  Regression(const CellDesign& design, const Eigen::VectorXd& weights, int threads);
  /// Functions x columns, from patients x columns.
  Eigen::MatrixXd solve(const Eigen::MatrixXd& responses) const;
  /// Columns of the norms that the weighted patients' columns of `coefficients` have.
  Eigen::MatrixXd responses_like(const Eigen::MatrixXd& coefficients) const;
  /// The sum of the squared weights.
  double patients() const { return patients_; }

 private:
  std::vector<std::vector<long>> members_;  // of each cell
  std::vector<LeastSquares> squares_;
  long functions_ = 0;
  double patients_ = 0;
};

/// The box cut into `count` cells, a power of two: each piece in turn at the median of its
/// patients, across the coordinate that leaves the least to low polynomials in both halves. Each
/// cell then grows `functions` functions of its own (grow_basis) of total degree <= max_degree.
/// `basis` has no amplitudes; its own functions are dropped. `wanted` holds the transformed
/// responses of `training`.
Basis divide(const Basis& basis, const model::Equations& equations, const Sample& training,
             const Eigen::MatrixXd& wanted, std::size_t count, std::size_t functions,
             int max_degree, int threads);

}  // namespace salus::compiler
