// Primes that support negacyclic transforms: q = 1 mod 2^18 serves every ring degree up to 2^17.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace salus::arith {

inline constexpr int kRootExponent = 18;  ///< q = 1 mod 2^18

/// Deterministic for all 64-bit numbers: Miller-Rabin with the first twelve primes as bases
/// (Sorenson and Webster, Math. Comp. 86, 2017).
bool is_prime(std::uint64_t n);

enum class Side {
  kBelow,        ///< the largest primes below 2^bits: special primes and q_0
  kAlternating,  ///< the nearest below and above 2^bits in turn: level primes, so that scales do
                 ///< not drift
};

/// `count` primes q = 1 mod 2^18 nearest to 2^bits on the given side, none of them in `taken`.
/// Errors: kInvalidArgument unless 20 <= bits <= 60; kLimit if there are not enough.
Result<std::vector<std::uint64_t>> find_primes(int bits, int count, Side side,
                                               const std::vector<std::uint64_t>& taken = {});

}  // namespace salus::arith
