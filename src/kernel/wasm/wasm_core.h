// Kernels for WebAssembly, which has 64-bit products without their upper halves, doubles, and no
// fused multiply-add: quotients in doubles, remainders in wrapping words, for primes below 2^50.
// This file: what the others rest on. Plain C++; every engine returns the same words.
//
// The remainder of a w is a w - c q modulo 2^64, where the integer c comes from the product of a
// and w / q in doubles. c may be off by a little: then the remainder leaves [-q / 2, q / 2] by as
// much, but no word is lost. Words are signed residues; c is rounded and becomes a word by adding
// 1.5 2^52, whose bits kMagicBits the multiplication by q carries along: Prime::offset removes
// them.
//
// Bounds, in units of q < 2^50 - 2^10 (kFloatingLimit), for |a| <= A q and |w| <= q / 2:
//   * |c| <= 2^51 wants A <= 4 (A <= 16 for q < 2^48);
//   * 1 / q, w / q and the product are rounded, so c is off by at most 1/2 + 3 |a| 2^-54, and the
//     remainder is at most 1/2 + 3 A / 16 (1/2 + 3 A / 64 for q < 2^48).
// Each transform and sum states how it stays within them. `kWide` marks primes of 2^48 and more.
#pragma once

#include "kernel/kernel_table.h"

namespace salus::kernel::wasm_kernel {

/// std::bit_cast, which the library of Emscripten 3.1 lacks.
constexpr std::uint64_t bits(double x) { return __builtin_bit_cast(std::uint64_t, x); }

inline constexpr double kMagic = 6755399441055744.0;  // 1.5 2^52
inline constexpr std::uint64_t kMagicBits = bits(kMagic);
inline constexpr std::uint64_t kNarrowLimit = std::uint64_t{1} << 48;

struct Prime {
  explicit Prime(const arith::Modulus& modulus)
      : q(modulus.value()), offset(kMagicBits * q), inverse(1.0 / static_cast<double>(q)) {}
  std::uint64_t q;
  std::uint64_t offset;
  double inverse;
};

inline bool fits(const arith::Modulus& q) { return q.value() < arith::kFloatingLimit; }

/// q where x is negative, 0 elsewhere.
inline std::uint64_t if_negative(std::uint64_t x, std::uint64_t q) {
  return q & static_cast<std::uint64_t>(static_cast<std::int64_t>(x) >> 63);
}

/// [-q, q) -> [0, q)
inline std::uint64_t positive(std::uint64_t x, const Prime& m) { return x + if_negative(x, m.q); }

/// [-2q, 2q] -> [-q, q]
inline std::uint64_t fold(std::uint64_t x, const Prime& m) {
  return x - m.q + if_negative(x, 2 * m.q);
}

/// Exact for words that are signed numbers below 2^53.
inline double floating(std::uint64_t x) {
  return static_cast<double>(static_cast<std::int64_t>(x));
}

/// The integer nearest to x, |x| <= 2^51.
inline std::uint64_t rounded(double x) { return bits(x + kMagic) - kMagicBits; }

/// x - q round(quotient), modulo 2^64.
inline std::uint64_t remainder(std::uint64_t x, double quotient, const Prime& m) {
  return x - bits(quotient + kMagic) * m.q + m.offset;
}

/// x - q round(x / q): at most 1/2.
inline std::uint64_t centre(std::uint64_t x, const Prime& m) {
  return remainder(x, floating(x) * m.inverse, m);
}

/// A centred factor with its quotient by q.
struct Twiddle {
  Twiddle(double centred, const Prime& m) : w(rounded(centred)), quotient(centred * m.inverse) {}
  std::uint64_t w;
  double quotient;
};

inline std::uint64_t product(std::uint64_t a, const Twiddle& w, const Prime& m) {
  return remainder(a * w.w, floating(a) * w.quotient, m);
}

void ntt_forward(Words values, const arith::NttTables& tables);
void ntt_inverse(Words values, const arith::NttTables& tables);
void ntt_forward_from(ConstWords a, std::uint64_t bound, std::uint64_t shift, Words out,
                      const arith::NttTables& tables);
void ntt_inverse_from(ConstWords a, Words out, const arith::NttTables& tables);

void inner_products(const InnerProducts& of, const arith::Modulus& q);
void weighted_sums(std::span<const ConstWords> a, std::uint64_t bound,
                   std::span<const WeightedTarget> targets);
void rounded_sum(std::span<const ConstWords> a, std::uint64_t bound, std::span<const double> w,
                 Words out);

}  // namespace salus::kernel::wasm_kernel
