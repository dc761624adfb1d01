// Goal:   samples follow the discrete Gaussian in shape, width and lowest bits, at every width.
// Method: chi-square tests with fixed seeds at significance 1e-6 against the definition; golden
//         digest.

#include "ring/discrete_gaussian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/testing/test_random.h"

namespace salus::ring {
namespace {

using salus::test::seed_of;

constexpr std::uint64_t kSeed = 66;

std::vector<std::int64_t> samples_of(std::uint64_t sigma, std::size_t count) {
  RandomStream random(seed_of(kSeed), sigma);
  std::vector<std::int64_t> out(count);
  sample_discrete_gaussian(random, sigma, out);
  return out;
}

TEST(DiscreteGaussian, HasTheProbabilitiesOfItsDefinition) {
  constexpr std::size_t kCount = 1 << 17;
  for (const std::uint64_t sigma : {1u, 2u, 3u}) {
    const auto reach = static_cast<std::int64_t>(3 * sigma);
    const auto weight = [&](std::int64_t x) {
      const double z = static_cast<double>(x) / static_cast<double>(sigma);
      return std::exp(-z * z / 2);
    };
    double total = 0;
    for (std::int64_t x = -40; x <= 40; ++x) total += weight(x);
    std::vector<double> counts(static_cast<std::size_t>(2 * reach + 1));
    for (const std::int64_t x : samples_of(sigma, kCount)) {
      if (std::abs(x) <= reach) counts[static_cast<std::size_t>(x + reach)] += 1;
    }
    double chi_square = 0;
    for (std::int64_t x = -reach; x <= reach; ++x) {
      const double expected = weight(x) / total * kCount;
      const double difference = counts[static_cast<std::size_t>(x + reach)] - expected;
      chi_square += difference * difference / expected;
    }
    // 6, 12 and 18 degrees of freedom (the tail is left out): 1e-6 at 37.3, 48.4, 58.6 or less.
    EXPECT_LT(chi_square, 33 + 10 * static_cast<double>(sigma)) << sigma << ", seed " << kSeed;
  }
}

TEST(DiscreteGaussian, IsAsWideAsItSaysAndCentred) {
  constexpr std::size_t kCount = 1 << 14;
  for (const std::uint64_t sigma : {std::uint64_t{1000}, (std::uint64_t{1} << 40) + 12345,
                                    std::uint64_t{0xABCDEF012345}, kMaxGaussianSigma}) {
    double sum = 0, squares = 0, within = 0;
    for (const std::int64_t x : samples_of(sigma, kCount)) {
      const double z = static_cast<double>(x) / static_cast<double>(sigma);
      sum += z;
      squares += z * z;
      within += std::abs(z) < 1 ? 1 : 0;
      ASSERT_LT(std::abs(z), 7);  // 2^14 samples beyond 7 sigma: 4e-8
    }
    EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount)) << sigma << ", seed " << kSeed;
    EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount)) << sigma << ", seed " << kSeed;
    EXPECT_NEAR(within / kCount, std::erf(std::sqrt(0.5)), 5 * std::sqrt(0.22 / kCount)) << sigma;
  }
}

// What a rounded double of this width gets wrong.
TEST(DiscreteGaussian, IsUniformInItsLowestBits) {
  constexpr std::size_t kCount = 1 << 14;
  std::vector<double> counts(16);
  for (const std::int64_t x : samples_of(kMaxGaussianSigma, kCount)) {
    counts[static_cast<std::size_t>(x) & 15] += 1;
  }
  double chi_square = 0;
  for (const double count : counts) {
    chi_square += (count - kCount / 16.0) * (count - kCount / 16.0) / (kCount / 16.0);
  }
  EXPECT_LT(chi_square, 53.5) << "seed " << kSeed;  // 15 degrees of freedom, 1e-6 at 53.5
}

TEST(DiscreteGaussian, OfNoWidthIsZeroAndTooWideIsADefect) {
  for (const std::int64_t x : samples_of(0, 16)) EXPECT_EQ(x, 0);
  EXPECT_THROW(samples_of(kMaxGaussianSigma + 1, 1), Defect);
}

TEST(DiscreteGaussian, EqualStreamsGiveEqualSamples) {
  const auto samples = samples_of(std::uint64_t{1} << 33, 1000);
  EXPECT_EQ(samples, samples_of(std::uint64_t{1} << 33, 1000));
  EXPECT_EQ(sha256(std::as_bytes(std::span(samples))).hex(),
            "f99658ed7f763b8ea5c458e340fc8ea8ab2a68335ee80e4eff02fe563787c899");
}

}  // namespace
}  // namespace salus::ring
