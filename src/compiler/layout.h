// Basis and coefficients as circuits (design.md section 4, basis layout).
#pragma once

#include "compiler/basis.h"
#include "compiler/builder.h"

namespace salus::compiler {

/// All basis functions in one ciphertext, function m in every slot s = m mod c, c = their count
/// rounded up to a power of two; unused slots hold 0. Inputs: one replicated ciphertext per
/// coordinate.
///
/// T_n(u) = 2^(n-1) prod_k (u - cos((2k+1) pi / 2n)), so every function is a product of affine
/// factors; each function deals its factors out over the P = positions() places. Where slots are
/// left, G places lie side by side in a ciphertext, c slots apart. Each of the C
/// ciphertexts is the sum over coordinates of mask * u_i, plus a constant; C - 1 multiplications in
/// a tree leave one ciphertext, and log2 G times its product with its own rotation by half of what
/// is left leaves the product of all places in every block. G is what costs least. Depth
/// 1 + ceil(log2 P); one further level is left for the readout. With cells (program/cells.h) the
/// inputs have period c, and a last one holds 1 in the patient's cell: it bears the constants, so
/// that all other cells' functions are 0. Errors: kLimit if the parameters have no room for that
/// depth.
Result<program::Stage> basis_stage(const Basis& basis);

/// The functions as one input of period c at level 1, handed on; it is named by what it holds. N is
/// 2^13 where functions and `results` leave room. Errors: kLimit (more functions than slots).
Result<program::Stage> expanded_stage(const std::vector<program::Degrees>& functions,
                                      const program::Cells& cells, std::size_t results);

/// slots r = matrix x basis, rows = results. Takes the basis stage's output.
/// Errors: kLimit for more rows than fit.
Result<program::Stage> readout_stage(const program::Stage& basis, const Eigen::MatrixXd& matrix,
                                     bool modes = false);

}  // namespace salus::compiler
