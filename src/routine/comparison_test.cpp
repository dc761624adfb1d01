// Goal:   signs and steps are told apart at the resolution and with the error that the header
//         states, at the stated depth and with the counted operations.
// Method: fixed seeds, a small insecure ring; sup errors on 10^5 points; Lee, Lee, No, Kim's table
//         for {7, 15, 15}.

#include "routine/comparison.h"

#include <gtest/gtest.h>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{
    .log_n = 11, .levels = 13, .dnum = 3, .specials = 5, .q0_bits = 55, .q_bits = 45};
constexpr int kTop = 13;

CkksFixture& fixture() {
  static CkksFixture f(test::literal_of(kShape), 341, test::relinearization(kTop));
  return f;
}

// Half of the slots near the threshold, none between it and its negative.
Values separated(CkksFixture& f, const SignOptions& options) {
  Values out = test::uniform(f, -1, 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double t = out[i].real();
    const double size = i % 2 == 0 ? std::abs(t) : std::pow(options.resolution, std::abs(t));
    out[i] = std::copysign(std::max(size, options.resolution), t) * options.range;
  }
  return out;
}

TEST(Comparison, ErrorsAreThoseOfTheHeader) {
  const auto log_error = [](std::vector<int> degrees, double resolution, int cleaners) {
    return std::log2(
        must(approximate_sign(
                 {.degrees = std::move(degrees), .resolution = resolution, .cleaners = cleaners}))
            .error);
  };
  EXPECT_NEAR(log_error({7, 15, 15}, 0x1p-8, 0), -7.4, 0.1) << "the table asks for 2^-7";
  EXPECT_NEAR(log_error({7, 15, 15}, 0x1p-8, 1), -14.3, 0.1);
  EXPECT_NEAR(log_error({15, 15, 15}, 0x1p-8, 0), -14.0, 0.1);
  EXPECT_NEAR(log_error({15, 15, 27}, 0x1p-8, 0), -24.0, 0.1);
  EXPECT_NEAR(log_error({15, 15, 15}, 0x1p-10, 0), -4.4, 0.1);
  EXPECT_NEAR(log_error({15, 15, 27}, 0x1p-10, 0), -7.3, 0.1);
  EXPECT_NEAR(log_error({7, 7, 15, 15}, 0x1p-10, 0), -10.3, 0.1);
}

TEST(Comparison, StepsHaveHalfTheError) {
  const SignApproximation step = must(approximate_sign({.range = 5, .output = SignOutput::kStep}));

  EXPECT_NEAR(std::log2(step.error), -8.4, 0.1);
  EXPECT_NEAR(step(5), 1, step.error);
  EXPECT_NEAR(step(-5), 0, step.error);
  EXPECT_NEAR(step(0), 0.5, 1e-12);
  EXPECT_NEAR(step(-5.0 / 256), 0, step.error);
}

struct Case {
  SignOptions options;
  int depth;
  int relinearizations;
};

class SignOf : public ::testing::TestWithParam<Case> {};

TEST_P(SignOf, EncryptedValuesIsWithinErrorAndNoise) {
  CkksFixture& f = fixture();
  const auto& [options, depth, relinearizations] = GetParam();
  const double scale = folding_scale(*f.params, kTop, {-options.range, options.range});
  const SignApproximation exact = must(approximate_sign(options));
  const Plan plan = must(plan_sign(f.params, exact, {kTop, scale, 0x1p45}));
  const Values x = separated(f, options);

  OperationCounts done;
  const auto y = must(plan.evaluate(f.evaluator, f.encrypt(x, kTop, scale), &done));

  EXPECT_EQ(y.level, kTop - depth);
  EXPECT_NEAR(y.scale / 0x1p45, 1, ckks::kScaleTolerance);
  EXPECT_EQ(done, plan.counts());
  EXPECT_EQ(done.relinearizations, relinearizations);
  const double noise = plan.error_bound(test::noise_model(f), f.fresh(scale));
  EXPECT_LT(noise, 1e-4);
  const double lower = options.output == SignOutput::kSign ? -1 : 0;
  const Values expected = test::map(x, [&](double v) { return v > 0 ? 1.0 : lower; });
  EXPECT_LT(keys::test::max_error(f.decrypt(y), expected), exact.error + noise);
  EXPECT_LT(keys::test::max_error(f.decrypt(y), test::map(x, exact)), noise);
}

INSTANTIATE_TEST_SUITE_P(
    Every, SignOf,
    ::testing::Values(Case{{}, 11, 18}, Case{{.cleaners = 1}, 13, 20},
                      Case{{.degrees = {15, 15, 15}, .output = SignOutput::kStep}, 12, 21},
                      Case{{.degrees = {15, 27}, .resolution = 0x1p-6, .range = 100}, 9, 15},
                      Case{{.degrees = {7}, .resolution = 0.25, .range = 0x1p-5}, 3, 4}));

TEST(Comparison, OneCiphertextIsLargerThanAnother) {
  CkksFixture& f = fixture();
  const SignOptions options{.range = 2, .output = SignOutput::kStep};
  const double scale = folding_scale(*f.params, kTop, {-2, 2});
  const SignApproximation step = must(approximate_sign(options));
  const Plan plan = must(plan_sign(f.params, step, {kTop, scale, 0x1p45}));
  const Values a = test::uniform(f, -1, 1);
  Values b = test::uniform(f, -1, 1);
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (std::abs(a[i] - b[i]) < 0x1p-7) b[i] = -a[i] + (std::abs(a[i]) < 0x1p-8 ? 0.5 : 0);
  }

  const auto difference =
      must(f.evaluator.subtract(f.encrypt(a, kTop, scale), f.encrypt(b, kTop, scale)));
  const Values larger = f.decrypt(must(plan.evaluate(f.evaluator, difference)));

  const double noise = plan.error_bound(test::noise_model(f), 2 * f.fresh(scale));
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(larger[i].real(), a[i].real() > b[i].real() ? 1 : 0, step.error + noise)
        << a[i] << " and " << b[i];
  }
}

TEST(Comparison, WhatMakesNoSenseOrDoesNotFitIsRefused) {
  const auto text = [](const SignApproximation& sign, const Placement& at) {
    return test::error_text(plan_sign(fixture().params, sign, at));
  };
  const SignApproximation sign = must(approximate_sign({}));
  EXPECT_NE(text(sign, {10, 0x1p40, 0x1p45}).find("needs 11 levels, the input has 10"),
            std::string::npos);
  EXPECT_NE(text(sign, {11, 0x1p50, 0x1p45}).find("needs 12 levels, the input has 11"),
            std::string::npos)
      << "one for the interval map";
  EXPECT_NE(text({}, {11, 0x1p40, 0x1p45}).find("no polynomials"), std::string::npos);
  EXPECT_NE(text(sign, {14, 0x1p40, 0x1p45}).find("level 14 of 0 .. 13"), std::string::npos);
  EXPECT_EQ(must(approximate_sign({.cleaners = 13})).stages.size(), kMaxSignStages);
  for (const SignOptions& options :
       {SignOptions{.degrees = {}}, SignOptions{.degrees = {8}}, SignOptions{.resolution = 0},
        SignOptions{.resolution = 1}, SignOptions{.range = 0}, SignOptions{.cleaners = -1},
        SignOptions{.cleaners = 14}, SignOptions{.resolution = 0x1p-30}}) {
    EXPECT_NE(test::error_text(approximate_sign(options)).find("invalid_argument"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace salus::routine
