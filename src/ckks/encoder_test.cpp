// Goal:   slots are the values at zeta^(3^i), to the precision that encoder.h promises.
// Method: evaluation in long double from the definition; round trips; plaintext arithmetic;
// goldens.
//         Tolerance: 2^-48 of the largest value a direction, plus the rounding bound of
//         circuit/noise.h.

#include "ckks/encoder.h"

#include <gtest/gtest.h>

#include <limits>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::literal_of;
using keys::test::max_error;
using keys::test::rotated;
using keys::test::Shape;
using keys::test::Values;
using keys::test::zip;

constexpr std::uint64_t kSeed = 71;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Coding {
  explicit Coding(const Shape& shape = {.log_n = 10, .specials = 0})
      : literal(literal_of(shape)),
        params(must(Parameters::create(literal))),
        encoder(params),
        noise(keys::test::chain_of(literal)) {}

  Values values(double size, bool real = false) {
    Values out(params->slot_count());
    for (Complex& z : out) {
      z = {random.uniform(-size, size), real ? 0 : random.uniform(-size, size)};
    }
    return out;
  }
  Plaintext encode(const Values& values, double scale, int level = 3) const {
    return must(encoder.encode(std::span<const Complex>(values), level, scale));
  }
  double bound(double size, double scale) const {
    return 2 * 0x1p-48 * std::sqrt(2.0) * size + noise.encoding(scale);
  }

  ParametersLiteral literal;
  ParametersPtr params;
  Encoder encoder;
  circuit::NoiseLedger noise;
  salus::test::TestRandom random{kSeed};
};

// sum_j c_j zeta^(j e) from the definition, e = 3^slot.
Complex evaluate(const std::vector<std::int64_t>& coefficients, std::size_t slot, double scale) {
  const std::size_t n = coefficients.size();
  std::size_t e = 1;
  for (std::size_t i = 0; i < slot; ++i) e = e * 3 % (2 * n);
  long double real = 0;
  long double imaginary = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const long double angle = 3.14159265358979323846264338327950288L *
                              static_cast<long double>(j * e % (2 * n)) /
                              static_cast<long double>(n);
    real += static_cast<long double>(coefficients[j]) * std::cos(angle);
    imaginary += static_cast<long double>(coefficients[j]) * std::sin(angle);
  }
  return {static_cast<double>(real / scale), static_cast<double>(imaginary / scale)};
}

TEST(Encoder, DecodingEvaluatesThePolynomialAtThePowersOfThree) {
  Coding s;
  std::vector<std::int64_t> coefficients(s.params->ring_degree());
  for (auto& c : coefficients) c = static_cast<std::int64_t>(s.random.below(1 << 21)) - (1 << 20);
  Plaintext plain{s.params, 2, 0x1p20, ring::from_signed(coefficients, s.params->basis(2))};
  ring::to_ntt(plain.poly, s.params->basis(2));

  const Values slots = s.encoder.decode(plain);

  double largest = 0;
  for (const Complex& z : slots) largest = std::max(largest, std::abs(z));
  for (std::size_t i = 0; i < slots.size(); i += 7) {
    EXPECT_LT(std::abs(slots[i] - evaluate(coefficients, i, 0x1p20)), 0x1p-48 * largest)
        << "slot " << i << ", seed " << kSeed;
  }
}

TEST(Encoder, ComplexValuesRoundTripAtEveryRingDegree) {
  for (int log_n = 12; log_n <= 16; ++log_n) {
    Coding s({.log_n = log_n, .specials = 0});
    for (const double scale : {0x1p40, 0x1p60, 0x1p100}) {
      const Values z = s.values(1);
      const Plaintext plain = s.encode(z, scale);
      EXPECT_EQ(plain.level, 3);
      EXPECT_EQ(plain.scale, scale);
      EXPECT_LT(max_error(s.encoder.decode(plain), z), s.bound(1, scale))
          << "N = 2^" << log_n << ", scale 2^" << std::log2(scale) << ", seed " << kSeed;
    }
  }
}

TEST(Encoder, RealValuesRoundTripAtEveryLevel) {
  Coding s({.log_n = 12, .specials = 0});
  for (int level = 0; level <= 3; ++level) {
    const Values z = s.values(100, true);
    std::vector<double> x(z.size());
    std::transform(z.begin(), z.end(), x.begin(), [](const Complex& c) { return c.real(); });

    const Plaintext plain = must(s.encoder.encode(std::span<const double>(x), level, 0x1p35));

    EXPECT_EQ(plain.poly.limb_count(), static_cast<std::size_t>(level) + 1);
    const std::vector<double> decoded = s.encoder.decode_real(plain);
    EXPECT_LT(max_error(Values(decoded.begin(), decoded.end()), z), s.bound(100, 0x1p35));
  }
}

TEST(Encoder, FewerValuesThanSlotsLeaveZeros) {
  Coding s;
  const std::vector<double> three = {1, -2, 3};
  const Values slots = s.encoder.decode(must(s.encoder.encode(three, 1, 0x1p50)));

  for (std::size_t i = 0; i < slots.size(); ++i) {
    EXPECT_LT(std::abs(slots[i] - (i < 3 ? three[i] : 0)), s.bound(3, 0x1p50)) << i;
  }
  EXPECT_LT(std::abs(s.encoder.decode(must(s.encoder.encode(std::vector<double>{}, 0, 0x1p40)))[0]),
            1e-300);
}

TEST(Encoder, RepeatedValuesHaveTheirPeriod) {
  Coding s;
  for (const std::size_t period : {1u, 4u, 512u}) {
    std::vector<double> x(period);
    for (double& v : x) v = s.random.uniform(-1, 1);
    const std::vector<double> slots =
        s.encoder.decode_real(must(s.encoder.encode_repeated(x, 1, 0x1p50)));
    for (std::size_t i = 0; i < slots.size(); ++i) {
      ASSERT_NEAR(slots[i], x[i % period], s.bound(1, 0x1p50)) << i;
    }
  }
  for (const std::size_t period : {0u, 3u, 1024u}) {
    const auto result = s.encoder.encode_repeated(std::vector<double>(period), 1, 0x1p40);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(result.error().message.find(std::to_string(period)), std::string::npos);
  }
}

TEST(Encoder, AutomorphismsRotateAndConjugateSlots) {
  Coding s;
  const Values z = s.values(1);
  const Plaintext plain = s.encode(z, 0x1p60);
  const auto apply = [&](std::uint32_t element) {
    Plaintext image = plain;
    image.poly = ring::Automorphism(10, element).apply(plain.poly);
    return s.encoder.decode(image);
  };

  for (const int steps : {0, 1, 2, 7, 511, -1, 512, 513}) {
    EXPECT_LT(max_error(apply(galois_element_of_rotation(10, steps)), rotated(z, steps)),
              s.bound(1, 0x1p60))
        << steps;
  }
  Values conjugate = z;
  for (Complex& c : conjugate) c = std::conj(c);
  EXPECT_LT(max_error(apply(galois_element_of_conjugation(10)), conjugate), s.bound(1, 0x1p60));
}

TEST(Encoder, SumsAndProductsOfPolynomialsActSlotwise) {
  Coding s;
  const Values x = s.values(1);
  const Values y = s.values(1);
  const ring::BasisView basis = s.params->basis(3);
  Plaintext a = s.encode(x, 0x1p50);
  const Plaintext b = s.encode(y, 0x1p50);

  Plaintext product = a;
  product.poly = ring::multiply(a.poly, b.poly, basis);
  product.scale = 0x1p100;
  ring::add_to(a.poly, b.poly, basis);

  EXPECT_LT(max_error(s.encoder.decode(a), zip(x, y, std::plus<>())), 4 * s.bound(1, 0x1p50));
  EXPECT_LT(max_error(s.encoder.decode(product), zip(x, y, std::multiplies<>())),
            4 * s.bound(1, 0x1p50));
}

TEST(Encoder, TinyAndHugeValuesKeepTheirRelativePrecision) {
  Coding s;
  for (const auto& [size, scale] : {std::pair{1e-30, 0x1p150}, {1e30, 0x1p40}, {1e12, 0x1p60}}) {
    const Values z = s.values(size);
    EXPECT_LT(max_error(s.encoder.decode(s.encode(z, scale)), z), s.bound(size, scale)) << size;
  }
  const Values vanishing(s.params->slot_count(), 1e-300);
  EXPECT_EQ(max_error(s.encoder.decode(s.encode(vanishing, 0x1p40)), Values(vanishing.size())), 0);
}

TEST(Encoder, AConstantIsItsRoundedMultipleInEveryLimb) {
  Coding s;
  for (const double scale : {0x1p20, 0x1p40, 0x1p47, 0x1p48, 0x1p50, 0x1p60, 0x1p61, 0x1p90}) {
    for (const double value : {1.0, -1.0, 0.37, -0.37, 3.0 / 0x1p21}) {
      const Values constant(s.params->slot_count(), value);
      const Plaintext plain = s.encode(constant, scale);
      for (std::size_t j = 0; j < plain.poly.limb_count(); ++j) {
        const std::uint64_t expected = residue_of(value * scale, s.params->q(static_cast<int>(j)));
        for (const std::uint64_t word : plain.poly.limb(j))
          ASSERT_EQ(word, expected) << value << " at scale " << scale << ", limb " << j;
      }
    }
  }
}

TEST(Encoder, ValuesThatReachHalfTheModulusAreRefusedWithTheNumbers) {
  Coding s;
  const double half =
      std::ldexp(1, 49) * 0.999;  // q_0 is just below 2^50; a constant is one coefficient
  const std::vector<double> at(512, half / 0x1p40);
  const std::vector<double> beyond(512, half * 1.01 / 0x1p40);
  EXPECT_TRUE(s.encoder.encode(at, 0, 0x1p40));

  for (const auto& [values, scale] :
       {std::pair{beyond, 0x1p40}, {at, 0x1p41}, {std::vector<double>(512, 1e300), 0x1p40}}) {
    const auto result = s.encoder.encode(values, 0, scale);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kLevelExhausted) << result.error().message;
    EXPECT_NE(result.error().message.find("at level 0"), std::string::npos);
  }
  EXPECT_TRUE(s.encoder.encode(beyond, 1, 0x1p40));
}

TEST(Encoder, AValueNearTheLimitStillDecodes) {
  Coding s;
  for (int level = 0; level <= 3; ++level) {
    const double size = std::exp2(s.params->log_q(level) - 1.01 - 40);
    const Values z(512, size);
    const Values minus(512, -size);
    EXPECT_LT(max_error(s.encoder.decode(s.encode(z, 0x1p40, level)), z), s.bound(size, 0x1p40));
    EXPECT_LT(max_error(s.encoder.decode(s.encode(minus, 0x1p40, level)), minus),
              s.bound(size, 0x1p40));
  }
}

TEST(Encoder, ValuesOfEverySizeDecodeAlikeFromFewLimbsAndFromAll) {
  Coding s;
  for (double bits = 1; bits < s.params->log_q(3) - 41.5; bits += 4) {
    const Values z(512, std::exp2(bits));
    const Values minus(512, -std::exp2(bits));
    for (const Values& values : {z, minus}) {
      EXPECT_LT(max_error(s.encoder.decode(s.encode(values, 0x1p40, 3)), values),
                s.bound(std::exp2(bits), 0x1p40))
          << "2^" << bits;
    }
  }
}

TEST(Encoder, WhatIsNotFiniteIsRefusedWhereverItStands) {
  Coding s;
  for (const double bad : {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    for (const std::size_t place : {0u, 1u, 511u}) {
      std::vector<double> x(512, 0.5);
      x[place] = bad;
      const auto result = s.encoder.encode(x, 2, 0x1p40);
      ASSERT_FALSE(result) << bad << " at " << place;
      EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
      Values z(512);
      z[place] = {0, bad};
      EXPECT_FALSE(s.encoder.encode(std::span<const Complex>(z), 2, 0x1p40));
      EXPECT_FALSE(s.encoder.encode_repeated(std::vector<double>{1, bad}, 2, 0x1p40));
    }
  }
}

TEST(Encoder, LevelsScalesAndCountsThatDoNotFitAreRefused) {
  Coding s;
  const std::vector<double> x(512, 0.5);
  for (const int level : {-1, 4}) {
    EXPECT_EQ(s.encoder.encode(x, level, 0x1p40).error().code, ErrorCode::kInvalidArgument);
  }
  for (const double scale : {0.0, -1.0, kInfinity, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(s.encoder.encode(x, 1, scale).error().code, ErrorCode::kInvalidArgument);
  }
  const auto many = s.encoder.encode(std::vector<double>(513), 1, 0x1p40);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(many.error().message.find("513 values"), std::string::npos);
}

TEST(Encoder, DecodingAPlaintextOfOtherParametersIsADefect) {
  Coding s;
  Coding other({.log_n = 11, .specials = 0});

  EXPECT_THROW(other.encoder.decode(s.encode(s.values(1), 0x1p40)), Defect);
}

TEST(Encoder, GivesTheSameWordsOnEveryMachine) {
  Coding s({.log_n = 13, .specials = 0});
  const Plaintext plain = s.encode(s.values(1), 0x1p45);

  EXPECT_EQ(sha256(std::as_bytes(plain.poly.words())).hex(),
            "6b15c8290ee522b048c2d1f30432a8f7a4e4e6e3799a9aef15b2b555ff8a3901");
}

TEST(ResidueOf, IsTheRoundedNumberModuloThePrime) {
  const arith::Modulus q =
      must(arith::Modulus::create(must(arith::find_primes(50, 1, arith::Side::kBelow))[0]));
  for (const double x : {0.0, 0.4, 0.6, 1.0, 1234567.0, 0x1p52, 0x1p61, 0x1p62, 0x1p63,
                         0x1p63 + 2048, 0x1.fffffffffffffp100, 0x1p1000}) {
    std::uint64_t expected = 0;
    int exponent = 0;
    const double mantissa = std::frexp(std::nearbyint(x), &exponent);
    const auto whole = static_cast<std::uint64_t>(std::ldexp(mantissa, 53));
    expected = q.multiply(q.reduce(whole),
                          exponent >= 53
                              ? q.power(2, static_cast<std::uint64_t>(exponent - 53))
                              : q.inverse(q.power(2, static_cast<std::uint64_t>(53 - exponent))));
    EXPECT_EQ(residue_of(x, q), expected) << x;
    EXPECT_EQ(residue_of(-x, q), q.negate(expected)) << -x;
  }
}

TEST(GaloisElements, ArePowersOfThreeAndMinusOne) {
  EXPECT_EQ(galois_element_of_rotation(12, 0), 1u);
  EXPECT_EQ(galois_element_of_rotation(12, 1), 3u);
  EXPECT_EQ(galois_element_of_rotation(12, 2), 9u);
  EXPECT_EQ(galois_element_of_rotation(12, 2048), 1u);
  EXPECT_EQ(galois_element_of_rotation(12, -1), galois_element_of_rotation(12, 2047));
  EXPECT_EQ(galois_element_of_rotation(12, -1) * 3 % 8192, 1u);
  EXPECT_EQ(galois_element_of_conjugation(12), 8191u);
}

}  // namespace
}  // namespace salus::ckks
