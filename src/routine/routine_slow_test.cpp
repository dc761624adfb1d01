// Goal:   every routine at parameters of 128-bit security, within its bound and at the precision
//         that its header promises.
// Method: fixed seeds; the exact functions on doubles.

#include <gtest/gtest.h>

#include "routine/affine_product.h"
#include "routine/comparison.h"
#include "routine/reciprocal.h"
#include "routine/slot_sums.h"
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

TEST(PowerBasisSlow, AllThatTheSmallRingHasLevelsFor) {
  CkksFixture f(test::literal_of(kSmall), 332, test::relinearization(6));
  const double scale = folding_scale(*f.params, 6, {-1, 1});
  const std::vector<int> degrees = {3, 7, 31, 48, 64};
  const ChebyshevBasis basis =
      must(ChebyshevBasis::create(f.params, degrees, {-1, 1}, {6, scale, 1}));
  const Values x = test::uniform(f, -1, 1);

  OperationCounts done;
  const auto powers = must(basis.evaluate(f.evaluator, f.encrypt(x, 6, scale), &done));

  EXPECT_EQ(done, basis.counts());
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    const int n = degrees[i];
    EXPECT_EQ(powers[i].level, 6 - ceil_log2(n));
    const Values exact = test::map(x, [n](double u) { return std::cos(n * std::acos(u)); });
    EXPECT_LT(keys::test::max_error(f.decrypt(powers[i]), exact),
              basis.error_bound(i, test::noise_model(f), f.fresh(scale)));
  }
}

TEST(ComparisonSlow, TwoHundredAndFiftySixStepsAreToldApart) {
  CkksFixture f(test::literal_of(kLarge), 333, test::relinearization(12));
  const SignOptions options{.output = SignOutput::kStep};
  const double scale = folding_scale(*f.params, 12, {-1, 1});
  const SignApproximation step = must(approximate_sign(options));
  const Plan plan = must(plan_sign(f.params, step, {12, scale, 0x1p45}));
  Values x(f.params->slot_count());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = (static_cast<double>(i % 256) + 1) / 256 * (i / 256 % 2 == 0 ? 1 : -1);
  }

  OperationCounts done;
  const auto y = must(plan.evaluate(f.evaluator, f.encrypt(x, 12, scale), &done));

  EXPECT_EQ(y.level, 1);
  EXPECT_EQ(done, plan.counts());
  const double noise = plan.error_bound(test::noise_model(f), f.fresh(scale));
  EXPECT_LT(noise, 1e-3);
  const Values exact = test::map(x, [](double v) { return v > 0 ? 1.0 : 0.0; });
  EXPECT_LT(keys::test::max_error(f.decrypt(y), exact), step.error + noise);
}

TEST(ReciprocalSlow, OverOneDecadeToSixDigits) {
  CkksFixture f(test::literal_of(kSmall), 334, test::relinearization(6));
  const Interval interval{0.5, 8};
  const double scale = folding_scale(*f.params, 6, interval);
  const Placement at{6, scale, 0x1p45};
  const ReciprocalApproximation made = must(choose_reciprocal(f.params, {interval, 1e-6}, at));
  const Plan plan = must(plan_reciprocal(f.params, made, at));
  const Values x = test::uniform(f, interval.low, interval.high);

  OperationCounts done;
  const auto y = must(plan.evaluate(f.evaluator, f.encrypt(x, 6, scale), &done));

  EXPECT_EQ(plan.depth(), 5);
  EXPECT_EQ(done, plan.counts());
  const double noise = plan.error_bound(test::noise_model(f), f.fresh(scale));
  EXPECT_LT(keys::test::max_error(f.decrypt(y), test::map(x, [](double v) { return 1 / v; })),
            made.relative_error / interval.low + noise);
  EXPECT_LT(noise, 1e-6);
}

TEST(AffineProductSlow, EightFormsAtTheScaleOfTheProductsOfTheBasis) {
  CkksFixture f(test::literal_of(kSmall), 335, test::relinearization(6));
  std::vector<AffineForm> forms;
  for (std::size_t j = 0; j < 8; ++j) {
    forms.push_back({{0.25 * static_cast<double>(j % 3), -0.5}, {{j % 2, {0.5, 0.75, -0.25, 1}}}});
  }
  const AffineProduct product =
      must(AffineProduct::create(f.encoder, f.params, forms, 2, {5, 0x1p45, 0x1p45}));
  const Values x[] = {test::uniform(f, -1, 1), test::uniform(f, -1, 1)};
  const ckks::Ciphertext inputs[] = {f.encrypt(x[0], 5, 0x1p45), f.encrypt(x[1], 5, 0x1p45)};

  OperationCounts done;
  const auto y = must(product.apply(f.evaluator, inputs, &done));

  EXPECT_EQ(y.level, 1);
  EXPECT_EQ(done, product.counts());
  Values exact(x[0].size(), 1.0);
  for (std::size_t s = 0; s < exact.size(); ++s) {
    for (const AffineForm& form : forms) {
      const auto& slope = form.slopes[0];
      exact[s] *= form.offset[s % 2] + slope.values[s % 4] * x[slope.input][s];
    }
  }
  EXPECT_LT(keys::test::max_error(f.decrypt(y), exact),
            product.error_bound(test::noise_model(f), f.fresh(0x1p45)));
}

TEST(SlotSumsSlow, TheSumOfAllSlotsInEverySlot) {
  const SlotBlock all{1 << 13, 1};
  circuit::KeyRequirements keys;
  for (const int steps : inner_sum_rotations(all)) keys.rotation_levels[steps] = 1;
  CkksFixture f(test::literal_of(kSmall), 336, keys);
  const Values x = test::uniform(f, -1, 1);
  const std::vector<double> weights(x.size(), 1.0 / (1 << 13));
  const Mask mean = must(Mask::create(f.encoder, *f.params, weights, {1, 0x1p45, 0x1p45}));

  OperationCounts done;
  const auto sum = must(inner_sum(f.evaluator, f.encrypt(x, 1, 0x1p45), all, &done));
  const auto y = must(mean.apply(f.evaluator, sum, &done));

  EXPECT_EQ(done, (OperationCounts{.rescales = 1, .plain_products = 1, .rotations = 13}));
  ckks::Complex total = 0;
  for (const ckks::Complex& v : x) total += v;
  const NoiseModel noise = test::noise_model(f);
  const double bound = slot_sum_error(all, noise, 1, 0x1p45, f.fresh(0x1p45));
  EXPECT_LT(keys::test::max_error(f.decrypt(y), Values(x.size(), total / 8192.0)),
            mean.error_bound(noise, 8192, bound));
}

}  // namespace
}  // namespace salus::routine
