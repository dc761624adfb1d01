// Goal:   what is read off a curve is what calculus says.
// Method: polynomials and exponentials with known values.

#include "client/curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "client/result.h"

namespace salus::client {
namespace {

TEST(MonotoneCubic, AStraightLineIsMetExactlyAndNothingIsInventedOutside) {
  const MonotoneCubic line({{0, 1, 3, 4}, {1, 3, 7, 9}});

  EXPECT_DOUBLE_EQ(*line.at(0), 1);
  EXPECT_DOUBLE_EQ(*line.at(2.5), 6);
  EXPECT_DOUBLE_EQ(*line.at(4), 9);
  EXPECT_FALSE(line.at(-0.001));
  EXPECT_FALSE(line.at(4.001));
  EXPECT_FALSE(line.at(std::nan("")));
}

TEST(MonotoneCubic, ASmoothCurveIsMetToFourthOrderAway) {
  Curve curve;
  for (int i = 0; i <= 50; ++i) {
    curve.times_h.push_back(i * 0.2);
    curve.values.push_back(std::exp(-0.3 * i * 0.2));
  }
  const MonotoneCubic between(curve);

  for (double t = 0.05; t < 10; t += 0.13) EXPECT_NEAR(*between.at(t), std::exp(-0.3 * t), 2e-5);
}

TEST(MonotoneCubic, ItDoesNotOvershootAStep) {
  const MonotoneCubic step({{0, 1, 2, 3}, {0, 0, 1, 1}});

  for (double t = 0; t <= 3; t += 0.01) {
    EXPECT_GE(*step.at(t), 0);
    EXPECT_LE(*step.at(t), 1);
  }
}

TEST(Curve, SummaryAndResiduals) {
  const Curve curve{{0, 1, 2, 4}, {0, 4, 3, 1}};

  const CurveSummary summary = summarize(curve);
  EXPECT_DOUBLE_EQ(summary.peak, 4);
  EXPECT_DOUBLE_EQ(summary.peak_time_h, 1);
  EXPECT_DOUBLE_EQ(summary.last, 1);
  EXPECT_DOUBLE_EQ(summary.area, 2 + 3.5 + 4);

  const Residuals residuals = compare(curve, {{0, 1}, {1, 4}, {9, 100}});
  EXPECT_DOUBLE_EQ(residuals.rmse, std::sqrt(0.5));
  EXPECT_EQ(residuals.used, 2u);
  EXPECT_EQ(residuals.outside, 1u);
  EXPECT_DOUBLE_EQ(relative_error({1, 2, 3}, {1, 2, 4}), 0.25);
}

TEST(Curve, DeclaredDecimalsFollowTheError) {
  EXPECT_EQ(declared_decimals(0.004), 3);
  EXPECT_EQ(declared_decimals(0.5), 1);
  EXPECT_EQ(declared_decimals(50), 0);
  EXPECT_EQ(declared_decimals(0), 9);
  EXPECT_EQ(declared_decimals(1e-30), 9);
}

}  // namespace
}  // namespace salus::client
