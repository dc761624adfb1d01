#include "arith/primes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "arith/modulus.h"

namespace salus::arith {
namespace {

constexpr std::array<std::uint64_t, 12> kBases = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};

std::uint64_t multiply_mod(std::uint64_t a, std::uint64_t b, std::uint64_t n) {
  return static_cast<std::uint64_t>(static_cast<uint128>(a) * b % n);
}

std::uint64_t power_mod(std::uint64_t base, std::uint64_t exponent, std::uint64_t n) {
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1, base = multiply_mod(base, base, n)) {
    if ((exponent & 1) != 0) result = multiply_mod(result, base, n);
  }
  return result;
}

// n - 1 = odd 2^twos; a witness proves n composite.
bool is_witness(std::uint64_t base, std::uint64_t n) {
  const int twos = std::countr_zero(n - 1);
  std::uint64_t x = power_mod(base % n, (n - 1) >> twos, n);
  if (x == 1 || x == n - 1) return false;
  for (int i = 1; i < twos; ++i) {
    x = multiply_mod(x, x, n);
    if (x == n - 1) return false;
  }
  return true;
}

}  // namespace

bool is_prime(std::uint64_t n) {
  if (n < 2) return false;
  for (const std::uint64_t p : kBases) {
    if (n % p == 0) return n == p;
  }
  return std::none_of(kBases.begin(), kBases.end(),
                      [n](std::uint64_t base) { return is_witness(base, n); });
}

Result<std::vector<std::uint64_t>> find_primes(int bits, int count, Side side,
                                               const std::vector<std::uint64_t>& taken) {
  if (bits < 20 || bits > 60) {
    return Error{ErrorCode::kInvalidArgument,
                 "prime size " + std::to_string(bits) + " is not between 20 and 60 bits"};
  }
  const std::uint64_t centre = std::uint64_t{1} << bits;
  const std::uint64_t step = std::uint64_t{1} << kRootExponent;
  std::uint64_t below = centre + 1 - step;
  std::uint64_t above = centre + 1;
  const auto usable = [&taken](std::uint64_t q) {
    return is_prime(q) && std::find(taken.begin(), taken.end(), q) == taken.end();
  };

  std::vector<std::uint64_t> primes;
  while (static_cast<int>(primes.size()) < count) {
    const bool go_up = side == Side::kAlternating && primes.size() % 2 == 1;
    std::uint64_t& candidate = go_up ? above : below;
    while (candidate > centre / 2 && candidate < 2 * centre && !usable(candidate)) {
      candidate = go_up ? candidate + step : candidate - step;
    }
    if (candidate <= centre / 2 || candidate >= 2 * centre) {
      return Error{ErrorCode::kLimit, "only " + std::to_string(primes.size()) + " of " +
                                          std::to_string(count) + " primes near 2^" +
                                          std::to_string(bits) + " are 1 mod 2^18"};
    }
    primes.push_back(candidate);
    candidate = go_up ? candidate + step : candidate - step;
  }
  return primes;
}

}  // namespace salus::arith
