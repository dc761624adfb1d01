// A basis without amplitudes: products of Chebyshev polynomials and what weighs them. Layouts that
// do not build functions from affine factors start from it.
#pragma once

#include "compiler/basis.h"

namespace salus::compiler {

using program::Degrees;

struct Series {
  std::vector<Degrees> functions;  ///< each once, or once a cell; coordinates are the basis'
  Eigen::MatrixXd matrix;          ///< results x functions
};

/// The same results as `matrix` (results x basis functions). An amplitude a(u) = slope T_1(u) +
/// offset is multiplied out by 2 T_1 T_n = T_(n+1) + T_(n-1). With cells, where no amplitudes
/// are, functions stay as they are.
Series without_amplitudes(const Basis& basis, const Eigen::MatrixXd& matrix);

}  // namespace salus::compiler
