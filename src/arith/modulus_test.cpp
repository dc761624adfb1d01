// Goal:   arithmetic modulo q is exact for every q from 2 to just under 2^61.
// Method: against the compiler's 128-bit division, on edges and on random numbers.

#include "arith/modulus.h"

#include <gtest/gtest.h>

#include "base/testing/test_random.h"

namespace salus::arith {
namespace {

constexpr std::uint64_t kLargest = (std::uint64_t{1} << 61) - 1;  // a Mersenne prime

std::vector<std::uint64_t> moduli(test::TestRandom& random) {
  std::vector<std::uint64_t> out = {
      2, 3, 4, 5, 16, 97, 65537, 1 << 20, kLargest, kLargest - 1, (kLargest >> 1) + 1};
  for (int bits = 2; bits <= 61; ++bits) {
    out.push_back((std::uint64_t{1} << (bits - 1)) | (random.word() >> (65 - bits)));
  }
  return out;
}

std::vector<std::uint64_t> words(test::TestRandom& random, std::uint64_t q) {
  std::vector<std::uint64_t> out = {0,
                                    1,
                                    2,
                                    q - 1,
                                    q,
                                    q + 1,
                                    2 * q - 1,
                                    ~std::uint64_t{0},
                                    ~std::uint64_t{0} - 1,
                                    std::uint64_t{1} << 63};
  for (int i = 0; i < 30; ++i) out.push_back(random.word());
  return out;
}

class ModulusTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSeed = 21;
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
  test::TestRandom random_{kSeed};
};

TEST_F(ModulusTest, ProductsOfHalvesAreTheCompilersProducts) {
  const std::vector<std::uint64_t> all = words(random_, std::uint64_t{1} << 32);
  for (const std::uint64_t a : all) {
    for (const std::uint64_t b : all) {
      ASSERT_TRUE(wide_product_of_halves(a, b) == static_cast<uint128>(a) * b) << a << " * " << b;
    }
  }
}

TEST_F(ModulusTest, ReducingOneWordIsTheRemainder) {
  for (const std::uint64_t value : moduli(random_)) {
    const Modulus q = must(Modulus::create(value));
    for (const std::uint64_t x : words(random_, value)) {
      ASSERT_EQ(q.reduce(x), x % value) << x << " mod " << value;
    }
  }
}

TEST_F(ModulusTest, ReducingTwoWordsIsTheRemainder) {
  for (const std::uint64_t value : moduli(random_)) {
    const Modulus q = must(Modulus::create(value));
    for (const std::uint64_t high : words(random_, value)) {
      for (const std::uint64_t low : words(random_, value)) {
        const uint128 x = (static_cast<uint128>(high) << 64) | low;
        ASSERT_EQ(q.reduce(x), static_cast<std::uint64_t>(x % value))
            << high << " 2^64 + " << low << " mod " << value;
      }
    }
  }
}

TEST_F(ModulusTest, ReducingIsExactNextToMultiplesAtTheTop) {
  for (const std::uint64_t value : moduli(random_)) {
    const Modulus q = must(Modulus::create(value));
    const uint128 largest = ~uint128{0} - (~uint128{0} % value + 1) % value;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const uint128 multiple = largest - i * static_cast<uint128>(value);
      ASSERT_EQ(q.reduce(multiple), value - 1) << value << ", " << i;
      ASSERT_EQ(q.reduce(multiple - value + 1), 0u) << value << ", " << i;
    }
  }
}

TEST_F(ModulusTest, SumsDifferencesAndProductsAreExact) {
  for (const std::uint64_t value : moduli(random_)) {
    const Modulus q = must(Modulus::create(value));
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t a = i == 0 ? value - 1 : random_.below(value);
      const std::uint64_t b = i < 2 ? value - 1 : random_.below(value);
      const auto wide = static_cast<uint128>(a);
      ASSERT_EQ(q.add(a, b), static_cast<std::uint64_t>((wide + b) % value));
      ASSERT_EQ(q.subtract(a, b), static_cast<std::uint64_t>((wide + value - b) % value));
      ASSERT_EQ(q.multiply(a, b), static_cast<std::uint64_t>(wide * b % value)) << a << " " << b;
      ASSERT_EQ(q.add(a, q.negate(a)), 0u);
    }
  }
}

TEST_F(ModulusTest, AFactorMultipliesAnyWord) {
  for (const std::uint64_t value : moduli(random_)) {
    const Modulus q = must(Modulus::create(value));
    for (const std::uint64_t x : words(random_, value)) {
      const std::uint64_t w = random_.below(value);
      const Factor factor(w, q);
      const auto expected = static_cast<std::uint64_t>(static_cast<uint128>(x) * w % value);
      ASSERT_EQ(multiply(x, factor, value), expected) << x << " " << w << " mod " << value;
      const std::uint64_t lazy = multiply_lazy(x, factor, value);
      ASSERT_LT(lazy, 2 * value);
      ASSERT_EQ(lazy % value, expected);
    }
  }
}

TEST_F(ModulusTest, PowersMultiplyAndFermatHolds) {
  for (const std::uint64_t value :
       {std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{65537}, kLargest}) {
    const Modulus q = must(Modulus::create(value));
    const std::uint64_t a = 1 + random_.below(value - 1);
    std::uint64_t product = 1 % value;
    for (std::uint64_t exponent = 0; exponent < 40; ++exponent) {
      EXPECT_EQ(q.power(a, exponent), product);
      product = q.multiply(product, a);
    }
    EXPECT_EQ(q.power(a, value - 1), 1u);
    EXPECT_EQ(q.power(a + value, 5), q.power(a, 5)) << "the base need not be reduced";
  }
}

TEST_F(ModulusTest, InversesMultiplyToOneAndZeroHasNone) {
  const Modulus q = must(Modulus::create(kLargest));
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t a = 1 + random_.below(kLargest - 1);
    EXPECT_EQ(q.multiply(a, q.inverse(a)), 1u);
  }

  EXPECT_THROW(static_cast<void>(q.inverse(0)), Defect);
  EXPECT_THROW(static_cast<void>(q.inverse(kLargest)), Defect);
  EXPECT_EQ(must(Modulus::create(2)).inverse(1), 1u);
}

TEST_F(ModulusTest, SignedNumbersRoundTrip) {
  for (const std::uint64_t value : {std::uint64_t{7}, std::uint64_t{12289}, kLargest}) {
    const Modulus q = must(Modulus::create(value));
    const auto half = static_cast<std::int64_t>(value / 2);
    for (const std::int64_t x : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, half, -half}) {
      EXPECT_LT(q.from_signed(x), value);
      EXPECT_EQ(q.to_signed(q.from_signed(x)), x) << value;
    }
  }
  EXPECT_EQ(must(Modulus::create(8)).to_signed(4), 4) << "the representative lies in (-q/2, q/2]";
}

TEST_F(ModulusTest, OnlyModuliFrom2ToBelow2To61AreMade) {
  for (const std::uint64_t bad :
       {std::uint64_t{0}, std::uint64_t{1}, kLargest + 1, ~std::uint64_t{0}}) {
    const Result<Modulus> result = Modulus::create(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(result.error().message.find(std::to_string(bad)), std::string::npos);
  }
  EXPECT_EQ(must(Modulus::create(kLargest)).bit_count(), 61);
  EXPECT_EQ(must(Modulus::create(2)).bit_count(), 2);
  EXPECT_TRUE(must(Modulus::create(5)) == must(Modulus::create(5)));
  EXPECT_FALSE(must(Modulus::create(5)) == must(Modulus::create(7)));
}

}  // namespace
}  // namespace salus::arith
