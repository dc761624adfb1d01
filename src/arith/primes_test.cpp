// Goal:   is_prime is right for all 64-bit numbers, find_primes finds the nearest.
// Method: a sieve; known primes, Carmichael numbers and strong pseudoprimes; exhaustive search
// around
//         the centre.

#include "arith/primes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace salus::arith {
namespace {

TEST(IsPrime, AgreesWithASieve) {
  constexpr std::size_t kLimit = 100'000;
  std::vector<bool> composite(kLimit);
  composite[0] = composite[1] = true;
  for (std::size_t p = 2; p < kLimit; ++p) {
    for (std::size_t m = 2 * p; !composite[p] && m < kLimit; m += p) composite[m] = true;
    ASSERT_EQ(is_prime(p), !composite[p]) << p;
  }
  EXPECT_FALSE(is_prime(0));
  EXPECT_FALSE(is_prime(1));
}

TEST(IsPrime, KnowsLargePrimes) {
  for (const std::uint64_t prime :
       {18446744073709551557ull,  // the largest below 2^64
        18446744069414584321ull,  // 2^64 - 2^32 + 1
        2305843009213693951ull,   // 2^61 - 1
        1152921504606846883ull, 4611686018427387847ull, 998244353ull, 1000000007ull}) {
    EXPECT_TRUE(is_prime(prime)) << prime;
  }
}

TEST(IsPrime, IsNotFooledByPseudoprimes) {
  for (const std::uint64_t composite :
       {561ull, 1105ull, 1729ull, 2465ull, 6601ull, 825265ull,   // Carmichael numbers
        2047ull, 1373653ull, 25326001ull, 3215031751ull,         // strong, bases 2 .. 7
        2152302898747ull, 3474749660383ull, 341550071728321ull,  // strong, bases 2 .. 17
        3825123056546413051ull,                                  // strong, bases 2 .. 23
        18446744073709551615ull, 18446744065119617025ull,        // 2^64 - 1, (2^32 - 1)^2
        4611686014132420609ull}) {                               // (2^31 - 1)^2
    EXPECT_FALSE(is_prime(composite)) << composite;
  }
}

// All primes 1 mod 2^18 strictly within a factor of two of 2^bits, nearest to it first on each
// side.
std::vector<std::uint64_t> nearest(int bits, bool above, std::size_t count) {
  const std::uint64_t centre = std::uint64_t{1} << bits;
  std::vector<std::uint64_t> out;
  for (std::uint64_t k = above ? 0 : 1; out.size() < count; ++k) {
    const std::uint64_t q = above ? centre + 1 + (k << 18) : centre + 1 - (k << 18);
    if (is_prime(q)) out.push_back(q);
  }
  return out;
}

TEST(FindPrimes, BelowGivesTheLargestOnesInOrder) {
  for (const int bits : {30, 40, 50, 60}) {
    EXPECT_EQ(must(find_primes(bits, 12, Side::kBelow)), nearest(bits, false, 12)) << bits;
  }
}

TEST(FindPrimes, AlternatingTakesTheNearestOfBothSidesInTurn) {
  for (const int bits : {35, 40, 45, 59}) {
    const auto primes = must(find_primes(bits, 7, Side::kAlternating));
    const auto below = nearest(bits, false, 4);
    const auto above = nearest(bits, true, 3);

    ASSERT_EQ(primes.size(), 7u);
    for (std::size_t i = 0; i < primes.size(); ++i) {
      EXPECT_EQ(primes[i], i % 2 == 0 ? below[i / 2] : above[i / 2]) << bits;
    }
  }
}

TEST(FindPrimes, TakenPrimesAreSkipped) {
  const auto first = must(find_primes(50, 3, Side::kBelow));
  const auto others = must(find_primes(50, 3, Side::kBelow, first));

  std::set<std::uint64_t> all(first.begin(), first.end());
  all.insert(others.begin(), others.end());
  EXPECT_EQ(all.size(), 6u);
  EXPECT_LT(others[0], first[2]) << "the next ones down";
}

TEST(FindPrimes, SizesOutside20To60AreRefusedByName) {
  for (const int bits : {-1, 0, 19, 61, 64}) {
    const auto result = find_primes(bits, 1, Side::kBelow);
    ASSERT_FALSE(result) << bits;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(result.error().message.find(std::to_string(bits)), std::string::npos);
  }
  EXPECT_TRUE(must(find_primes(40, 0, Side::kBelow)).empty());
}

TEST(FindPrimes, RunningOutIsALimitThatSaysHowManyThereAre) {
  for (const Side side : {Side::kBelow, Side::kAlternating}) {
    const auto result = find_primes(20, 100, side);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kLimit);
    EXPECT_NE(result.error().message.find("of 100"), std::string::npos);
  }
}

}  // namespace
}  // namespace salus::arith
