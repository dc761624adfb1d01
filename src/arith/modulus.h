// Arithmetic modulo one prime below 2^61. Residues are in [0, q) unless a name says lazy.
#pragma once

#include <cstdint>

#include "base/platform.h"
#include "base/result.h"

namespace salus::arith {

__extension__ using uint128 = unsigned __int128;  // GCC and Clang; no standard type is this wide

inline constexpr int kMaxModulusBits = 61;

inline std::uint64_t high_word(uint128 x) { return static_cast<std::uint64_t>(x >> 64); }

/// a b by four products of halves, which sum up without a carry.
inline uint128 wide_product_of_halves(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kLow = 0xffffffff;
  const std::uint64_t low = (a & kLow) * (b & kLow);
  const std::uint64_t middle = (a >> 32) * (b & kLow) + (low >> 32);
  const std::uint64_t other = (a & kLow) * (b >> 32) + (middle & kLow);
  const std::uint64_t high = (a >> 32) * (b >> 32) + (middle >> 32) + (other >> 32);
  return (static_cast<uint128>(high) << 64) | (other << 32) | (low & kLow);
}

inline uint128 wide_product(std::uint64_t a, std::uint64_t b) {
  return kWebAssembly ? wide_product_of_halves(a, b) : static_cast<uint128>(a) * b;
}
inline std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  return high_word(wide_product(a, b));
}

/// x - q where x >= q, x elsewhere; x and q below 2^63. Residues may be secret: the borrow becomes
/// a mask, since compilers make jumps of some comparisons (GCC 12 did in the portable kernels).
inline std::uint64_t subtract_once(std::uint64_t x, std::uint64_t q) {
  const std::uint64_t difference = x - q;
  return difference + (q & (0 - (difference >> 63)));
}

/// A modulus q with the constants of Barrett reduction. No branch depends on a residue, except in
/// `inverse` and in the exponent of `power`.
class Modulus {
 public:
  /// Errors: kInvalidArgument unless 2 <= q < 2^61.
  static Result<Modulus> create(std::uint64_t q);

  std::uint64_t value() const { return q_; }
  int bit_count() const;

  /// x mod q for any 64-bit x.
  std::uint64_t reduce(std::uint64_t x) const {
    // ratio_high = floor(2^64 / q): the quotient estimate is short by at most one.
    return subtract_once(x - multiply_high(x, ratio_high_) * q_, q_);
  }

  /// x mod q for any 128-bit x.
  ///
  /// Barrett with ratio = floor(2^128 / q) (Menezes et al., Handbook of Applied Cryptography,
  /// algorithm 14.42, in base 2^64), of whose quotient only the low word is needed. With all
  /// carries kept it is floor(x ratio / 2^128), and x ratio / 2^128 > x / q - x / 2^128 > x / q -
  /// 1: short by at most one.
  std::uint64_t reduce(uint128 x) const {
    const auto x0 = static_cast<std::uint64_t>(x);
    const std::uint64_t x1 = high_word(x);
    const uint128 middle_a = wide_product(x0, ratio_high_) + multiply_high(x0, ratio_low_);
    const uint128 middle_b = wide_product(x1, ratio_low_) + static_cast<std::uint64_t>(middle_a);
    const std::uint64_t quotient = x1 * ratio_high_ + high_word(middle_a) + high_word(middle_b);
    return subtract_once(x0 - quotient * q_, q_);
  }

  std::uint64_t add(std::uint64_t a, std::uint64_t b) const { return subtract_once(a + b, q_); }
  std::uint64_t subtract(std::uint64_t a, std::uint64_t b) const {
    const std::uint64_t difference = a - b;
    return difference + (q_ & (0 - (difference >> 63)));
  }
  std::uint64_t negate(std::uint64_t a) const { return subtract_once(q_ - a, q_); }
  std::uint64_t multiply(std::uint64_t a, std::uint64_t b) const {
    return reduce(wide_product(a, b));
  }
  std::uint64_t power(std::uint64_t base, std::uint64_t exponent) const;

  /// a^-1 for prime q. Not constant time. Errors (Defect): a = 0 mod q.
  std::uint64_t inverse(std::uint64_t a) const;

  /// The residue of a signed number, |x| < q: no branch on x.
  std::uint64_t from_signed(std::int64_t x) const {
    return static_cast<std::uint64_t>(x) + (q_ & static_cast<std::uint64_t>(x >> 63));
  }
  /// The representative in (-q/2, q/2].
  std::int64_t to_signed(std::uint64_t a) const {
    return static_cast<std::int64_t>(a - (q_ & (0 - ((q_ / 2 - a) >> 63))));
  }

  bool operator==(const Modulus& other) const { return q_ == other.q_; }

 private:
  explicit Modulus(std::uint64_t q);
  std::uint64_t q_;
  std::uint64_t ratio_high_;  // floor(2^128 / q), two words
  std::uint64_t ratio_low_;
};

/// A factor w used many times, with w' = floor(w 2^64 / q) (Shoup; Harvey, arXiv:1205.2926).
struct Factor {
  std::uint64_t value = 0;
  std::uint64_t quotient = 0;

  Factor() = default;
  Factor(std::uint64_t w, const Modulus& q)
      : value(w),
        quotient(static_cast<std::uint64_t>((static_cast<uint128>(w) << 64) / q.value())) {}
};

/// w x mod q in [0, 2q), for any 64-bit x.
inline std::uint64_t multiply_lazy(std::uint64_t x, const Factor& w, std::uint64_t q) {
  return x * w.value - multiply_high(x, w.quotient) * q;
}

inline std::uint64_t multiply(std::uint64_t x, const Factor& w, std::uint64_t q) {
  return subtract_once(multiply_lazy(x, w, q), q);
}

}  // namespace salus::arith
