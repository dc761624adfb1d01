// Goal:   1 / x within the relative error asked for plus noise, by the cheaper way; the error
//         formula of the header holds.
// Method: fixed seeds, a small insecure ring; 1 / x on doubles.

#include "routine/reciprocal.h"

#include <gtest/gtest.h>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{
    .log_n = 11, .levels = 10, .dnum = 3, .specials = 4, .q0_bits = 58, .q_bits = 45};
constexpr int kTop = 10;

CkksFixture& fixture() {
  static CkksFixture f(test::literal_of(kShape), 351, test::relinearization(kTop));
  return f;
}

// |1 - x p(x)| at its largest, with x closer together near the lower end.
double relative_error(const ChebyshevSeries& p) {
  const auto [low, high] = p.interval;
  double largest = 0;
  for (int i = 0; i <= kErrorPoints; ++i) {
    const double x = low * std::pow(high / low, static_cast<double>(i) / kErrorPoints);
    largest = std::max(largest, std::abs(1 - x * p(x)));
  }
  return largest;
}

TEST(Reciprocal, TheErrorOfThePolynomialIsTheFormula) {
  for (const double ratio : {1.5, 4.0, 16.0, 100.0, 1024.0}) {
    const Interval interval{0.3, 0.3 * ratio};
    const double root = std::sqrt(ratio);
    for (const int degree : {1, 2, 8, 32, 101}) {
      const double error = reciprocal_error(degree, interval);
      const ChebyshevSeries p = must(reciprocal_series(degree, interval));
      EXPECT_LE(error, 2 * std::pow((root - 1) / (root + 1), degree + 1) * (1 + 1e-9));
      EXPECT_NEAR(relative_error(p), error, error * 1e-3 + 1e-13 * ratio) << degree << ratio;
      EXPECT_LE(reciprocal_degree(error * 1.0001, interval), degree);
    }
  }
  EXPECT_NEAR(reciprocal_error(32, {1, 16}), 1e-7, 0.1e-7);
}

struct Case {
  Interval interval;
  double relative_error;
  int max_depth;
  int degree;
  int iterations;
  int depth;
};

class ReciprocalOf : public ::testing::TestWithParam<Case> {};

TEST_P(ReciprocalOf, EncryptedValuesIsWithinErrorAndNoise) {
  CkksFixture& f = fixture();
  const Case& c = GetParam();
  const double scale = folding_scale(*f.params, kTop, c.interval);
  const double result_scale = 0x1p47;
  const Placement at{kTop, scale, result_scale};
  const ReciprocalApproximation chosen =
      must(choose_reciprocal(f.params, {c.interval, c.relative_error, c.max_depth}, at));
  const Plan plan = must(plan_reciprocal(f.params, chosen, at));
  const double ratio = c.interval.high / c.interval.low;
  Values x = test::uniform(f, 0, 1);
  for (ckks::Complex& v : x) v = c.interval.low * std::pow(ratio, v.real());

  OperationCounts done;
  const auto y = must(plan.evaluate(f.evaluator, f.encrypt(x, kTop, scale), &done));

  EXPECT_EQ(chosen.series.degree(), c.degree);
  EXPECT_EQ(chosen.iterations, c.iterations);
  EXPECT_LE(chosen.relative_error, c.relative_error);
  EXPECT_EQ(y.level, kTop - c.depth);
  EXPECT_NEAR(y.scale / result_scale, 1, ckks::kScaleTolerance);
  EXPECT_EQ(done, plan.counts());
  const double noise = plan.error_bound(test::noise_model(f), f.fresh(scale));
  const Values out = f.decrypt(y);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = 1 / x[i].real();
    ASSERT_LT(std::abs(out[i] - exact), chosen.relative_error * exact * 1.001 + noise) << x[i];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Every, ReciprocalOf,
    ::testing::Values(Case{{1, 2}, 1e-6, 64, 8, 0, 4}, Case{{0.25, 1}, 1e-6, 64, 13, 0, 4},
                      Case{{0.5, 8}, 1e-6, 64, 28, 0, 5}, Case{{1, 64}, 1e-6, 64, 9, 3, 8},
                      Case{{1, 64}, 1e-6, 6, 57, 0, 6}, Case{{0.01, 10.24}, 1e-6, 64, 24, 4, 10},
                      Case{{0.01, 10.24}, 1e-6, 8, 232, 0, 8}));

TEST(Reciprocal, WhatMakesNoSenseOrDoesNotFitIsRefused) {
  const auto text = [](const ReciprocalOptions& options, int level) {
    const double scale = folding_scale(*fixture().params, level, options.interval);
    return test::error_text(choose_reciprocal(fixture().params, options, {level, scale, 0x1p45}));
  };
  EXPECT_NE(text({{1, 64}, 1e-6}, 5).find("needs 6 levels, the input has 5"), std::string::npos);
  EXPECT_NE(text({{1, 64}, 1e-6, 3}, kTop).find("needs 6 levels, the input has 3"),
            std::string::npos);
  EXPECT_NE(text({{0, 1}, 1e-6}, kTop).find("not above zero"), std::string::npos);
  EXPECT_NE(text({{2, 1}, 1e-6}, kTop).find("invalid_argument"), std::string::npos);
  EXPECT_NE(text({{1, 2}, 0.7}, kTop).find("relative error"), std::string::npos);
  EXPECT_NE(text({{1, 2}, 1e-14}, kTop).find("relative error"), std::string::npos);
  EXPECT_NE(text({{0x1p-16, 1}, 1e-6}, kTop).find("level_exhausted"), std::string::npos);
  EXPECT_NE(text({{0x1p-40, 1}, 1e-6}, kTop).find("too wide"), std::string::npos);
  EXPECT_FALSE(reciprocal_series(0, {1, 2}));

  const auto planned = [](int iterations, int level) {
    const ReciprocalApproximation made{must(reciprocal_series(3, {1, 2})), iterations, 1e-3};
    return test::error_text(plan_reciprocal(fixture().params, made, {level, 0x1p45, 0x1p45}));
  };
  EXPECT_EQ(planned(kMaxIterations, 8), "no error");
  EXPECT_NE(planned(kMaxIterations, 7).find("needs 8 levels, the input has 7"), std::string::npos);
  EXPECT_NE(planned(kMaxIterations + 1, 9).find("6 iterations of 0 .. 5"), std::string::npos);
  EXPECT_NE(planned(-1, 9).find("invalid_argument"), std::string::npos);
}

}  // namespace
}  // namespace salus::routine
