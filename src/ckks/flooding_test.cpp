// Goal:   flooding is as wide as the formula says, and a plan states what it costs or refuses.
// Method: the formula by hand; the noise read off a ciphertext of zeros; fixed seeds.

#include "ckks/flooding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::literal_of;
using keys::test::Shape;
using salus::test::seed_of;

const Shape kShape{.log_n = 12, .levels = 2, .dnum = 3};
constexpr double kScale = 0x1p80;
const FloodingTarget kTarget{.statistical_bits = 30, .releases = 1024};

class FloodingTest : public ::testing::Test {
 protected:
  ParametersPtr params_ = must(Parameters::create(literal_of(kShape)));

  Flooding plan(const FloodedShape& shape, const FloodingTarget& target = kTarget) const {
    return must(plan_flooding(*params_, shape, target));
  }
  static void expect_refused(const auto& result, ErrorCode code, const std::string& part) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code);
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
};

TEST_F(FloodingTest, FactorIsRootOfTwelveReleasesTimesHalfTheBits) {
  EXPECT_DOUBLE_EQ(must(flooding_factor({30, 1})), std::sqrt(12) * 32768);
  EXPECT_DOUBLE_EQ(must(flooding_factor({40, 1 << 20})), std::sqrt(12) * 0x1p30);
  for (const FloodingTarget& bad :
       {FloodingTarget{0.5, 1}, FloodingTarget{129, 1}, FloodingTarget{30, 0},
        FloodingTarget{30, kMaxReleases + 1}, FloodingTarget{std::nan(""), 1}}) {
    expect_refused(flooding_factor(bad), ErrorCode::kInvalidArgument, "tau");
  }
  EXPECT_TRUE(flooding_factor({kMaxStatisticalBits, kMaxReleases}));
}

TEST_F(FloodingTest, PlansFollowFromTheBoundAlone) {
  const Flooding made = plan({2, kScale, 0x1p-60, 1});

  const double t = 0x1p20 + 32;  // scale noise + sqrt(4096) / 2
  EXPECT_EQ(static_cast<double>(made.sigma), std::ceil(must(flooding_factor(kTarget)) * t));
  EXPECT_NEAR(made.slot_error, 10.6 * 64 * static_cast<double>(made.sigma) / kScale, 1e-20);
  EXPECT_NEAR(made.typical * std::sqrt(2.0), made.slot_error / 10.6, 1e-20);
}

TEST_F(FloodingTest, PlansThatDoNotFitAreRefusedWithTheirNumbers) {
  const auto refused = [&](const FloodedShape& shape, const FloodingTarget& target, ErrorCode code,
                           const std::string& part) {
    expect_refused(plan_flooding(*params_, shape, target), code, part);
  };
  refused({2, kScale, 0x1p-30, 1}, kTarget, ErrorCode::kLimit, "2^56");
  refused({0, 0x1p45, 0x1p-20, 1}, kTarget, ErrorCode::kLevelExhausted, "2^50");
  refused({3, kScale, 0x1p-60, 1}, kTarget, ErrorCode::kInvalidArgument, "level");
  refused({2, kScale, 0, 1}, kTarget, ErrorCode::kInvalidArgument, "noise");
  refused({2, kScale, std::nan(""), 1}, kTarget, ErrorCode::kInvalidArgument, "noise");
}

TEST_F(FloodingTest, NoiseOfAResultIsTheWidthOfThePlan) {
  const Flooding made = plan({2, kScale, 0x1p-60, 1});
  const ring::BasisView basis = params_->basis(2);
  const ring::Poly zero(params_->ring_degree(), 3, ring::Form::kNtt);
  RandomStream random(seed_of(171), 0);

  const Ciphertext flooded = flood({params_, 2, kScale, {zero, zero}}, made, random);

  EXPECT_EQ(flooded.parts[1], zero);
  ring::Poly noise = flooded.parts[0];
  ring::to_coefficients(noise, basis);
  double squares = 0;
  for (std::size_t i = 0; i < noise.ring_degree(); ++i) {
    const std::int64_t x = params_->q(0).to_signed(noise.limb(0)[i]);
    for (int j = 1; j <= 2; ++j) {
      const std::int64_t y = params_->q(j).to_signed(noise.limb(static_cast<std::size_t>(j))[i]);
      if (std::abs(x) < std::int64_t{1} << 38) {
        ASSERT_EQ(x, y) << "one number in all limbs";
      }
    }
    const double z = static_cast<double>(x) / static_cast<double>(made.sigma);
    squares += z * z / static_cast<double>(noise.ring_degree());
  }
  EXPECT_NEAR(squares, 1, 6 * std::sqrt(2.0 / 4096)) << "seed 171";
}

TEST_F(FloodingTest, NoiseWiderThanAPrimeIsReducedModuloIt) {
  Flooding wide{kTarget, std::uint64_t{1} << 55, 0, 0};
  const ring::Poly zero(params_->ring_degree(), 3, ring::Form::kNtt);
  RandomStream random(seed_of(172), 0);

  ring::Poly noise = flood({params_, 2, kScale, {zero, zero}}, wide, random).parts[0];

  for (std::size_t j = 0; j < 3; ++j) {
    for (const std::uint64_t x : noise.limb(j)) {
      ASSERT_LT(x, params_->q(static_cast<int>(j)).value());
    }
  }
}

TEST_F(FloodingTest, ResultsThatAreTooFarOffAreRefusedInWords) {
  EXPECT_TRUE(require_accuracy(0.001, 2, 0.0005, kTarget));
  expect_refused(require_accuracy(0.5, 2, 0.001, kTarget), ErrorCode::kLevelExhausted,
                 "off by 0.25 of the peak after flooding for tau = 1024 releases at s = 30 bits; "
                 "asked 0.001");
  EXPECT_FALSE(require_accuracy(std::nan(""), 1, 1, kTarget));
}

TEST(SlotFloodingTest, IsAsWideAsItsSlotsTogetherAsk) {
  const std::vector<double> noise(100, 0x1p-30);
  const SlotFlooding made = must(plan_slot_flooding(noise, kTarget));

  EXPECT_EQ(made.step, 0x1p-34);
  EXPECT_EQ(static_cast<double>(made.sigma),
            std::ceil(must(flooding_factor(kTarget)) * std::sqrt(100) * 17));
  EXPECT_EQ(made.typical, static_cast<double>(made.sigma) * 0x1p-34);
  EXPECT_GT(made.error, 10 * made.typical);
  const std::vector<double> one(1, 0x1p-30);
  EXPECT_NEAR(must(plan_slot_flooding(one, kTarget)).typical * 10 / made.typical, 1, 1e-6);
}

TEST(SlotFloodingTest, NoiseIsThatOfThePlanAndFollowsFromTheStream) {
  const std::vector<double> noise(4096, 0x1p-30), slots(4096, 0.75);
  const SlotFlooding made = must(plan_slot_flooding(noise, kTarget));
  RandomStream random(seed_of(173), 0), again(seed_of(173), 0), other(seed_of(174), 0);

  const auto flooded = must(flood_slots(slots, made, random));
  EXPECT_EQ(flooded, must(flood_slots(slots, made, again)));
  EXPECT_NE(flooded, must(flood_slots(slots, made, other)));
  double squares = 0;
  for (const double z : flooded) {
    squares += std::pow((z - 0.75) / made.typical, 2) / 4096;
    EXPECT_LT(std::abs(z - 0.75), made.error);
  }
  EXPECT_NEAR(squares, 1, 6 * std::sqrt(2.0 / 4096)) << "seed 173";
}

TEST(SlotFloodingTest, WhatMakesNoSenseIsRefused) {
  const std::vector<double> none, zero{0.0}, fine{1e-6};
  EXPECT_EQ(plan_slot_flooding(none, kTarget).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan_slot_flooding(zero, kTarget).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(plan_slot_flooding(fine, {128, kMaxReleases}).error().code, ErrorCode::kLimit);
  const SlotFlooding made = must(plan_slot_flooding(fine, kTarget));
  RandomStream random(seed_of(175), 0);
  for (const double bad : {1e300, -1e300, std::nan("")}) {
    EXPECT_EQ(flood_slots(std::vector<double>{bad}, made, random).error().code,
              ErrorCode::kMismatch);
  }
}

}  // namespace
}  // namespace salus::ckks
