// Public matrix times encrypted vector, by diagonals in baby-step giant-step order.
#pragma once

#include <span>
#include <vector>

#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "ckks/memory.h"

namespace salus::routine {

/// Shape of a product out = A x. c is `columns` rounded up to a power of two; x repeats over the
/// slots with a period that divides c.
struct LinearShape {
  std::size_t rows = 0;
  std::size_t columns = 0;
  int baby = 1;  ///< baby steps B, a power of two <= c / fold
  int fold = 1;  ///< parts F, a power of two, of the slots that share the columns
};

/// A with its diagonals encoded once; immutable, shared between threads.
///
/// Algorithm (Halevi and Shoup, CRYPTO 2014; baby steps after their CRYPTO 2018 paper): with S
/// slots, D = c / F and delta = S / F + D (D where the parts would not fit: then rows <= D, Halevi
/// and Shoup's wide matrices), part f holds row r at slot f delta + r, where diagonal d reads
/// column (r + f D + d) mod c. acc = sum_i rotate(sum_j diagonal[i B + j] rotate(x, j), i B); then
/// acc += rotate(acc, delta 2^k), k = 0 .. log2(F) - 1. All of it modulo Q P, divided by P once at
/// the end (double hoisting: Bossuat et al., eprint 2020/1203, algorithm 6).
///
/// Slots 0 .. rows - 1 of the result hold A x, the others partial sums. Level: that of x. Scale:
/// scale_x * scale. Cost: raising the digits of x and B - 1 inner products with keys; for each of
/// the (D / B - 1) + log2(F) other rotations a division of one polynomial and one key switch
/// without its own; 2 D (l + 1 + K) products of limbs; one division by P. Memory: D (l + 1 + K)
/// limbs, B of 2 (l + 1 + K) meanwhile.
class LinearTransform {
 public:
  /// Errors: kInvalidArgument (shape: rows + (F - 1) D <= S / F and c <= S / F, or rows <= D and
  /// c <= S; powers of two), those
  /// of Encoder::encode.
  static Result<LinearTransform> create(const ckks::Encoder& encoder,
                                        const ckks::Parameters& params, const LinearShape& shape,
                                        std::span<const double> matrix, int level, double scale);

  /// Errors: kMissingKey, kMismatch (level).
  Result<ckks::Ciphertext> apply(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x) const;
  /// rescale(apply(x), primes) but for roundings: one division by P and them. Errors: those of
  /// both.
  Result<ckks::Ciphertext> apply_rescale(const ckks::Evaluator& evaluator,
                                         const ckks::Ciphertext& x, int primes = 1) const;

  std::size_t byte_count() const;
  /// Of apply with its result, without tables and keys.
  static std::size_t peak_bytes(const ckks::MemoryModel& memory, const LinearShape& shape,
                                int level);

 private:
  LinearTransform(const LinearShape& shape, std::size_t slots);
  Result<ckks::ExtendedCiphertext> sum(const ckks::Evaluator& evaluator,
                                       const ckks::Ciphertext& x) const;
  LinearShape shape_;
  std::size_t slots_;
  std::vector<ckks::ExtendedPlaintext> diagonals_;
};

}  // namespace salus::routine
