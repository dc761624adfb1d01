// Goal:   each operation does to the slots what evaluator.h promises, at every level and for every
// way
//         of splitting digits, and leaves the level and scale it promises.
// Method: fixed seeds, small insecure rings; compare with complex doubles. Tolerances are the
// bounds of
//         circuit/noise.h for the operations done, not tuned.

#include "ckks/evaluator.h"

#include <gtest/gtest.h>

#include <map>

#include "base/parallel.h"
#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::rotated;
using keys::test::Shape;
using keys::test::Values;
using keys::test::zip;

constexpr double kScale = CkksFixture::kScale;
constexpr double kRoot2 = 1.4142135623730951;  // the largest |z| of a fixture's values

const std::vector<Shape> kShapes = {
    {.dnum = 4, .specials = 1},
    {.dnum = 4, .specials = 1, .p_bits = 60},
    {.dnum = 4, .specials = 2, .p_bits = 50},
    {.dnum = 3, .specials = 2, .p_bits = 60},
    {.dnum = 2, .specials = 2, .p_bits = 50},
    {.dnum = 1, .specials = 3, .p_bits = 60},
    {.log_n = 10, .levels = 5, .dnum = 2, .specials = 3, .p_bits = 50},
};

class EvaluatorTest : public ::testing::TestWithParam<Shape> {
 protected:
  static CkksFixture& fixture() {
    static std::map<std::string, std::unique_ptr<CkksFixture>> made;
    std::unique_ptr<CkksFixture>& entry = made[::testing::PrintToString(GetParam())];
    if (!entry) {
      entry = std::make_unique<CkksFixture>(literal_of(GetParam()), 81,
                                            all_keys(GetParam().levels, {1, 5}));
    }
    return *entry;
  }

  CkksFixture& f_ = fixture();
  const int top_ = f_.params->max_level();
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  void expect_shape(const Ciphertext& c, int level, double scale) const {
    EXPECT_EQ(c.level, level);
    EXPECT_EQ(c.scale, scale) << "scales are exact";
    EXPECT_EQ(c.parts.size(), 2u);
    for (const ring::Poly& part : c.parts) {
      EXPECT_EQ(part.limb_count(), static_cast<std::size_t>(level) + 1);
    }
  }
};

TEST_P(EvaluatorTest, SumsDifferencesAndNegationsAreSlotwise) {
  for (int level = 0; level <= top_; ++level) {
    const Values x = f_.values();
    const Values y = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    const Ciphertext b = f_.encrypt(y, level);

    const Ciphertext sum = must(f_.evaluator.add(a, b));
    const Ciphertext difference = must(f_.evaluator.subtract(a, b));
    const Ciphertext negated = must(f_.evaluator.negate(a));

    expect_shape(sum, level, kScale);
    expect_shape(difference, level, kScale);
    expect_shape(negated, level, kScale);
    EXPECT_LT(max_error(f_.decrypt(sum), zip(x, y, std::plus<>())), 2 * f_.fresh());
    EXPECT_LT(max_error(f_.decrypt(difference), zip(x, y, std::minus<>())), 2 * f_.fresh());
    EXPECT_LT(max_error(f_.decrypt(negated), zip(Values(x.size()), x, std::minus<>())), f_.fresh());
  }
}

TEST_P(EvaluatorTest, PlaintextOperandsAct) {
  for (int level = 1; level <= top_; ++level) {
    const Values x = f_.values();
    const Values y = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    const Plaintext p = f_.encode(y, level);
    const double encoded = f_.noise.encoding(kScale) + CkksFixture::kEncoderError;

    EXPECT_LT(max_error(f_.decrypt(must(f_.evaluator.add_plain(a, p))), zip(x, y, std::plus<>())),
              f_.fresh() + encoded);
    EXPECT_LT(
        max_error(f_.decrypt(must(f_.evaluator.subtract_plain(a, p))), zip(x, y, std::minus<>())),
        f_.fresh() + encoded);
    const Ciphertext product = must(f_.evaluator.multiply_plain(a, p));
    expect_shape(product, level, kScale * kScale);
    EXPECT_LT(max_error(f_.decrypt(product), zip(x, y, std::multiplies<>())),
              kRoot2 * (f_.fresh() + encoded) + f_.fresh() * encoded);
  }
}

TEST_P(EvaluatorTest, ScalarsActOnEverySlot) {
  for (int level = 1; level <= top_; ++level) {
    const Values x = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    for (const double scalar : {0.0, 1.0, -0.3, 2.5}) {
      const Values constant(x.size(), scalar);
      const Ciphertext sum = must(f_.evaluator.add_scalar(a, scalar));
      const Ciphertext product = must(f_.evaluator.multiply_scalar(a, scalar, 0x1p30));

      expect_shape(sum, level, kScale);
      expect_shape(product, level, kScale * 0x1p30);
      // One rounded constant coefficient: 1/2 at its scale.
      EXPECT_LT(max_error(f_.decrypt(sum), zip(x, constant, std::plus<>())),
                f_.fresh() + 1 / kScale);
      EXPECT_LT(max_error(f_.decrypt(product), zip(x, constant, std::multiplies<>())),
                2.5 * f_.fresh() + (kRoot2 + f_.fresh()) * 0x1p-31);
    }
  }
}

TEST_P(EvaluatorTest, MultiplyThenRescaleIsTheSlotwiseProduct) {
  for (int level = 1; level <= top_; ++level) {
    const Values x = f_.values();
    const Values y = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    const Ciphertext b = f_.encrypt(y, level);
    const Ciphertext product = must(f_.evaluator.multiply(a, b));
    const Ciphertext rescaled = must(f_.evaluator.rescale(product));
    const Ciphertext at_once = must(f_.evaluator.multiply_rescale(a, b));

    const double product_bound = 2 * kRoot2 * f_.fresh() + f_.fresh() * f_.fresh() +
                                 f_.noise.key_switch(level, product.scale) +
                                 CkksFixture::kEncoderError;
    expect_shape(product, level, kScale * kScale);
    EXPECT_LT(max_error(f_.decrypt(product), zip(x, y, std::multiplies<>())), product_bound)
        << level;
    expect_shape(rescaled, level - 1,
                 kScale * kScale / static_cast<double>(f_.params->q(level).value()));
    expect_shape(at_once, level - 1, rescaled.scale);
    for (const Ciphertext& c : {rescaled, at_once}) {
      EXPECT_LT(max_error(f_.decrypt(c), zip(x, y, std::multiplies<>())),
                product_bound + f_.noise.rescale(rescaled.scale));
    }
  }
}

TEST_P(EvaluatorTest, KeySwitchingStaysWithinItsBoundInEverySlot) {
  // The product's own noise vanishes against that of rotations at scale 2^40: here it is alone.
  for (int level = 0; level <= top_; ++level) {
    const Values x = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    const Values before = f_.decrypt(a);
    const double bound = f_.noise.key_switch(level, kScale) + CkksFixture::kEncoderError;
    Values conjugate = before;
    for (Complex& z : conjugate) z = std::conj(z);

    for (const int steps : {1, 5}) {
      const Ciphertext turned = must(f_.evaluator.rotate(a, steps));
      expect_shape(turned, level, kScale);
      EXPECT_LT(max_error(f_.decrypt(turned), rotated(before, steps)), bound) << "level " << level;
    }
    const Ciphertext mirrored = must(f_.evaluator.conjugate(a));
    expect_shape(mirrored, level, kScale);
    EXPECT_LT(max_error(f_.decrypt(mirrored), conjugate), bound) << "level " << level;
  }
}

TEST_P(EvaluatorTest, HoistedRotationsAreRotations) {
  const std::vector<int> steps = {5, 0, 1};
  for (int level = 0; level <= top_; ++level) {
    const Values before = f_.values();
    const Ciphertext a = f_.encrypt(before, level);
    const double bound =
        f_.fresh() + f_.noise.key_switch(level, kScale) + CkksFixture::kEncoderError;
    const std::vector<Ciphertext> turned = must(f_.evaluator.rotate_hoisted(a, steps));

    ASSERT_EQ(turned.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      expect_shape(turned[i], level, kScale);
      EXPECT_LT(max_error(f_.decrypt(turned[i]), rotated(before, steps[i])), bound)
          << "by " << steps[i] << " at level " << level;
    }
    EXPECT_EQ(turned[1].parts, a.parts);
  }
}

TEST_P(EvaluatorTest, RelinearizingAndRescalingAProductIsItsOneDivision) {
  for (int level = 0; level <= top_; ++level) {
    const Ciphertext a = f_.encrypt(f_.values(), level);
    const Result<Ciphertext> product = f_.evaluator.multiply_unrelinearized(a, a);
    if (!product) continue;  // level 0 has no room for a product
    const Result<Ciphertext> later = f_.evaluator.relinearize_rescale(*product);
    const Result<Ciphertext> at_once = f_.evaluator.multiply_rescale(a, a);

    ASSERT_EQ(bool(later), bool(at_once));
    if (!later) continue;
    EXPECT_EQ(later->parts, at_once->parts);
    expect_shape(*later, at_once->level, at_once->scale);
  }
}

TEST_P(EvaluatorTest, OneDivisionForProductAndRescaleAddsOnlyTheNoiseOfRescaling) {
  for (int level = 1; level <= top_; ++level) {
    const Ciphertext a = f_.encrypt(f_.values(), level);
    const Ciphertext b = f_.encrypt(f_.values(), level);
    const Ciphertext three = must(f_.evaluator.multiply_unrelinearized(a, b));
    const Ciphertext at_once = must(f_.evaluator.multiply_rescale(a, b));

    EXPECT_LT(max_error(f_.decrypt(at_once), f_.decrypt(three)),
              f_.noise.key_switch(level, three.scale) + f_.noise.rescale(at_once.scale) +
                  CkksFixture::kEncoderError);
  }
}

TEST_P(EvaluatorTest, RelinearizingLaterIsTheSame) {
  const Ciphertext a = f_.encrypt(f_.values(), top_);
  const Ciphertext b = f_.encrypt(f_.values(), top_);
  const Ciphertext three = must(f_.evaluator.multiply_unrelinearized(a, b));
  const Ciphertext two = must(f_.evaluator.relinearize(three));

  EXPECT_EQ(three.parts.size(), 3u);
  EXPECT_EQ(two.parts, must(f_.evaluator.multiply(a, b)).parts);
  EXPECT_LT(max_error(f_.decrypt(three), f_.decrypt(two)),
            f_.noise.key_switch(top_, two.scale) + CkksFixture::kEncoderError);
  EXPECT_EQ(must(f_.evaluator.relinearize(two)).parts, two.parts) << "nothing to do";
}

TEST_P(EvaluatorTest, SumsOfPlaintextProductsAccumulate) {
  const int terms = 5;
  Ciphertext sum{f_.params, top_, kScale * kScale, {}};
  for (int i = 0; i < 2; ++i) {
    sum.parts.emplace_back(f_.params->ring_degree(), static_cast<std::size_t>(top_) + 1,
                           ring::Form::kNtt);
  }
  Values expected(f_.params->slot_count());
  for (int i = 0; i < terms; ++i) {
    const Values x = f_.values();
    const Values y = f_.values();
    f_.evaluator.multiply_plain_add(f_.encrypt(x, top_), f_.encode(y, top_), sum);
    expected = zip(expected, zip(x, y, std::multiplies<>()), std::plus<>());
  }

  const double encoded = f_.noise.encoding(kScale) + CkksFixture::kEncoderError;
  EXPECT_LT(max_error(f_.decrypt(sum), expected),
            terms * (kRoot2 * (f_.fresh() + encoded) + f_.fresh() * encoded));
}

TEST_P(EvaluatorTest, DroppingLevelsKeepsValuesAndScale) {
  const Values x = f_.values();
  const Ciphertext a = f_.encrypt(x, top_);
  for (int level = 0; level <= top_; ++level) {
    const Ciphertext lower = must(f_.evaluator.drop_level(a, level));
    expect_shape(lower, level, kScale);
    EXPECT_LT(max_error(f_.decrypt(lower), x), f_.fresh());
  }
}

TEST_P(EvaluatorTest, EqualInputsGiveEqualWords) {
  const Ciphertext a = f_.encrypt(f_.values(), top_);
  const Ciphertext b = f_.encrypt(f_.values(), top_);

  EXPECT_EQ(must(f_.evaluator.multiply(a, b)).parts, must(f_.evaluator.multiply(a, b)).parts);
  EXPECT_EQ(must(f_.evaluator.multiply(a, b)).parts, must(f_.evaluator.multiply(b, a)).parts);
  EXPECT_EQ(must(f_.evaluator.rotate(a, 5)).parts, must(f_.evaluator.rotate(a, 5)).parts);
}

// 80 bits of scale out of primes of 40, two of which make a level: errors are those of doubles.
TEST(CompositeScale, ProductsKeepThePrecisionOfDoubles) {
  const std::uint64_t seed = 83;
  const double scale = 0x1p80;
  CkksFixture f(literal_of({.log_n = 11, .levels = 9, .dnum = 5, .specials = 2}), seed,
                all_keys(9, {1}));
  Values x = f.values(0.7);
  Ciphertext c = f.encrypt(x, 9, scale);
  double bound = f.fresh(scale);
  for (int level = 9; level >= 5; level -= 2) {
    const Ciphertext square = must(f.evaluator.multiply_rescale(c, c, 2));
    const Ciphertext twice = must(f.evaluator.rescale(must(f.evaluator.multiply(c, c)), 2));
    x = zip(x, x, std::multiplies<>());
    bound = 2 * bound + bound * bound + f.noise.key_switch(level, c.scale * c.scale) +
            f.noise.rescale(square.scale) + CkksFixture::kEncoderError;

    EXPECT_EQ(square.level, level - 2);
    EXPECT_EQ(square.scale, twice.scale);
    EXPECT_NEAR(std::log2(square.scale), 80, 0.01);
    EXPECT_LT(max_error(f.decrypt(square), x), bound) << "seed " << seed;
    EXPECT_LT(max_error(f.decrypt(twice), x), 2 * bound) << "seed " << seed;
    c = must(f.evaluator.rotate(square, 1));
    x = rotated(x, 1);
    bound += f.noise.key_switch(level - 2, c.scale);
  }
  EXPECT_LT(bound, 0x1p-40) << "2^-20 is what primes of 40 bits give by themselves";
}

TEST(CompositeScale, WhatCannotBeTakenOffIsRefused) {
  CkksFixture f(literal_of({.log_n = 10, .levels = 3, .dnum = 2, .specials = 2}), 84,
                all_keys(3, {1}));
  const Ciphertext a = f.encrypt(f.values(), 1);
  const Result<Ciphertext> deep = f.evaluator.rescale(a, 2);
  EXPECT_EQ(deep.error().code, ErrorCode::kLevelExhausted);
  EXPECT_NE(deep.error().message.find("2 primes at level 1"), std::string::npos);
  EXPECT_EQ(f.evaluator.multiply_rescale(a, a, 2).error().code, ErrorCode::kLevelExhausted);
  EXPECT_EQ(f.evaluator.rescale(a, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(f.evaluator.rescale(a, 3).error().code, ErrorCode::kInvalidArgument);
  const ExtendedCiphertext x = must(f.evaluator.rotate_extended(a, {{0}}))[0];
  EXPECT_EQ(f.evaluator.reduce_rescale(x, 2).error().code, ErrorCode::kLevelExhausted);
}

// A ring large enough for every loop to be shared.
TEST(EvaluatorThreads, ResultsAreTheSameOnAnyNumberOfThreads) {
  const std::uint64_t seed = 82;
  CkksFixture f(literal_of({.log_n = 14, .levels = 5, .dnum = 2, .specials = 3, .p_bits = 50}),
                seed, all_keys(5, {1, 5}));
  const Ciphertext a = f.encrypt(f.values(), 5);
  const Ciphertext b = f.encrypt(f.values(), 5);
  const std::vector<int> steps = {1, 5};
  const int before = thread_count();
  std::vector<std::vector<Ciphertext>> results;
  for (const int threads : {1, 2, 3}) {
    set_thread_count(threads);
    std::vector<Ciphertext> all = must(f.evaluator.rotate_hoisted(a, steps));
    all.push_back(must(f.evaluator.multiply_rescale(a, b)));
    all.push_back(must(f.evaluator.multiply(a, b)));
    all.push_back(must(f.evaluator.rotate(a, 5)));
    all.push_back(must(f.evaluator.rescale(b)));
    all.push_back(must(f.evaluator.add(a, b)));
    results.push_back(std::move(all));
  }
  set_thread_count(before);
  for (std::size_t t = 1; t < results.size(); ++t) {
    for (std::size_t i = 0; i < results[0].size(); ++i)
      EXPECT_EQ(results[t][i].parts, results[0][i].parts) << "operation " << i << ", seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EvaluatorTest, ::testing::ValuesIn(kShapes),
                         [](const auto& shape) {
                           const Shape& s = shape.param;
                           return "N" + std::to_string(1 << s.log_n) + "Primes" +
                                  std::to_string(s.levels + 1) + "Dnum" + std::to_string(s.dnum) +
                                  "Specials" + std::to_string(s.specials) + "Of" +
                                  std::to_string(s.p_bits);
                         });

}  // namespace
}  // namespace salus::ckks
