// Goal:   a series of a ciphertext is the series, at depth ceil(log2(degree + 1)), at exactly the
//         scale asked for, with the operations that the plan counts, within the plan's bound.
// Method: fixed seeds, a small insecure ring; random coefficients; Clenshaw on doubles.

#include "routine/polynomial.h"

#include <gtest/gtest.h>

#include <map>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{
    .log_n = 11, .levels = 8, .dnum = 3, .specials = 3, .q0_bits = 55, .q_bits = 45};
constexpr int kTop = 8;
constexpr double kResultScale = 0x1p46;

enum class Parity { kNone, kOdd, kEven };

ChebyshevSeries random_series(int degree, Parity parity, Interval interval, std::uint64_t seed) {
  salus::test::TestRandom random(seed);
  ChebyshevSeries out{{}, interval};
  for (int k = 0; k <= degree; ++k) {
    const bool skipped =
        parity == Parity::kOdd ? k % 2 == 0 : parity == Parity::kEven && k % 2 == 1;
    out.coefficients.push_back(skipped ? 0 : random.uniform(-1, 1) / (k + 1));
  }
  return out;
}

CkksFixture& fixture() {
  static CkksFixture f(test::literal_of(kShape), 311, test::relinearization(kTop));
  return f;
}

Result<Plan> plan_at_top(const ChebyshevSeries& series) {
  const ckks::ParametersPtr& params = fixture().params;
  return plan_series(params, series,
                     {kTop, folding_scale(*params, kTop, series.interval), kResultScale});
}

struct Case {
  int degree;
  Parity parity;
};

std::string name_of(const Case& c) {
  const std::string parity = c.parity == Parity::kNone  ? ""
                             : c.parity == Parity::kOdd ? "Odd"
                                                        : "Even";
  return std::to_string(c.degree) + parity;
}

class SeriesOf : public ::testing::TestWithParam<Case> {};

TEST_P(SeriesOf, DegreeIsTheSeriesAtTheLeastDepth) {
  CkksFixture& f = fixture();
  const auto [degree, parity] = GetParam();
  const Interval interval{-3, 5};
  const ChebyshevSeries series = random_series(degree, parity, interval, 312);
  const Plan plan = must(plan_at_top(series));
  const Values x = test::uniform(f, interval.low, interval.high);
  const double scale = folding_scale(*f.params, kTop, interval);

  OperationCounts done;
  const ckks::Ciphertext y = must(plan.evaluate(f.evaluator, f.encrypt(x, kTop, scale), &done));

  EXPECT_EQ(plan.depth(), ceil_log2(degree + 1));
  EXPECT_EQ(y.level, kTop - plan.depth());
  EXPECT_NEAR(y.scale / kResultScale, 1, ckks::kScaleTolerance);
  EXPECT_EQ(done, plan.counts());
  EXPECT_LE(plan.relinearization_level(), kTop);
  const double error = keys::test::max_error(f.decrypt(y), test::map(x, series));
  EXPECT_LT(error, plan.error_bound(test::noise_model(f), f.fresh(scale)));
  EXPECT_LT(error, 1e-7);
}

INSTANTIATE_TEST_SUITE_P(
    Every, SeriesOf,
    ::testing::Values(Case{1, Parity::kNone}, Case{2, Parity::kNone}, Case{3, Parity::kNone},
                      Case{4, Parity::kNone}, Case{5, Parity::kNone}, Case{6, Parity::kEven},
                      Case{7, Parity::kOdd}, Case{7, Parity::kNone}, Case{12, Parity::kNone},
                      Case{15, Parity::kNone}, Case{15, Parity::kOdd}, Case{27, Parity::kNone},
                      Case{31, Parity::kNone}, Case{59, Parity::kNone}, Case{59, Parity::kOdd},
                      Case{60, Parity::kEven}, Case{63, Parity::kNone}, Case{127, Parity::kNone},
                      Case{255, Parity::kOdd}),
    [](const auto& series) { return name_of(series.param); });

TEST(Polynomial, RelinearizationsAreThoseOfTheHeader) {
  const std::map<int, int> expected = {{13, 6}, {27, 8}, {59, 11}, {127, 18}};
  for (const auto& [degree, count] : expected) {
    const Plan plan = must(plan_at_top(random_series(degree, Parity::kNone, {-1, 1}, 313)));
    EXPECT_EQ(plan.counts().relinearizations, count) << degree;
    const double usual = 2 * std::sqrt(degree) + std::log2(degree);
    EXPECT_LT(count, usual);
  }
}

TEST(Polynomial, OddAndEvenSeriesCostLess) {
  for (const int degree : {15, 27, 63}) {
    const auto cost = [degree](Parity parity) {
      return must(plan_at_top(random_series(degree, parity, {-1, 1}, 314))).schedule().cost();
    };
    EXPECT_LT(cost(Parity::kOdd), cost(Parity::kNone)) << degree;
    EXPECT_LT(cost(Parity::kEven), cost(Parity::kNone)) << degree;
  }
}

TEST(Polynomial, AKeyAtTheNamedLevelIsEnough) {
  const ChebyshevSeries series = random_series(27, Parity::kNone, {-1, 1}, 315);
  const ckks::ParametersPtr& params = fixture().params;
  const double scale = folding_scale(*params, 5, {-1, 1});
  const Plan plan = must(plan_series(params, series, {5, scale, kResultScale}));
  CkksFixture f(test::literal_of(kShape), 316, test::relinearization(plan.relinearization_level()));
  const Values x = test::uniform(f, -1, 1);

  const ckks::Ciphertext y = must(plan.evaluate(f.evaluator, f.encrypt(x, kTop, scale)));

  EXPECT_EQ(plan.relinearization_level(), 5);
  EXPECT_LT(keys::test::max_error(f.decrypt(y), test::map(x, series)), 1e-7);
}

TEST(Polynomial, InputsAboveTheFoldingScaleCostOneLevelMore) {
  CkksFixture& f = fixture();
  const ChebyshevSeries series = random_series(9, Parity::kNone, {-8, 8}, 317);
  const double scale = 0x1p45;
  const Plan plan = must(plan_series(f.params, series, {kTop, scale, kResultScale}));
  const Values x = test::uniform(f, -8, 8);

  const ckks::Ciphertext y = must(plan.evaluate(f.evaluator, f.encrypt(x, kTop, scale)));

  EXPECT_EQ(series_depth(*f.params, kTop, scale, series), 5);
  EXPECT_EQ(plan.depth(), 5);
  EXPECT_LT(keys::test::max_error(f.decrypt(y), test::map(x, series)),
            plan.error_bound(test::noise_model(f), f.fresh(scale)));
}

TEST(Polynomial, EqualRunsGiveEqualWords) {
  CkksFixture& f = fixture();
  const ChebyshevSeries series = random_series(20, Parity::kNone, {-1, 1}, 318);
  const Plan plan = must(plan_at_top(series));
  const ckks::Ciphertext x =
      f.encrypt(test::uniform(f, -1, 1), kTop, folding_scale(*f.params, kTop, {-1, 1}));

  EXPECT_EQ(must(plan.evaluate(f.evaluator, x)).parts, must(plan.evaluate(f.evaluator, x)).parts);
}

TEST(Polynomial, WhatCannotBeComputedIsRefusedWithItsNumbers) {
  const auto text = [](const ChebyshevSeries& series, const Placement& at) {
    return test::error_text(plan_series(fixture().params, series, at));
  };
  const double fold = folding_scale(*fixture().params, 5, {-1, 1});
  const ChebyshevSeries series = random_series(59, Parity::kNone, {-1, 1}, 319);

  EXPECT_NE(text(series, {5, fold, 0x1p45}).find("degree 59 needs 6 levels, the input has 5"),
            std::string::npos);
  EXPECT_NE(text(series, {6, fold, 0x1p60}).find("do not fit the modulus"), std::string::npos);
  EXPECT_NE(text(series, {9, fold, 0x1p45}).find("level 9 of 0 .. 8"), std::string::npos);
  EXPECT_NE(text(series, {8, fold, 0}).find("invalid_argument"), std::string::npos);
  EXPECT_NE(text({{1, 0, 0}, {-1, 1}}, {8, fold, 0x1p45}).find("degree 0"), std::string::npos);
  EXPECT_NE(text({{1, NAN}, {-1, 1}}, {8, fold, 0x1p45}).find("not finite"), std::string::npos);
  EXPECT_NE(text({{1, 1}, {1, 1}}, {8, fold, 0x1p45}).find("interval"), std::string::npos);
  const ChebyshevSeries too_long{std::vector<double>(kMaxDegree + 2, 1.0), {-1, 1}};
  EXPECT_NE(text(too_long, {8, fold, 0x1p45}).find("of 1 .. 1023"), std::string::npos);
  const ChebyshevSeries longest{std::vector<double>(kMaxDegree + 1, 1.0), {-1, 1}};
  EXPECT_NE(text(longest, {8, fold, 0x1p45}).find("degree 1023 needs 10 levels"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::routine
