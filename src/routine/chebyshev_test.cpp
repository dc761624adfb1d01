// Goal:   series are evaluated, derived, bounded and fitted as their definitions say.
// Method: closed forms: cos(n acos u), derivatives of polynomials, the logistic function's poles.

#include "routine/chebyshev.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace salus::routine {
namespace {

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

TEST(Chebyshev, SeriesAreSumsOfCosines) {
  const ChebyshevSeries p{{0.5, -1, 0, 2, 0.25}, {-3, 5}};
  for (const double u : {-1.0, -0.7, 0.0, 0.3, 1.0}) {
    const double t = std::acos(u);
    const double expected = 0.5 - std::cos(t) + 2 * std::cos(3 * t) + 0.25 * std::cos(4 * t);
    EXPECT_NEAR(p(1 + 4 * u), expected, 1e-14) << u;
  }
  EXPECT_EQ(p.degree(), 4);
  EXPECT_EQ(p.coefficient_sum(), 3.75);
}

TEST(Chebyshev, DerivativesAreThoseOfThePolynomial) {
  // x^3 - 2 x on [0, 4].
  const auto cubic = must(chebyshev_fit([](double x) { return x * x * x - 2 * x; }, 3, {0, 4}));
  const ChebyshevSeries slope = cubic.derivative();
  for (const double x : {0.0, 1.5, 4.0}) EXPECT_NEAR(slope(x), 3 * x * x - 2, 1e-12) << x;
  EXPECT_EQ(slope.derivative().derivative().degree(), 0);
}

TEST(Chebyshev, TheSupBoundIsAtMostTwoPercentAboveTheLargestValue) {
  for (const int degree : {1, 2, 7, 30, 101}) {
    ChebyshevSeries p{std::vector<double>(static_cast<std::size_t>(degree) + 1), {-1, 2}};
    for (std::size_t k = 0; k < p.coefficients.size(); ++k) {
      p.coefficients[k] = std::sin(static_cast<double>(7 * k + 1));
    }
    const double largest = sup_error(p, [](double) { return 0.0; });
    EXPECT_GE(p.sup_bound(), largest * (1 - 1e-6)) << degree;
    EXPECT_LE(p.sup_bound(), largest * 1.02) << degree;
  }
}

TEST(Chebyshev, PolynomialsAreFittedExactlyAndOddOnesStayOdd) {
  const auto f = [](double x) { return 4 * x * x * x - 3 * x; };
  const ChebyshevSeries p = must(chebyshev_fit(f, 8, {-1, 1}));

  EXPECT_LT(sup_error(p, f), 1e-14);
  EXPECT_NEAR(p.coefficients[3], 1, 1e-15);
  for (const int k : {0, 2, 4, 6, 8})
    EXPECT_EQ(p.coefficients[static_cast<std::size_t>(k)], 0) << k;
}

TEST(Chebyshev, TheLogisticFunctionConvergesAsItsPolesSay) {
  // Poles at +- i pi: on [-8, 8] each degree gains a factor rho = y + sqrt(1 + y^2), y = pi / 8.
  const double y = std::numbers::pi / 8;
  const double rho = y + std::sqrt(1 + y * y);
  for (const int degree : {27, 59}) {
    const ChebyshevSeries p = must(chebyshev_fit(logistic, degree, {-8, 8}));
    EXPECT_LT(sup_error(p, logistic), std::pow(rho, -degree));
  }
  EXPECT_LT(sup_error(must(chebyshev_fit(logistic, 59, {-8, 8})), logistic), 7e-11);
}

TEST(Chebyshev, WhatCannotBeFittedIsRefused) {
  const auto code = [](int degree, Interval interval, double value) {
    const auto fit = chebyshev_fit([=](double) { return value; }, degree, interval);
    return fit ? "fitted" : std::string(name(fit.error().code));
  };
  EXPECT_EQ(code(0, {-1, 1}, 1), "fitted");
  EXPECT_EQ(code(kMaxDegree, {-1, 1}, 1), "fitted");
  EXPECT_EQ(code(-1, {-1, 1}, 1), "invalid_argument");
  EXPECT_EQ(code(kMaxDegree + 1, {-1, 1}, 1), "invalid_argument");
  EXPECT_EQ(code(3, {1, 1}, 1), "invalid_argument");
  EXPECT_EQ(code(3, {0, std::numeric_limits<double>::infinity()}, 1), "invalid_argument");
  EXPECT_EQ(code(3, {0, 1}, std::nan("")), "invalid_argument");
}

}  // namespace
}  // namespace salus::routine
