// Changes of basis: rescaling, fast base conversion, division by the special primes.
#pragma once

#include <vector>

#include "ring/poly.h"

namespace salus::ring {

/// round(a / q_l), q_l the last prime: one limb fewer. a in NTT form, and so the result.
///
/// Each coefficient c becomes floor((c + floor(q_l / 2)) / q_l), the rounding of Microsoft SEAL, so
/// that results are equal byte for byte. Cost: 1 inverse and l forward transforms.
/// Errors (Defect): fewer than two limbs.
Poly divide_and_round_by_last(const Poly& a, BasisView basis);

/// Fast base conversion from D = prod d_j to further primes (Halevi, Polyakov and Shoup, eprint
/// 2018/117): x -> x + u D modulo each target prime, 0 <= u < (number of d_j). For one prime d_0: u = 0.
class BaseConverter {
 public:
  BaseConverter(BasisView from, BasisView to);

  /// `limbs`: residues modulo the d_j in coefficient form; fills `out`, one limb per target prime.
  void convert(std::span<const kernel::ConstWords> limbs, std::span<const kernel::Words> out) const;

 private:
  Basis from_;
  Basis to_;
  std::vector<arith::Factor> inverse_;              // (D / d_j)^-1 mod d_j
  std::vector<std::vector<std::uint64_t>> weights_;  // [target][j] = D / d_j mod target
};

/// round(a / P) for a modulo Q P, P = prod p_i: what ends a key switch.
///
/// Adds floor(P / 2), converts the residues modulo P to the q_j, subtracts, multiplies by P^-1. With
/// one special prime the rounding is exact and SEAL's; with K the result is off by at most K - 1.
class ModDown {
 public:
  ModDown(BasisView q, BasisView p);

  /// a: limbs q_0 .. q_l, p_0 .. p_{K-1} in NTT form. Cost: K inverse, l + 1 forward transforms.
  Poly apply(const Poly& a) const;

 private:
  Basis q_;
  Basis p_;
  BaseConverter converter_;
  std::vector<std::uint64_t> half_mod_p_;      // floor(P / 2) mod p_i
  std::vector<std::uint64_t> half_mod_q_;      // floor(P / 2) mod q_j
  std::vector<arith::Factor> inverse_p_mod_q_;  // P^-1 mod q_j
};

}  // namespace salus::ring
