// Kernels on lanes of doubles, for processors with fused multiply-add and primes below 2^50.
// This file: what the others rest on. fma_kernels.h is included by one source per
// instruction set, after it has declared `Lanes`; everything here is local to it.
//
// Residues are integers that doubles hold exactly. With h = fl(a w), l = a w - h (exact, one fused
// operation) and c = round(h / p), the remainder is (h - c p) + l, again without any rounding (van
// der Hoeven, Lecerf and Quintin, "Modular SIMD arithmetic in Mathemagix", arXiv:1407.3383, section
// 3). Rounding to an integer is adding and subtracting 1.5 2^52. Six operations a product.
//
// Bounds, in units of p < 2^50 - 2^10 (kFloatingLimit), for |a| <= A p and a factor centred to
// |w| <= p / 2:
//   * a quotient |a w / p| <= 2^51 is rounded right, and c is off by at most 1/2 + |a| 2^-53;
//   * so a product is at most 1/2 + A / 8, and A <= 4 is allowed; for p < 2^48 it is at most
//     1/2 + A / 32, and A <= 16 is allowed;
//   * taking c from a (w / p) instead of h / p errs no more, and does not wait for h: the way of
//     factors that are used again and again (Twiddle);
//   * sums are exact below 2^53, which is 8 (32 for p < 2^48).
// Each transform below states how it stays within them. `kWide` marks primes of 2^48 and more.
#pragma once

namespace salus::kernel {
namespace {

using Doubles = Lanes::Doubles;
using Integers = Lanes::Integers;
inline constexpr std::size_t kWidth = Lanes::kWidth;
inline constexpr int kLogWidth = std::countr_zero(Lanes::kWidth);
/// Layers that one pass over memory does in registers.
inline constexpr int kMaxRadix = Lanes::kMaxRadix;
inline constexpr std::uint64_t kNarrowLimit = std::uint64_t{1} << 48;

inline constexpr double kMagic = 6755399441055744.0;  // 1.5 2^52

struct Prime {
  explicit Prime(const arith::Modulus& q)
      : Prime(static_cast<double>(q.value()), 1.0 / static_cast<double>(q.value())) {}
  Prime(double value, double reciprocal)
      : p(Lanes::broadcast(value)),
        inverse(Lanes::broadcast(reciprocal)),
        magic(Lanes::broadcast(kMagic)) {}
  Doubles p;
  Doubles inverse;
  Doubles magic;
};

SALUS_INLINE Doubles quotient(Doubles x, const Prime& m) {
  return Lanes::subtract(Lanes::multiply_add(x, m.inverse, m.magic), m.magic);
}

/// x - p round(x / p): at most 1/2.
SALUS_INLINE Doubles centre(Doubles x, const Prime& m) {
  return Lanes::negative_multiply_add(quotient(x, m), m.p, x);
}

/// a w - p round(a w / p).
SALUS_INLINE Doubles product(Doubles a, Doubles w, const Prime& m) {
  const Doubles h = Lanes::multiply(a, w);
  const Doubles l = Lanes::multiply_subtract(a, w, h);
  return Lanes::add(Lanes::negative_multiply_add(quotient(h, m), m.p, h), l);
}

/// A centred factor with its quotient by p.
struct Twiddle {
  Doubles w;
  Doubles quotient;
};

SALUS_INLINE Twiddle twiddle(Doubles w, const Prime& m) {
  return {w, Lanes::multiply(w, m.inverse)};
}

/// The same product, 16 instead of 24 cycles after a.
SALUS_INLINE Doubles product(Doubles a, const Twiddle& w, const Prime& m) {
  const Doubles h = Lanes::multiply(a, w.w);
  const Doubles c = Lanes::subtract(Lanes::multiply_add(a, w.quotient, m.magic), m.magic);
  const Doubles l = Lanes::multiply_subtract(a, w.w, h);
  return Lanes::add(Lanes::negative_multiply_add(c, m.p, h), l);
}

/// [-p, p) -> [0, p)
SALUS_INLINE Doubles positive(Doubles x, const Prime& m) { return Lanes::add_if_negative(x, m.p); }

SALUS_INLINE double centred(std::uint64_t w, const arith::Modulus& q) {
  return static_cast<double>(q.to_signed(w));
}

bool fits(const arith::Modulus& q) { return q.value() < arith::kFloatingLimit; }

// Whole vectors here; what is left over goes to the reference.

std::size_t whole(std::size_t count) { return count - count % kWidth; }

std::vector<ConstWords> from_word(std::span<const ConstWords> rows, std::size_t n) {
  std::vector<ConstWords> out;
  for (const ConstWords& row : rows) out.push_back(row.subspan(n));
  return out;
}

// Evaluation keys come from memory: rows are read one after the other in pieces of a page, which
// the processor's prefetcher follows, and the next row's piece is asked for meanwhile.
inline constexpr std::size_t kPage = 512;

}  // namespace
}  // namespace salus::kernel
