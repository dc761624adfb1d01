// Goal:   samples have the promised ranges and distributions, and seeds the promised bytes.
// Method: chi-square tests with fixed seeds at significance 1e-6; the definition on the raw stream;
//         golden digests.

#include "ring/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ring/testing/small_ring.h"

namespace salus::ring {
namespace {

using salus::test::seed_of;

constexpr std::uint64_t kSeed = 61;
constexpr std::size_t kSamples = 1 << 18;

std::vector<std::int64_t> sampled(void (*sample)(RandomStream&, std::span<std::int64_t>)) {
  RandomStream random(seed_of(kSeed), 0);
  std::vector<std::int64_t> out(kSamples);
  sample(random, out);
  return out;
}

double chi_square(const std::vector<std::int64_t>& samples, std::int64_t lowest,
                  const std::vector<double>& probabilities) {
  std::vector<double> counts(probabilities.size());
  for (const std::int64_t x : samples) counts.at(static_cast<std::size_t>(x - lowest)) += 1;
  double sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = probabilities[i] * static_cast<double>(samples.size());
    sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return sum;
}

TEST(SampleTernary, IsUniformOnMinusOneZeroOne) {
  // Two degrees of freedom: the statistic exceeds 27.6 with probability 1e-6.
  EXPECT_LT(chi_square(sampled(sample_ternary), -1, {1 / 3.0, 1 / 3.0, 1 / 3.0}), 27.6)
      << "seed " << kSeed;
}

TEST(SampleTernary, IsTheMappingOfTheStreamsWords) {
  RandomStream words(seed_of(kSeed), 0);
  for (const std::int64_t c : sampled(sample_ternary)) {
    const auto scaled = static_cast<arith::uint128>(words.next_u64()) * 3;
    ASSERT_EQ(c, static_cast<std::int64_t>(scaled >> 64) - 1);
  }
}

TEST(SampleError, IsTheCentredBinomialOf21Coins) {
  const std::vector<std::int64_t> samples = sampled(sample_error);
  // P(x) = C(42, x + 21) / 2^42; the tails beyond 12, each below 2e-4 in all, are pooled.
  std::vector<double> probabilities(25);
  for (int x = -21; x <= 21; ++x) {
    const double p =
        std::exp(std::lgamma(43) - std::lgamma(x + 22) - std::lgamma(22 - x) - 42 * std::log(2.0));
    probabilities[static_cast<std::size_t>(std::clamp(x, -12, 12) + 12)] += p;
  }
  std::vector<std::int64_t> pooled;
  for (const std::int64_t x : samples) pooled.push_back(std::clamp<std::int64_t>(x, -12, 12));

  // 24 degrees of freedom: 76 is exceeded with probability 3e-7.
  EXPECT_LT(chi_square(pooled, -12, probabilities), 76) << "seed " << kSeed;
  for (const std::int64_t x : samples) ASSERT_LE(std::abs(x), kErrorBound);
}

TEST(SampleError, HasTheMomentsOfSigma) {
  const std::vector<std::int64_t> samples = sampled(sample_error);
  double mean = 0;
  double square = 0;
  for (const std::int64_t x : samples) {
    mean += static_cast<double>(x) / kSamples;
    square += static_cast<double>(x * x) / kSamples;
  }

  // Six standard deviations of each estimate.
  const double variance = kErrorSigma * kErrorSigma;
  EXPECT_DOUBLE_EQ(variance, 10.5);
  EXPECT_NEAR(mean, 0, 6 * kErrorSigma / std::sqrt(kSamples)) << "seed " << kSeed;
  EXPECT_NEAR(square, variance, 6 * variance * std::sqrt(2.0 / kSamples)) << "seed " << kSeed;
}

TEST(SampleError, IsTheDifferenceOfTwoCountsOfTheStreamsBits) {
  RandomStream words(seed_of(kSeed), 0);
  for (const std::int64_t c : sampled(sample_error)) {
    const std::uint64_t word = words.next_u64();
    int expected = 0;
    for (int bit = 0; bit < 21; ++bit) {
      expected += static_cast<int>(word >> bit & 1) - static_cast<int>(word >> (bit + 21) & 1);
    }
    ASSERT_EQ(c, expected);
  }
}

TEST(ExpandUniform, APrefixOfTheBasisGivesAPrefixOfTheLimbs) {
  const Basis basis = test::basis_of(10, 50, 4);
  Poly whole = expand_uniform(seed_of(1), 0, 1024, basis);
  const Poly half = expand_uniform(seed_of(1), 0, 1024, BasisView(basis).first(2));
  const Poly tail = expand_uniform(seed_of(1), 2, 1024, BasisView(basis).subspan(2));

  EXPECT_TRUE(std::ranges::equal(std::as_const(whole).limb(2), tail.limb(0)));
  EXPECT_EQ(whole.form(), Form::kNtt);
  whole.truncate(2);
  EXPECT_EQ(whole, half);
  EXPECT_NE(half, expand_uniform(seed_of(2), 0, 1024, BasisView(basis).first(2)));
}

// A prime near 2^64 / 16.5: 3 % of all words lie above its largest multiple, where other primes of
// the engine reject one word in millions.
std::uint64_t rejecting_prime() {
  std::uint64_t q = ((std::uint64_t{1} << 63) / 33 * 4) >> 18 << 18 | 1;
  while (!arith::is_prime(q)) q += 1 << 18;
  return q;
}

TEST(ExpandUniform, DrawsWordsAboveTheLargestMultipleAgain) {
  const std::uint64_t q = rejecting_prime();
  const Poly poly = expand_uniform(seed_of(3), 7, 1 << 16, test::basis_of(16, {q}));

  RandomStream random(seed_of(3), 7);
  const arith::uint128 multiple = ((arith::uint128{1} << 64) / q) * q;
  std::size_t rejected = 0;
  for (const std::uint64_t x : poly.limb(0)) {
    std::uint64_t word = random.next_u64();
    for (; word >= multiple; ++rejected) word = random.next_u64();
    ASSERT_EQ(x, word % q);
  }
  EXPECT_GT(rejected, 1000u);
}

TEST(ExpandUniform, IsFlat) {
  const std::uint64_t q = rejecting_prime();
  const Poly poly = expand_uniform(seed_of(4), 0, 1 << 16, test::basis_of(16, {q}));
  std::vector<std::int64_t> bins;
  for (const std::uint64_t x : poly.limb(0)) {
    bins.push_back(static_cast<std::int64_t>(static_cast<arith::uint128>(x) * 16 / q));
  }

  // 15 degrees of freedom: 59 is exceeded with probability 4e-7.
  EXPECT_LT(chi_square(bins, 0, std::vector<double>(16, 1 / 16.0)), 59) << "seed 4";
}

TEST(ExpandUniform, GivesTheSameWordsOnEveryMachine) {
  const Basis basis = test::basis_of(10, 50, 2);
  const Poly poly = expand_uniform(seed_of(5), 3, 1024, basis);

  EXPECT_EQ(sha256(std::as_bytes(poly.words())).hex(),
            "53eea8869f4503cf66f5e7c80e1dfb81cc1119e2c137512ed10849d150d4bd95");
}

}  // namespace
}  // namespace salus::ring
