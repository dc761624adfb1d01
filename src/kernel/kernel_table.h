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

/// All inputs and outputs are residues in [0, q) of equal length; `out` may be an input.
struct KernelTable {
  std::string_view name;  ///< "ref"

  /// Coefficients -> values in the order of NttTables, in place; and back.
  void (*ntt_forward)(Words values, const arith::NttTables& tables);
  void (*ntt_inverse)(Words values, const arith::NttTables& tables);

  void (*add)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  void (*subtract)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  void (*negate)(ConstWords a, Words out, const arith::Modulus& q);
  void (*multiply)(ConstWords a, ConstWords b, Words out, const arith::Modulus& q);
  /// sum += a * b
  void (*multiply_add)(ConstWords a, ConstWords b, Words sum, const arith::Modulus& q);
  void (*multiply_scalar)(ConstWords a, const arith::Factor& w, Words out, const arith::Modulus& q);
  /// a mod q for residues a of another modulus.
  void (*reduce)(ConstWords a, Words out, const arith::Modulus& q);

  /// out[i] = sum_j a[j][i] b[j][i]; at most kMaxTerms terms, accumulated in 128 bits.
  void (*inner_product)(std::span<const ConstWords> a, std::span<const ConstWords> b, Words out,
                        const arith::Modulus& q);
  /// out[i] = sum_j a[j][i] w[j]; a[j] residues below 2^61 of any modulus; at most kMaxTerms terms.
  void (*weighted_sum)(std::span<const ConstWords> a, std::span<const std::uint64_t> w, Words out,
                       const arith::Modulus& q);
  /// out[i] = a[source[i]]; `out` is not `a`.
  void (*permute)(ConstWords a, std::span<const std::uint32_t> source, Words out);
};

/// 2^6 products of two residues below 2^61 fit 128 bits.
inline constexpr std::size_t kMaxTerms = 64;

/// Portable C++: defines what every other backend must return.
const KernelTable& reference();

/// The fastest backend that this processor runs.
const KernelTable& active();

/// Every backend that this processor runs, for the conformance tests.
std::vector<const KernelTable*> available();

}  // namespace salus::kernel
