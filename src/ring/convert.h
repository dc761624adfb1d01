// Changes of basis: rescaling, fast base conversion, division by the special primes.
#pragma once

#include <vector>

#include "base/parallel.h"
#include "ring/poly.h"

namespace salus::ring {

/// round(a / q_l), q_l the last prime: one limb fewer. a in NTT form, and so the result.
///
/// Each coefficient c becomes floor((c + floor(q_l / 2)) / q_l), the rounding of Microsoft SEAL, so
/// that results are equal byte for byte. Cost: 1 inverse and l forward transforms.
/// Errors (Defect): fewer than two limbs.
Poly divide_and_round_by_last(const Poly& a, BasisView basis);

/// How `limbs` limbs are converted: in blocks small enough to stay in the cache until they are
/// used, large enough to read the sources seldom, and as many for each thread.
class Blocks {
 public:
  static constexpr std::size_t kLimbsAtOnce = 5;

  explicit Blocks(std::size_t limbs, std::size_t at_once = kLimbsAtOnce,
                  std::size_t threads = static_cast<std::size_t>(thread_count()));
  std::size_t count() const { return count_; }
  /// First limb of a block; of block count(): the number of limbs.
  std::size_t begin(std::size_t block) const { return block * limbs_ / count_; }

 private:
  std::size_t limbs_;
  std::size_t count_;
};

/// Which number stands for a residue x of D = prod d_j, k factors, when it is converted.
enum class Lift {
  kNonNegative,  ///< x + u D, 0 <= u < k, x in [0, D)
  /// The x in [-D / 2, D / 2], or D 2^-44 beyond: the quotient sum y_j / d_j is rounded in doubles.
  /// A mean of D / 2 in all coefficients, as a number in [0, D) has it, is the value (D / 2) 2 / (1
  /// - zeta) in slot 0: N / pi times D / 2, where centred coefficients of that size give the square
  /// root of N.
  kCentred,
};

/// Fast base conversion from D to further primes (Halevi, Polyakov and Shoup, eprint 2018/117).
/// With y_j = x (D / d_j)^-1 mod d_j, x = sum_j y_j D / d_j - u D; the number of multiples u is
/// round(sum_j y_j / d_j) where centred and left out otherwise. For one prime d_0 both are exact.
class BaseConverter {
 public:
  BaseConverter(BasisView from, BasisView to, Lift lift = Lift::kNonNegative);

  /// Limbs that `convert` reads: one for each prime, and where there are multiples one for u.
  std::size_t prepared_count() const;

  /// First half, in place: limb j, residues modulo d_j in coefficient form, becomes y_j. Done once
  /// for all targets.
  void prepare(std::size_t j, kernel::Words limb) const;
  /// And u, which is wanted where prepared_count() is larger than the number of primes.
  void count_multiples(std::span<const kernel::ConstWords> y, kernel::Words u) const;

  /// Second half: the residues modulo `out.size()` target primes from this index on, in NTT form,
  /// from prepared limbs. Several at once read the limbs once.
  void convert(std::span<const kernel::ConstWords> prepared, std::size_t first_target,
               std::span<const kernel::Words> out) const;

  std::size_t target_count() const { return to_.size(); }

 private:
  Basis from_;
  Basis to_;
  Lift lift_;
  std::uint64_t bound_ = 0;                          // above all residues modulo the d_j
  std::vector<arith::Factor> inverse_;               // (D / d_j)^-1 mod d_j
  std::vector<double> inverse_d_;                    // 1 / d_j
  std::vector<std::vector<std::uint64_t>> weights_;  // [target][j] = D / d_j; last -D, mod target
};

/// round(a / P) for a modulo Q P, P = prod p_i: what ends a key switch.
///
/// Subtracts the centred conversion of a mod P and multiplies by P^-1. With one special prime the
/// rounding is exact and SEAL's; with more of them a number within 2^-44 of a half may go either
/// way.
class ModDown {
 public:
  ModDown(BasisView q, BasisView p);

  /// In place, each of `polys`: limbs q_0 .. q_l, p_0 .. p_{K-1} in NTT form become q_0 .. q_l.
  /// Cost: K inverse, l + 1 forward transforms each.
  void apply(std::span<Poly> polys) const;

 private:
  std::vector<kernel::ConstWords> prepare(Poly& a, kernel::Words u) const;

  Basis q_;
  Basis p_;
  BaseConverter converter_;
  std::vector<arith::Factor> inverse_p_mod_q_;  // P^-1 mod q_j
};

}  // namespace salus::ring
