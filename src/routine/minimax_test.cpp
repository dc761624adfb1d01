// Goal:   the polynomials are the best ones.
// Method: Chebyshev's alternation theorem: an odd p whose error takes its largest value with
//         alternating sign at (degree + 3) / 2 points has no better one; closed form for degree 1.

#include "routine/minimax.h"

#include <gtest/gtest.h>

#include <cmath>

namespace salus::routine {
namespace {

// How often the error comes within `tolerance` of its largest value with another sign than before.
int alternations(const MinimaxSign& p, double low, double high, double tolerance) {
  constexpr int kPoints = 200'000;
  int count = 0;
  double sign = 0;
  for (int i = 0; i <= kPoints; ++i) {
    const double x = low * std::pow(high / low, static_cast<double>(i) / kPoints);
    const double error = 1 - p.series(x);
    EXPECT_LE(std::abs(error), p.error * (1 + 1e-5)) << x;
    if (std::abs(error) < p.error * (1 - tolerance) || error * sign > 0) continue;
    sign = error;
    ++count;
  }
  return count;
}

TEST(Minimax, TheErrorAlternatesAtItsLargestValue) {
  for (const double low : {0x1p-10, 0x1p-8, 0.125, 0.5, 0.9}) {
    for (const int degree : {1, 3, 7, 15, 27}) {
      const MinimaxSign p = must(minimax_sign(degree, low, 1));
      if (p.error < 1e-10) continue;  // rounding blurs the extrema
      EXPECT_EQ(p.series.degree(), degree);
      EXPECT_EQ(alternations(p, low, 1, 1e-4), (degree + 3) / 2) << degree << " from " << low;
      for (std::size_t k = 0; k < p.series.coefficients.size(); k += 2) {
        EXPECT_EQ(p.series.coefficients[k], 0) << "odd";
      }
      EXPECT_LE(p.series.sup_bound(), (1 + p.error) * 1.03) << "between the two intervals too";
    }
  }
}

TEST(Minimax, ALineMeetsBothEndsAlike) {
  const MinimaxSign p = must(minimax_sign(1, 0.5, 2));
  EXPECT_NEAR(p.series(1), 2 / 2.5, 1e-12);
  EXPECT_NEAR(p.error, 1.5 / 2.5, 1e-12);
}

TEST(Minimax, LowerDegreesServeWhereTheyReachTheRoundingOfDoubles) {
  const MinimaxSign p = must(minimax_sign(31, 0.99, 1.01));
  EXPECT_LT(p.series.degree(), 31);
  EXPECT_LT(p.error, 1e-12);
  EXPECT_LT(p.series.sup_bound(), 1.03);
  EXPECT_NEAR(must(minimax_sign(3, 1 - 0x1p-50, 1)).series(1), 1, 1e-12);
}

TEST(Minimax, WhatIsNoSignIsRefused) {
  for (const auto& [degree, low, high] : {std::tuple{2, 0.1, 1.0},
                                          {-1, 0.1, 1.0},
                                          {65, 0.1, 1.0},
                                          {7, 0.0, 1.0},
                                          {7, 1.0, 1.0},
                                          {7, 0.1, INFINITY}}) {
    const auto p = minimax_sign(degree, low, high);
    ASSERT_FALSE(p);
    EXPECT_EQ(p.error().code, ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(minimax_sign(kMaxMinimaxDegree, 0.1, 1));
}

}  // namespace
}  // namespace salus::routine
