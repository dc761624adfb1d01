// Goal:   every routine at parameters of 128-bit security, within its bound and at the precision
//         that its header promises.
// Method: fixed seeds; the exact functions on doubles.

#include <gtest/gtest.h>

#include "routine/polynomial.h"
#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Shape;
using test::Values;

/// The compiler's chain: N = 2^14, 50 + 6 x 45 bits, two special primes: 420 of 438 bits.
const Shape kSmall{.log_n = 14,
                   .levels = 6,
                   .dnum = 4,
                   .specials = 2,
                   .q_bits = 45,
                   .security = ckks::SecurityProfile::kClassical128};
/// N = 2^15, 50 + 12 x 45 bits, five special primes: 840 of 881 bits.
const Shape kLarge{.log_n = 15,
                   .levels = 12,
                   .dnum = 3,
                   .specials = 5,
                   .q_bits = 45,
                   .security = ckks::SecurityProfile::kClassical128};

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

struct Case {
  Shape shape;
  double result_scale;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.shape; }

class LogisticSlow : public ::testing::TestWithParam<Case> {};

TEST_P(LogisticSlow, OfDegree59OnMinus8To8IsWithin1e8) {
  const auto& [shape, result_scale] = GetParam();
  CkksFixture f(test::literal_of(shape), 331, test::relinearization(shape.levels));
  const ChebyshevSeries series = must(chebyshev_fit(logistic, 59, {-8, 8}));
  const double scale = folding_scale(*f.params, shape.levels, series.interval);
  EXPECT_NEAR(std::log2(scale), 43, 0.01);
  const Plan plan = must(plan_series(f.params, series, {shape.levels, scale, result_scale}));
  const Values x = test::uniform(f, -8, 8);

  OperationCounts done;
  const ckks::Ciphertext y =
      must(plan.evaluate(f.evaluator, f.encrypt(x, shape.levels, scale), &done));

  EXPECT_EQ(plan.depth(), 6);
  EXPECT_EQ(done, plan.counts());
  EXPECT_EQ(done.relinearizations, 11);
  const double error = keys::test::max_error(f.decrypt(y), test::map(x, logistic));
  EXPECT_LT(error, plan.error_bound(test::noise_model(f), f.fresh(scale)) + 7e-11);
  EXPECT_LT(error, 1e-8);
  RecordProperty("error", std::to_string(error * 1e9) + "e-9");
}

// Coefficients carry the result's scale through the recursion: where there is room, four bits more
// of it make the result more precise.
INSTANTIATE_TEST_SUITE_P(Rings, LogisticSlow,
                         ::testing::Values(Case{kSmall, 0x1p45}, Case{kLarge, 0x1p49}),
                         [](const auto& made) {
                           return "Degree" + std::to_string(1 << made.param.shape.log_n);
                         });

}  // namespace
}  // namespace salus::routine
