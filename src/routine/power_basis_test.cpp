// Goal:   every power is T_n, at depth ceil(log2 n), within its bound; nothing is made that nobody
//         asked for; the interval map costs a level only where it says so.
// Method: fixed seeds, a small insecure ring; cos(n acos u) on doubles. Tolerance: error_bound.

#include "routine/power_basis.h"

#include <gtest/gtest.h>

#include <numeric>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{.log_n = 11, .levels = 5, .dnum = 3, .specials = 2, .q_bits = 45};
constexpr int kTop = 5;

class PowerBasisTest : public ::testing::Test {
 protected:
  CkksFixture f_{test::literal_of(kShape), 301, test::relinearization(kTop)};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  ChebyshevBasis plan(const std::vector<int>& degrees, Interval interval, double scale) {
    return must(ChebyshevBasis::create(f_.params, degrees, interval, {kTop, scale, 1}));
  }
};

TEST_F(PowerBasisTest, EveryPowerIsACosineAtTheLeastDepth) {
  std::vector<int> degrees(31);
  std::iota(degrees.begin(), degrees.end(), 1);
  const double scale = folding_scale(*f_.params, kTop, {-1, 1});
  const ChebyshevBasis basis = plan(degrees, {-1, 1}, scale);
  const Values x = test::uniform(f_, -1, 1);

  OperationCounts done;
  const auto powers = must(basis.evaluate(f_.evaluator, f_.encrypt(x, kTop, scale), &done));

  EXPECT_EQ(done, basis.counts());
  EXPECT_EQ(done.relinearizations, 30) << "one a power";
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    const int n = degrees[i];
    EXPECT_EQ(powers[i].level, kTop - ceil_log2(n)) << n;
    EXPECT_EQ(powers[i].level, basis.level(i));
    EXPECT_EQ(powers[i].scale, basis.scale(i));
    EXPECT_NEAR(std::log2(powers[i].scale), 46, 0.01) << "twice the prime";
    const Values expected = test::map(x, [n](double u) { return std::cos(n * std::acos(u)); });
    const double bound = basis.error_bound(i, test::noise_model(f_), f_.fresh(scale));
    EXPECT_LT(keys::test::max_error(f_.decrypt(powers[i]), expected), bound) << n;
    EXPECT_LT(bound, 1e-5);
  }
}

TEST_F(PowerBasisTest, OnlyWhatIsAskedForIsMade) {
  const double scale = folding_scale(*f_.params, kTop, {-1, 1});

  EXPECT_EQ(plan({16}, {-1, 1}, scale).counts().products, 4);
  EXPECT_EQ(plan({3}, {-1, 1}, scale).counts().products, 2);
  // 2, 4, 8 and 12 = 8 + 4 - (8 - 4).
  EXPECT_EQ(plan({12}, {-1, 1}, scale).counts().products, 4);
  // 2, 3, 4 and 7 = 4 + 3 - 1.
  EXPECT_EQ(plan({7}, {-1, 1}, scale).counts().products, 4);
  EXPECT_EQ(plan({1}, {-1, 1}, scale).counts().products, 0);
}

TEST_F(PowerBasisTest, TheIntervalMapCostsALevelOnlyAboveTheFoldingScale) {
  const Interval interval{2, 18};
  const double fold = folding_scale(*f_.params, kTop, interval);
  EXPECT_NEAR(std::log2(fold), 43, 0.01);
  for (const double scale : {fold, fold / 3, fold * 8}) {
    const int depth = scale > fold ? 2 : 1;
    const ChebyshevBasis basis = plan({2}, interval, scale);
    const Values x = test::uniform(f_, 2, 18);

    const auto t2 = must(basis.evaluate(f_.evaluator, f_.encrypt(x, kTop, scale)));

    EXPECT_EQ(t2[0].level, kTop - depth);
    EXPECT_GT(std::log2(t2[0].scale), 44.9);
    EXPECT_LT(std::log2(t2[0].scale), 46.1);
    const Values expected = test::map(x, [](double v) {
      const double u = (v - 10) / 8;
      return 2 * u * u - 1;
    });
    EXPECT_LT(keys::test::max_error(f_.decrypt(t2[0]), expected),
              basis.error_bound(0, test::noise_model(f_), f_.fresh(scale)));
  }
}

TEST_F(PowerBasisTest, ScalesOfSmallInputsDoNotRunAway) {
  // 1.3 times the prime: not a fixed point, and no integer makes it one.
  const double scale = folding_scale(*f_.params, kTop, {-1, 1}) * 0.65;
  const ChebyshevBasis basis = plan({32}, {-1, 1}, scale);
  const Values x = test::uniform(f_, -1, 1);

  const auto t32 = must(basis.evaluate(f_.evaluator, f_.encrypt(x, kTop, scale)));

  EXPECT_EQ(t32[0].level, 0);
  EXPECT_GT(std::log2(t32[0].scale), 44.9);
  const Values expected = test::map(x, [](double u) { return std::cos(32 * std::acos(u)); });
  EXPECT_LT(keys::test::max_error(f_.decrypt(t32[0]), expected),
            basis.error_bound(0, test::noise_model(f_), f_.fresh(scale)));
}

TEST_F(PowerBasisTest, WhatDoesNotFitIsRefusedWithItsNumbers) {
  const auto refused = [this](const std::vector<int>& degrees, Interval interval, int level) {
    const double scale = folding_scale(*f_.params, kTop, {-1, 1});
    return test::error_text(
        ChebyshevBasis::create(f_.params, degrees, interval, {level, scale, 1}));
  };
  EXPECT_EQ(refused({32}, {-1, 1}, kTop), "no error");
  EXPECT_NE(refused({33}, {-1, 1}, kTop).find("needs 6 levels, the input has 5"),
            std::string::npos);
  EXPECT_NE(refused({17}, {-8, 8}, kTop).find("needs 6 levels, the input has 5"), std::string::npos)
      << "one for the map";
  EXPECT_NE(refused({0}, {-1, 1}, kTop).find("invalid_argument"), std::string::npos);
  EXPECT_NE(refused({kMaxDegree + 1}, {-1, 1}, kTop).find("1023"), std::string::npos);
  EXPECT_NE(refused({2}, {1, -1}, kTop).find("invalid_argument"), std::string::npos);
  EXPECT_NE(refused({2}, {-1, 1}, 6).find("level 6 of 0 .. 5"), std::string::npos);
}

TEST_F(PowerBasisTest, InputsAreHeldAgainstThePlan) {
  const double scale = folding_scale(*f_.params, kTop, {-1, 1});
  const ChebyshevBasis basis =
      must(ChebyshevBasis::create(f_.params, std::vector<int>{4}, {-1, 1}, {3, scale, 1}));
  const auto text = [&](const ckks::Ciphertext& x) {
    return test::error_text(basis.evaluate(f_.evaluator, x));
  };
  const Values x = test::uniform(f_, -1, 1);

  EXPECT_EQ(text(f_.encrypt(x, 3, scale)), "no error");
  EXPECT_EQ(text(f_.encrypt(x, kTop, scale)), "no error") << "higher levels are not read";
  EXPECT_NE(text(f_.encrypt(x, 2, scale)).find("at level 2"), std::string::npos);
  EXPECT_NE(text(f_.encrypt(x, 3, scale / 2)).find("scale_mismatch"), std::string::npos);
  CkksFixture without(test::literal_of(kShape), 302);
  EXPECT_NE(test::error_text(basis.evaluate(without.evaluator, f_.encrypt(x, 3, scale)))
                .find("missing_key"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::routine
