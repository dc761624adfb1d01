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

/// Which number stands for a residue x of D = prod d_j, k factors, when it is converted.
enum class Lift {
  kNonNegative,  ///< x + u D, 0 <= u < k, x in [0, D)
  /// x + u D - floor(k D / 2) shifted to a multiple of D from x: in [-k D / 2, k D / 2) with mean
  /// zero. A mean of D / 2 in all coefficients is the value (D / 2) 2 / (1 - zeta) in slot 0: N /
  /// pi times D / 2, where centred coefficients of that size give the square root of N.
  kCentred,
};

/// Fast base conversion from D to further primes (Halevi, Polyakov and Shoup, eprint 2018/117).
/// For one prime d_0 it is exact: u = 0.
class BaseConverter {
 public:
  BaseConverter(BasisView from, BasisView to, Lift lift = Lift::kNonNegative);

  /// First half, in place: `limbs`, residues modulo the d_j in coefficient form, become what
  /// `convert` reads. Done once for all targets.
  void prepare(std::span<const kernel::Words> limbs) const;

  /// Second half: the residues modulo the target prime of this index, from prepared limbs.
  void convert(std::span<const kernel::ConstWords> prepared, std::size_t target,
               kernel::Words out) const;

  std::size_t target_count() const { return to_.size(); }

 private:
  Basis from_;
  Basis to_;
  Lift lift_;
  std::uint64_t bound_ = 0;                          // above all residues modulo the d_j
  std::vector<arith::Factor> inverse_;               // (D / d_j)^-1 mod d_j
  std::vector<std::vector<std::uint64_t>> weights_;  // [target][j] = D / d_j mod target
  std::vector<std::uint64_t> shift_from_;            // floor(k D / 2) mod d_j, where centred
  std::vector<std::uint64_t> shift_to_;              // floor(k D / 2) mod target
};

/// round(a / P) for a modulo Q P, P = prod p_i: what ends a key switch.
///
/// Subtracts the centred conversion of a mod P and multiplies by P^-1. With one special prime the
/// rounding is exact and SEAL's; with K it is off by at most K / 2 either way, and by nothing on
/// average.
class ModDown {
 public:
  ModDown(BasisView q, BasisView p);

  /// a: limbs q_0 .. q_l, p_0 .. p_{K-1} in NTT form, consumed. Cost: K inverse, l + 1 forward
  /// transforms.
  Poly apply(Poly a) const;

 private:
  Basis q_;
  Basis p_;
  BaseConverter converter_;
  std::vector<arith::Factor> inverse_p_mod_q_;  // P^-1 mod q_j
};

}  // namespace salus::ring
