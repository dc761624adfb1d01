// The hot loops on raw limbs behind one table per backend. Arithmetic is exact: every backend
// returns the same words as `reference()`. That is its whole contract.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "arith/modulus.h"
#include "arith/ntt_tables.h"

namespace salus::kernel {

using Words = std::span<std::uint64_t>;
using ConstWords = std::span<const std::uint64_t>;

/// One sum of weighted_sums: the weights, residues modulo q, and where it goes.
struct WeightedTarget {
  std::span<const std::uint64_t> w;
  Words out;
  const arith::Modulus* q;
};

/// Two sums with the same left factors: xy[i] = sum_j x[j][s(i)] y[j][i], and xz likewise. s(i) =
/// source[i], or i where `source` is empty. At most kMaxTerms terms.
struct InnerProducts {
  std::span<const ConstWords> x;
  std::span<const std::uint32_t> source;
  std::span<const ConstWords> y;
  std::span<const ConstWords> z;
  Words xy;
  Words xz;
};

/// All inputs and outputs are residues in [0, q) of equal length; `out` may be an input.
struct KernelTable {
  std::string_view name;  ///< "ref", "avx2", "avx512", "wasm"

  /// Coefficients -> values in the order of NttTables, in place; and back.
  void (*ntt_forward)(Words values, const arith::NttTables& tables);
  void (*ntt_inverse)(Words values, const arith::NttTables& tables);
  /// Values of the polynomial with coefficients a[i] - shift modulo q, for words a[i] below
  /// `bound`, shift < bound: what base conversion from one prime ends in.
  void (*ntt_forward_from)(ConstWords a, std::uint64_t bound, std::uint64_t shift, Words out,
                           const arith::NttTables& tables);
  /// The coefficients of values `a`; `out` is not `a`.
  void (*ntt_inverse_from)(ConstWords a, Words out, const arith::NttTables& tables);

  void (*add)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  void (*subtract)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  void (*negate)(ConstWords a, Words out, const arith::Modulus& q);
  /// a + x, x in [0, q)
  void (*add_scalar)(ConstWords a, std::uint64_t x, Words out, const arith::Modulus& q);
  void (*multiply)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  /// sum += a * b
  void (*multiply_add)(ConstWords a, ConstWords b, Words sum, const arith::Modulus& q);
  void (*multiply_scalar)(ConstWords a, const arith::Factor& w, Words out, const arith::Modulus& q);
  /// sum += a w
  void (*multiply_scalar_add)(ConstWords a, const arith::Factor& w, Words sum,
                              const arith::Modulus& q);
  /// (a - b) w
  void (*subtract_multiply)(ConstWords a, ConstWords b, const arith::Factor& w, Words out,
                            const arith::Modulus& q);
  /// sum[i] += a[source[i]] w; `sum` is not `a`. What an automorphism adds.
  void (*permute_multiply_add)(ConstWords a, std::span<const std::uint32_t> source,
                               const arith::Factor& w, Words sum, const arith::Modulus& q);

  void (*inner_products)(const InnerProducts& of, const arith::Modulus& q);
  /// For every target: out[i] = sum_j a[j][i] w[j] mod q; words a[j] below `bound` <= 2^61; at most
  /// kMaxTerms terms.
  void (*weighted_sums)(std::span<const ConstWords> a, std::uint64_t bound,
                        std::span<const WeightedTarget> targets);
  /// out[i] = round(sum_j a[j][i] w[j]) in doubles: products and sums rounded one by one, in this
  /// order, so that every backend rounds alike. Words a[j] below `bound` <= 2^61; the sum is in [0,
  /// 2^51).
  void (*rounded_sum)(std::span<const ConstWords> a, std::uint64_t bound, std::span<const double> w,
                      Words out);
  /// out[i] = a[source[i]]; `out` is not `a`.
  void (*permute)(ConstWords a, std::span<const std::uint32_t> source, Words out);
};

/// 2^6 products of two residues below 2^61 fit 128 bits.
inline constexpr std::size_t kMaxTerms = 64;

/// Portable C++: defines what every other backend must return.
const KernelTable& reference();

/// For processors with these instructions, nullptr elsewhere. Transforms and products run on primes
/// below arith::kFloatingLimit; for others all of them call the reference.
const KernelTable* avx2();    ///< AVX2 and FMA
const KernelTable* avx512();  ///< AVX-512 F, DQ and VL
const KernelTable* wasm();    ///< WebAssembly without any extension

/// The fastest backend that this processor runs, or the one that the environment variable
/// SALUS_KERNEL names: ref, avx2, avx512, wasm. Chosen once. Errors (Defect): a name that is none
/// of available().
const KernelTable& active();

/// Every backend that this processor runs, slowest first.
std::vector<const KernelTable*> available();

}  // namespace salus::kernel
