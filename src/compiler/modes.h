// What many curves have in common: a proper orthogonal decomposition of fitted coefficients.
#pragma once

#include <cstddef>
#include <span>

#include <Eigen/Dense>

namespace salus::compiler {

/// Orthonormal columns V (values x modes) such that `responses` (rows x values, their columns of
/// the norms that those of `patients` patients have) is close to responses V V^T: the root mean
/// square over patients of what is lost is at most `tolerance` in every value, for the smallest
/// count of `counts` (ascending) that reaches it, otherwise the largest.
///
/// Randomised range finder with two power iterations, a fixed seed: Halko, Martinsson and Tropp,
/// SIAM Review 53 (2011), algorithm 4.4.
Eigen::MatrixXd leading_modes(const Eigen::MatrixXd& responses, double patients,
                              std::span<const std::size_t> counts, double tolerance);

}  // namespace salus::compiler
