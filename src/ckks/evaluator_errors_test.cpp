// Goal:   what cannot be computed is refused with its numbers and the next step, and scales stay
// exact. Method: one operand that does not fit, for each operation.

#include <gtest/gtest.h>

#include <limits>

#include "ckks/key_switch.h"
#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::rotated;
using keys::test::Values;
using keys::test::zip;

const keys::test::Shape kShape{.log_n = 11, .levels = 3, .dnum = 2, .specials = 2};

class EvaluatorErrors : public ::testing::Test {
 protected:
  /// Keys at level 2 of 3, for rotation by 1 only.
  CkksFixture f_{literal_of(kShape), 91, all_keys(2, {1})};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};
  const Ciphertext a_ = f_.encrypt(f_.values(), 2);
  const Evaluator& evaluator_ = f_.evaluator;

  template <class T>
  static void expect_error(const Result<T>& result, ErrorCode code,
                           const std::vector<std::string>& parts = {}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code) << result.error().message;
    for (const std::string& part : parts) {
      EXPECT_NE(result.error().message.find(part), std::string::npos)
          << part << " in: " << result.error().message;
    }
  }
};

TEST_F(EvaluatorErrors, LevelsMustBeEqual) {
  const Ciphertext b = must(evaluator_.drop_level(a_, 1));
  const Plaintext p = f_.encode(f_.values(), 1);
  const std::vector<std::string> numbers = {"levels 2 and 1", "drop_level"};

  expect_error(evaluator_.add(a_, b), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.subtract(a_, b), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.multiply(a_, b), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.multiply_unrelinearized(a_, b), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.add_plain(a_, p), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.subtract_plain(a_, p), ErrorCode::kMismatch, numbers);
  expect_error(evaluator_.multiply_plain(a_, p), ErrorCode::kMismatch, numbers);
}

TEST_F(EvaluatorErrors, ScalesOfSumsMustBeEqualUpToRounding) {
  Ciphertext near = a_;
  near.scale = a_.scale * (1 + 0x1p-42);
  Ciphertext far = a_;
  far.scale = a_.scale * (1 + 0x1p-38);
  Plaintext p = f_.encode(f_.values(), 2, 0x1p39);

  EXPECT_TRUE(evaluator_.add(a_, near));
  EXPECT_EQ(must(evaluator_.add(a_, near)).scale, a_.scale);
  expect_error(evaluator_.add(a_, far), ErrorCode::kScaleMismatch, {"2^40"});
  expect_error(evaluator_.subtract(a_, far), ErrorCode::kScaleMismatch);
  expect_error(evaluator_.add_plain(a_, p), ErrorCode::kScaleMismatch, {"2^40", "2^39"});
  expect_error(evaluator_.subtract_plain(a_, p), ErrorCode::kScaleMismatch);
}

TEST_F(EvaluatorErrors, AMissingKeyIsNamedWithItsLevelAndBytes) {
  const Ciphertext top = f_.encrypt(f_.values(), 3);
  const auto bytes = [&](int level) {
    return std::to_string(KeySwitchKey::byte_count(*f_.params, level, true)) + " bytes";
  };
  // Two digits of 2^11 residues modulo four primes and two special ones.
  EXPECT_EQ(bytes(3), std::to_string(2 * 2048 * (50 + 40 + 41 + 40 + 50 + 50) / 8) + " bytes");

  expect_error(evaluator_.rotate(a_, 2), ErrorCode::kMissingKey,
               {"rotate by 2", "level 2", bytes(2)});
  expect_error(evaluator_.rotate(top, 1), ErrorCode::kMissingKey, {"level 3", bytes(3)});
  expect_error(evaluator_.conjugate(top), ErrorCode::kMissingKey,
               {"conjugate", "level 3", bytes(3)});
  expect_error(evaluator_.multiply(top, top), ErrorCode::kMissingKey, {"level 3", bytes(3)});
}

TEST_F(EvaluatorErrors, KeysMadeAtALowerLevelServeItAndAllBelow) {
  for (int level = 0; level <= 2; ++level) {
    const Values x = f_.values();
    const Ciphertext a = f_.encrypt(x, level);
    const double bound = f_.fresh() + f_.noise.key_switch(level, a.scale);
    EXPECT_LT(max_error(f_.decrypt(must(evaluator_.rotate(a, 1))), rotated(x, 1)), bound) << level;
    if (level == 0) continue;
    const Ciphertext square = must(evaluator_.multiply(a, a));
    EXPECT_LT(max_error(f_.decrypt(square), zip(x, x, std::multiplies<>())), 3 * bound) << level;
  }
}

TEST_F(EvaluatorErrors, RotationsByNothingNeedNoKey) {
  for (const int steps : {0, 1024, -1024, 2048}) {
    EXPECT_EQ(must(evaluator_.rotate(a_, steps)).parts, a_.parts) << steps;
  }
  EXPECT_EQ(must(evaluator_.rotate(a_, 1025)).parts, must(evaluator_.rotate(a_, 1)).parts);
}

TEST_F(EvaluatorErrors, OperandsOfOtherParametersAreRefused) {
  CkksFixture other(literal_of({.log_n = 11, .levels = 2, .dnum = 1, .specials = 3}), 92);
  const Ciphertext b = other.encrypt(other.values(), 2);
  const Plaintext p = other.encode(other.values(), 2);

  for (const auto& result :
       {evaluator_.add(a_, b), evaluator_.add(b, a_), evaluator_.subtract(a_, b),
        evaluator_.negate(b), evaluator_.multiply(b, b), evaluator_.rescale(b),
        evaluator_.drop_level(b, 0), evaluator_.rotate(b, 0), evaluator_.rotate(b, 1),
        evaluator_.conjugate(b), evaluator_.add_scalar(b, 1), evaluator_.multiply_scalar(b, 1, 2),
        evaluator_.relinearize(b), evaluator_.add_plain(a_, p), evaluator_.multiply_plain(a_, p)}) {
    expect_error(result, ErrorCode::kMismatch);
  }
  expect_error(evaluator_.negate(b), ErrorCode::kMismatch,
               {other.params->hash().hex().substr(0, 16), f_.params->hash().hex().substr(0, 16)});
  Ciphertext orphan = a_;
  orphan.params = nullptr;
  expect_error(evaluator_.negate(orphan), ErrorCode::kMismatch, {"none"});
}

TEST_F(EvaluatorErrors, EqualParametersOfAnotherObjectAreTheSame) {
  Ciphertext copy = a_;
  copy.params = must(Parameters::create(literal_of(kShape)));

  EXPECT_TRUE(evaluator_.add(a_, copy));
}

TEST_F(EvaluatorErrors, ScalesThatDoNotFitTheModulusAreExhausted) {
  const Ciphertext bottom = must(evaluator_.drop_level(a_, 0));
  const Plaintext p = f_.encode(f_.values(), 0);

  expect_error(evaluator_.multiply(bottom, bottom), ErrorCode::kLevelExhausted,
               {"2^80", "level 0"});
  expect_error(evaluator_.multiply_plain(bottom, p), ErrorCode::kLevelExhausted);
  expect_error(evaluator_.multiply_scalar(bottom, 1, 0x1p10), ErrorCode::kLevelExhausted);
  expect_error(evaluator_.rescale(bottom), ErrorCode::kLevelExhausted, {"level 0"});
  EXPECT_TRUE(evaluator_.multiply_scalar(bottom, 1, 0x1p8));
}

TEST_F(EvaluatorErrors, LevelsCannotBeGainedNorDroppedBelowTheScale) {
  const Ciphertext square = must(evaluator_.multiply(a_, a_));

  expect_error(evaluator_.drop_level(a_, 3), ErrorCode::kLevelExhausted, {"from level 2 to 3"});
  expect_error(evaluator_.drop_level(a_, -1), ErrorCode::kLevelExhausted);
  expect_error(evaluator_.drop_level(square, 0), ErrorCode::kLevelExhausted, {"2^80"});
}

TEST_F(EvaluatorErrors, ScalarsMustBeFiniteAndFit) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    expect_error(evaluator_.add_scalar(a_, bad), ErrorCode::kInvalidArgument);
    expect_error(evaluator_.multiply_scalar(a_, bad, 2), ErrorCode::kInvalidArgument);
  }
  expect_error(evaluator_.multiply_scalar(a_, 1, 0), ErrorCode::kInvalidArgument);
  expect_error(evaluator_.multiply_scalar(a_, 1, -1), ErrorCode::kInvalidArgument);
  expect_error(evaluator_.multiply_scalar(a_, 1, infinity), ErrorCode::kInvalidArgument);

  // q_0 q_1 q_2 has 130 bits, the scale 40: 2^89 is the first power of two that does not fit.
  EXPECT_TRUE(evaluator_.add_scalar(a_, 0x1p88));
  for (const double large : {0x1p89, -0x1p89, 1e308}) {
    expect_error(evaluator_.add_scalar(a_, large), ErrorCode::kLevelExhausted, {"level 2"});
  }
  EXPECT_TRUE(evaluator_.multiply_scalar(a_, 0x1p88, 0x1p40));
  expect_error(evaluator_.multiply_scalar(a_, 0x1p89, 0x1p40), ErrorCode::kLevelExhausted);
  expect_error(evaluator_.multiply_scalar(a_, 1e308, 0x1p40), ErrorCode::kLevelExhausted);
}

TEST_F(EvaluatorErrors, ThreePartsMustBeRelinearizedFirst) {
  const Ciphertext three = must(evaluator_.multiply_unrelinearized(a_, a_));
  Ciphertext four = three;
  four.parts.push_back(three.parts[0]);

  expect_error(evaluator_.multiply(three, three), ErrorCode::kInvalidArgument, {"relinearize"});
  expect_error(evaluator_.multiply_rescale(three, three), ErrorCode::kInvalidArgument);
  expect_error(evaluator_.rotate(three, 1), ErrorCode::kInvalidArgument, {"relinearize"});
  expect_error(evaluator_.conjugate(three), ErrorCode::kInvalidArgument);
  expect_error(evaluator_.relinearize(four), ErrorCode::kInvalidArgument, {"4 parts"});
}

TEST_F(EvaluatorErrors, TwoAndThreePartsCanBeAdded) {
  const Values x = f_.decrypt(a_);
  Ciphertext wide = must(evaluator_.multiply_plain(a_, f_.encode(Values(x.size(), 1.0), 2)));
  const Ciphertext three = must(evaluator_.multiply_unrelinearized(a_, a_));
  const Values expected = zip(x, zip(x, x, std::multiplies<>()), std::plus<>());
  const double bound = 4 * f_.noise.encoding(CkksFixture::kScale) + CkksFixture::kEncoderError;

  EXPECT_LT(max_error(f_.decrypt(must(evaluator_.add(wide, three))), expected), bound);
  EXPECT_LT(max_error(f_.decrypt(must(evaluator_.add(three, wide))), expected), bound);
  EXPECT_EQ(must(evaluator_.subtract(wide, three)).parts.size(), 3u);
}

TEST_F(EvaluatorErrors, ShapesThatCannotBeAccumulatedAreDefects) {
  Ciphertext sum = must(evaluator_.drop_level(a_, 1));
  const Plaintext p = f_.encode(f_.values(), 2);

  EXPECT_THROW(evaluator_.multiply_plain_add(a_, p, sum), Defect);
  EXPECT_THROW(Evaluator(nullptr), Defect);
  EXPECT_THROW(Evaluator(std::make_shared<const EvaluationKeys>()), Defect);
}

TEST_F(EvaluatorErrors, HoistingNamesEveryMissingKey) {
  const std::vector<int> steps = {3, 0, 7};
  const auto rotated = evaluator_.rotate_hoisted(a_, steps);

  ASSERT_FALSE(rotated);
  EXPECT_EQ(rotated.error().code, ErrorCode::kMissingKey);
  EXPECT_NE(rotated.error().message.find("rotate by 3"), std::string::npos)
      << rotated.error().message;
  EXPECT_NE(rotated.error().message.find("rotate by 7"), std::string::npos);
  EXPECT_NE(rotated.error().message.find("bytes"), std::string::npos);
  const Ciphertext three = must(evaluator_.multiply_unrelinearized(a_, a_));
  EXPECT_EQ(evaluator_.rotate_hoisted(three, steps).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(EvaluatorErrors, SwitchingWithAKeyOfALowerLevelIsADefect) {
  const KeySwitchKey key = keys::make_relinearization_key(f_.secret, 1, f_.random);
  const Decomposition at_level_2(*f_.params, 2, a_.parts[1]);
  const Ciphertext low = must(evaluator_.drop_level(a_, 0));
  const Decomposition at_level_0(*f_.params, 0, low.parts[1]);

  EXPECT_THROW(switch_key(at_level_2, {key}, 0), Defect);
  EXPECT_THROW(switch_key(at_level_0, {key}, 1), Defect);
  EXPECT_THROW(Decomposition(*f_.params, 1, a_.parts[1]), Defect);
}

TEST(ExactScales, AreProductsAndQuotientsOfDoublesAndNothingElse) {
  const std::uint64_t seed = 93;
  CkksFixture f(literal_of({.log_n = 11, .levels = 5, .dnum = 6, .specials = 1, .p_bits = 60}),
                seed, all_keys(5, {}));
  Values x = f.values(1 / 1.5);
  Ciphertext c = f.encrypt(x, 5);
  double scale = CkksFixture::kScale;
  double error = f.fresh();
  for (int level = 5; level >= 1; --level) {
    c = must(f.evaluator.rescale(must(f.evaluator.multiply(c, c))));
    x = zip(x, x, std::multiplies<>());
    error = 2 * error + error * error + f.noise.key_switch(level, scale * scale);
    scale = scale * scale / static_cast<double>(f.params->q(level).value());
    error += f.noise.rescale(scale);

    EXPECT_EQ(c.scale, scale);
    EXPECT_NEAR(std::log2(scale), 40, 0.01) << "alternating primes keep it near";
    EXPECT_LT(max_error(f.decrypt(c), x), error + CkksFixture::kEncoderError) << "seed " << seed;
  }
}

}  // namespace
}  // namespace salus::ckks
