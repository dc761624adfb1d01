#include "arith/modulus.h"

#include <bit>
#include <string>

namespace salus::arith {

Result<Modulus> Modulus::create(std::uint64_t q) {
  if (q < 2 || q >> kMaxModulusBits != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "modulus " + std::to_string(q) + " is not between 2 and 2^61"};
  }
  return Modulus(q);
}

Modulus::Modulus(std::uint64_t q) : q_(q) {
  // floor(2^128 / q) = floor((2^128 - 1) / q) unless q divides 2^128: then q is a power of two, and
  // the ratio one too small still gives estimates short by at most one.
  const uint128 ratio = ~uint128{0} / q;
  ratio_high_ = high_word(ratio);
  ratio_low_ = static_cast<std::uint64_t>(ratio);
}

int Modulus::bit_count() const { return static_cast<int>(std::bit_width(q_)); }

std::uint64_t Modulus::power(std::uint64_t base, std::uint64_t exponent) const {
  std::uint64_t result = 1;
  for (std::uint64_t square = reduce(base); exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply(result, square);
    square = multiply(square, square);
  }
  return reduce(result);
}

std::uint64_t Modulus::inverse(std::uint64_t a) const {
  check(reduce(a) != 0, "zero has no inverse");
  return power(a, q_ - 2);  // Fermat
}

}  // namespace salus::arith
