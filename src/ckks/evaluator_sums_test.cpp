// Goal:   weighted sums are the sums of the weighted values, whatever the operands' levels, scales
// and parts, and what does not fit is refused. Method: against sums in the clear, within the noise
// ledger's bounds; seeds printed.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::Shape;
using keys::test::Values;
using keys::test::zip;

constexpr double kScale = CkksFixture::kScale;
constexpr int kTop = 3;

class EvaluatorSums : public ::testing::TestWithParam<Shape> {
 protected:
  CkksFixture f_{literal_of(GetParam()), 137, all_keys(kTop, {1})};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};
};

Values weighted(const Values& sum, double w, const Values& x) {
  return zip(sum, x, [w](const Complex& a, const Complex& b) { return a + w * b; });
}

TEST_P(EvaluatorSums, TakeOperandsOfAnyLevelScaleAndNumberOfParts) {
  const std::size_t terms = kernel::kMaxTerms + 5;  // more than one call of the kernel
  const std::size_t rows = 3;
  const Values a = f_.real_values(), b = f_.real_values(), c = f_.real_values();
  const Ciphertext low = f_.encrypt(a, 1);
  const Ciphertext product = must(f_.evaluator.rescale(
      must(f_.evaluator.multiply_unrelinearized(f_.encrypt(b, 2), f_.encrypt(c, 2)))));
  const Ciphertext high = f_.encrypt(c, kTop);
  ASSERT_EQ(product.parts.size(), 3u);
  ASSERT_EQ(product.level, 1);
  const std::vector<std::pair<const Ciphertext*, Values>> kinds = {
      {&low, a}, {&product, zip(b, c, std::multiplies<>())}, {&high, c}};
  std::vector<const Ciphertext*> z;
  for (std::size_t k = 0; k < terms; ++k) z.push_back(kinds[k % kinds.size()].first);
  std::vector<double> weights;
  std::vector<Values> expected(rows, Values(a.size()));
  for (std::size_t i = 0; i < rows * terms; ++i) {
    weights.push_back(i % 7 == 0 ? 0 : std::sin(static_cast<double>(i)));
    Values& sum = expected[i / terms];
    sum = weighted(sum, weights.back(), kinds[i % terms % kinds.size()].second);
  }

  const double scale = kScale * kScale;
  const std::vector<Ciphertext> sums = must(f_.evaluator.weighted_sums(z, weights, 1, scale));
  ASSERT_EQ(sums.size(), rows);
  const double each = 3 * f_.fresh() + f_.noise.rescale_unrelinearized(product.scale);
  for (std::size_t row = 0; row < rows; ++row) {
    EXPECT_EQ(sums[row].level, 1);
    EXPECT_EQ(sums[row].parts.size(), 3u);
    const Ciphertext two = must(f_.evaluator.relinearize(sums[row]));
    EXPECT_LT(max_error(f_.decrypt(two), expected[row]),
              static_cast<double>(terms) * each + f_.noise.key_switch(1, scale))
        << "row " << row;
  }
  const std::vector<Ciphertext> plain =
      must(f_.evaluator.weighted_sums({{&low, &high}}, {{0.5, -2}}, 0, scale / kScale * 2));
  EXPECT_EQ(plain[0].parts.size(), 2u);
  EXPECT_EQ(plain[0].level, 0);
}

TEST_P(EvaluatorSums, RefuseWhatDoesNotFit) {
  const Ciphertext low = f_.encrypt(f_.real_values(), 1);
  const Evaluator& e = f_.evaluator;
  const std::vector<const Ciphertext*> z = {&low, &low};
  const double scale = kScale * kScale;
  EXPECT_EQ(e.weighted_sums({}, {{1.0}}, 1, scale).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.weighted_sums(z, {{1.0}}, 1, scale).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.weighted_sums(z, {{1.0, std::nan("")}}, 1, scale).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.weighted_sums(z, {{1.0, 1.0}}, 2, scale).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(e.weighted_sums(z, {{1.0, 1.0}}, -1, scale).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(e.weighted_sums(z, {{1.0, 0x1p62}}, 1, scale).error().code, ErrorCode::kLevelExhausted);
  EXPECT_EQ(e.weighted_sums(z, {{1.0, 1.0}}, 1, 0x1p300).error().code, ErrorCode::kLevelExhausted);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EvaluatorSums,
                         ::testing::Values(Shape{.log_n = 11, .dnum = 4, .specials = 1},
                                           Shape{.log_n = 11, .dnum = 2, .specials = 2}));

}  // namespace
}  // namespace salus::ckks
