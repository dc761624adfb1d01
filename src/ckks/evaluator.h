// Homomorphic arithmetic on RNS-CKKS ciphertexts. Holds evaluation keys only: nothing in this
// folder can decrypt.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ckks/ciphertext.h"
#include "ckks/evaluation_keys.h"

namespace salus::ckks {

class Decomposition;  // key_switch.h

/// Scales that differ by less than this, relatively, count as equal: rounding of doubles, not
/// drift.
inline constexpr double kScaleTolerance = 0x1p-40;

/// Computes on ciphertexts encrypted under one secret key.
///
/// Notation: N is the ring degree and q_0 .. q_L the modulus chain. A ciphertext at level l carries
/// limbs q_0 .. q_l and encrypts a vector z of N/2 complex slots, multiplied by its scale.
/// Operations act slot by slot. Noise of each operation: src/circuit/noise.h, which the tests use
/// as tolerance.
///
/// Operands are never changed. All methods are const and may run concurrently; results are equal
/// word for word on every kernel. Every method checks that operands have these parameters
/// (kMismatch).
class Evaluator {
 public:
  /// `keys` may hold no keys: then only operations without key switching work.
  explicit Evaluator(std::shared_ptr<const EvaluationKeys> keys);

  const ParametersPtr& params() const { return keys_->params; }
  const EvaluationKeys& keys() const { return *keys_; }

  /// z_a + z_b, z_a - z_b, at the common level and scale.
  /// Errors: kMismatch (levels), kScaleMismatch.
  Result<Ciphertext> add(const Ciphertext& a, const Ciphertext& b) const;
  Result<Ciphertext> subtract(const Ciphertext& a, const Ciphertext& b) const;
  Result<Ciphertext> negate(const Ciphertext& a) const;

  /// z + p, z - p; levels and scales equal.
  Result<Ciphertext> add_plain(const Ciphertext& a, const Plaintext& p) const;
  Result<Ciphertext> subtract_plain(const Ciphertext& a, const Plaintext& p) const;
  /// z * p: same level, scale scale_a * scale_p.
  Result<Ciphertext> multiply_plain(const Ciphertext& a, const Plaintext& p) const;
  /// sum += a * p, limb by limb: what linear transforms are made of.
  /// Errors (Defect): shapes differ.
  void multiply_plain_add(const Ciphertext& a, const Plaintext& p, Ciphertext& sum) const;

  /// z + x, x rounded at the ciphertext's scale; z * x with x rounded at `scale`.
  /// Errors: kInvalidArgument (not finite), kLevelExhausted (does not fit the modulus).
  Result<Ciphertext> add_scalar(const Ciphertext& a, double x) const;
  Result<Ciphertext> multiply_scalar(const Ciphertext& a, double x, double scale) const;

  /// z_a * z_b, relinearized: the common level, scale scale_a * scale_b. Rescale before multiplying
  /// again. Cost: one hybrid key switch (Han and Ki, eprint 2019/688).
  /// Errors: kMismatch (levels), kMissingKey, kLevelExhausted (the scale does not fit the modulus).
  Result<Ciphertext> multiply(const Ciphertext& a, const Ciphertext& b) const;
  /// The same with three parts; and what folds the third part back onto (1, s).
  Result<Ciphertext> multiply_unrelinearized(const Ciphertext& a, const Ciphertext& b) const;
  Result<Ciphertext> relinearize(const Ciphertext& a) const;
  /// rescale(relinearize(a)) but for roundings: what ends a sum of products. Errors: those of both.
  Result<Ciphertext> relinearize_rescale(const Ciphertext& a, int primes = 1) const;

  /// rescale(multiply(a, b)) but for roundings: one division by P q_l instead of two, with the
  /// noise of the second alone. Level l - 1, scale scale_a * scale_b / q_l. Cost: 2 (l + 1)
  /// transforms less. With two primes, P q_l q_(l-1) in one division. Errors: those of both.
  Result<Ciphertext> multiply_rescale(const Ciphertext& a, const Ciphertext& b,
                                      int primes = 1) const;

  /// The same z one level down: level l - 1, scale / q_l; or two, scale / (q_l q_(l-1)): a level of
  /// a composite scale, which is as wide as two primes.
  /// Noise: at most (1 + |s|_1) / 2 more in any coefficient (Cheon et al., eprint 2018/931).
  /// Errors: kLevelExhausted (fewer levels than primes), kInvalidArgument (primes).
  Result<Ciphertext> rescale(const Ciphertext& a, int primes = 1) const;
  /// The same z and scale at a lower level: forgets limbs. Errors: kLevelExhausted,
  /// kInvalidArgument.
  Result<Ciphertext> drop_level(const Ciphertext& a, int level) const;

  /// Slots shifted cyclically, positive = left; complex conjugates. Level and scale stay.
  /// Cost: one hybrid key switch. Errors: kMissingKey, naming steps, level and size of the key.
  Result<Ciphertext> rotate(const Ciphertext& a, int steps) const;
  Result<Ciphertext> conjugate(const Ciphertext& a) const;
  /// rotate(a, s) for each s of `steps`, but for roundings: c_1 is decomposed once for all of them
  /// (hoisting: Halevi and Shoup, CRYPTO 2018). Noise: that of rotate. Memory meanwhile: 2 (l + 1 +
  /// K) limbs a rotation. Errors: kMissingKey, naming all that are missing.
  Result<std::vector<Ciphertext>> rotate_hoisted(const Ciphertext& a,
                                                 std::span<const int> steps) const;

  /// The same without the divisions by P. Noise: that of rotate without its rounding.
  /// Errors: those of rotate_hoisted.
  Result<std::vector<ExtendedCiphertext>> rotate_extended(const Ciphertext& a,
                                                          std::span<const int> steps) const;
  /// sum_j z_j p_(i n + j) for each i, n the number of ciphertexts; scale scale_z * scale_p. All
  /// levels are equal, and the scales of either kind. Cost: each plaintext is read once from
  /// memory, the ciphertexts stay in the cache; no transform.
  /// Errors: kMismatch, kScaleMismatch, kLevelExhausted (the scale does not fit the modulus);
  /// kInvalidArgument (no ciphertext, or no multiple of n plaintexts).
  Result<std::vector<ExtendedCiphertext>> inner_products(
      std::span<const ExtendedCiphertext> z, std::span<const ExtendedPlaintext> p) const;
  /// sum_k w_(i n + k) z_k for each i, n the number of ciphertexts, at `level` and `scale`. Limbs
  /// of z_k above `level` are not read; a weight is rounded to an integer at scale / scale_k, so
  /// ciphertexts of any scales go together. As many parts as the longest has. Noise: sum_k |w_k|
  /// e_k, and |z_k| scale_k / (2 scale) for each rounded weight. Cost: each limb is read once for
  /// all sums; no transform. Errors: kMismatch (a level), kInvalidArgument (none, or no multiple of
  /// n; not finite), kLevelExhausted (a weight of 2^62, or a scale that does not fit).
  Result<std::vector<Ciphertext>> weighted_sums(std::span<const Ciphertext* const> z,
                                                std::span<const double> weights, int level,
                                                double scale) const;
  /// sum + rotate(a, steps). Cost: the division of one polynomial and the sums of one key switch:
  /// l + 1 + 2 K transforms less than a rotation. Noise: that of rotate with half its rounding.
  /// Errors: kMismatch, kScaleMismatch, kMissingKey.
  Result<ExtendedCiphertext> rotate_add(ExtendedCiphertext a, int steps,
                                        const ExtendedCiphertext& sum) const;
  /// Divided by P: the ciphertext; or by P q_l, P q_l q_(l-1): its rescaling. Noise: rounding, as
  /// in rescale. Errors: kMismatch, those of rescale.
  Result<Ciphertext> reduce(ExtendedCiphertext a) const;
  Result<Ciphertext> reduce_rescale(ExtendedCiphertext a, int primes = 1) const;

 private:
  Status require(const Ciphertext& a) const;
  Status require(const ExtendedCiphertext& a) const;
  Status require_terms(std::span<const ExtendedCiphertext> z,
                       std::span<const ExtendedPlaintext> p) const;
  Status require_operands(std::span<const Ciphertext* const> z, int level) const;
  Status require_pair(const Ciphertext& a, const Ciphertext& b, bool equal_scales) const;
  Status require_plain(const Ciphertext& a, const Plaintext& p, bool equal_scales) const;
  Status require_factors(const Ciphertext& a, const Ciphertext& b) const;
  Status require_relinearization(int level) const;
  Status require_primes(int level, int primes) const;
  static void lower(Ciphertext& c, int primes);
  Status require_rotations(const Ciphertext& a, std::span<const int> steps) const;
  Result<Ciphertext> multiply_switched(const Ciphertext& a, const Ciphertext& b, int primes) const;
  Result<Ciphertext> relinearize_switched(const Ciphertext& a, int primes) const;
  std::vector<std::vector<ring::Poly>> rotation_sums(const Decomposition& digits,
                                                     const Ciphertext& a,
                                                     std::span<const int> steps) const;
  std::string missing_galois(std::uint32_t element, const std::string& what, int level) const;
  Result<Ciphertext> apply_galois(const Ciphertext& a, std::uint32_t element,
                                  const std::string& what) const;

  std::shared_ptr<const EvaluationKeys> keys_;
};

}  // namespace salus::ckks
