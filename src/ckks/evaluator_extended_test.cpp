// Goal:   what is computed modulo Q P and divided once is what single operations give, and what
// does not fit is refused. Method: against rotations, products and sums, within the noise ledger's
// bounds; seeds printed.

#include <gtest/gtest.h>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::all_keys;
using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::max_error;
using keys::test::rotated;
using keys::test::Shape;
using keys::test::Values;
using keys::test::zip;

constexpr double kScale = CkksFixture::kScale;
constexpr int kTop = 3;

class EvaluatorExtended : public ::testing::TestWithParam<Shape> {
 protected:
  CkksFixture f_{literal_of(GetParam()), 131, all_keys(kTop, {1, 5})};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  ExtendedPlaintext encode(const Values& x, int level, double scale = kScale) const {
    std::vector<double> real;
    for (const Complex& z : x) real.push_back(z.real());
    return must(f_.encoder.encode_extended(real, level, scale));
  }
};

TEST_P(EvaluatorExtended, DividedRotationsAreTheHoistedOnes) {
  const std::vector<int> steps = {0, 5, 1};
  for (int level = 0; level <= kTop; ++level) {
    const Ciphertext a = f_.encrypt(f_.values(), level);
    const std::vector<Ciphertext> expected = must(f_.evaluator.rotate_hoisted(a, steps));
    const std::vector<ExtendedCiphertext> found = must(f_.evaluator.rotate_extended(a, steps));

    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Ciphertext reduced = must(f_.evaluator.reduce(found[i]));
      EXPECT_EQ(reduced.parts, expected[i].parts) << "by " << steps[i] << " at level " << level;
      EXPECT_EQ(reduced.level, level);
      EXPECT_EQ(reduced.scale, a.scale);
    }
  }
}

TEST_P(EvaluatorExtended, RowsOfInnerProductsAreSumsOfProducts) {
  const std::size_t terms = kernel::kMaxTerms + 3;  // more than one call of the kernel
  const std::size_t rows = 2;
  const Values x = f_.real_values(0.25);
  const Ciphertext a = f_.encrypt(x, 2);
  const std::vector<ExtendedCiphertext> z(terms, must(f_.evaluator.rotate_extended(a, {{0}}))[0]);
  std::vector<ExtendedPlaintext> p;
  std::vector<Values> expected(rows, Values(x.size()));
  for (std::size_t i = 0; i < rows * terms; ++i) {
    const Values y = f_.real_values();
    p.push_back(encode(y, 2));
    Values& row = expected[i / terms];
    row = zip(row, zip(x, y, std::multiplies<>()), std::plus<>());
  }

  const std::vector<ExtendedCiphertext> sums = must(f_.evaluator.inner_products(z, p));
  ASSERT_EQ(sums.size(), rows);
  const double encoded = f_.noise.encoding(kScale) + CkksFixture::kEncoderError;
  const double each = f_.fresh() * (1 + encoded) + 0.25 * encoded;
  for (std::size_t i = 0; i < rows; ++i) {
    const Ciphertext sum = must(f_.evaluator.reduce(sums[i]));
    EXPECT_EQ(sum.scale, kScale * kScale);
    EXPECT_LT(max_error(f_.decrypt(sum), expected[i]),
              static_cast<double>(terms) * each + f_.noise.rescale(sum.scale));
  }
}

TEST_P(EvaluatorExtended, RotationsAreAddedWithoutALargerError) {
  const Values x = f_.values();
  const Values y = f_.values();
  for (int level = 0; level <= kTop; ++level) {
    const Ciphertext a = f_.encrypt(x, level);
    const ExtendedCiphertext z = must(f_.evaluator.rotate_extended(a, {{0}}))[0];
    const ExtendedCiphertext w = must(f_.evaluator.rotate_extended(f_.encrypt(y, level), {{0}}))[0];
    for (const int steps : {5, 0}) {
      const Ciphertext sum = must(f_.evaluator.reduce(must(f_.evaluator.rotate_add(z, steps, w))));
      EXPECT_LT(max_error(f_.decrypt(sum), zip(rotated(x, steps), y, std::plus<>())),
                2 * f_.fresh() + f_.noise.key_switch(level, kScale) + f_.noise.rescale(kScale))
          << "by " << steps << " at level " << level;
    }
  }
}

TEST_P(EvaluatorExtended, ReducingAndRescalingAtOnceAddsOnlyTheNoiseOfRescaling) {
  for (int level = 1; level <= kTop; ++level) {
    const Values x = f_.real_values();
    const Ciphertext a = f_.encrypt(x, level);
    const std::vector<ExtendedCiphertext> z = must(f_.evaluator.rotate_extended(a, {{0}}));
    const std::vector<ExtendedPlaintext> p = {encode(x, level)};
    const ExtendedCiphertext product = must(f_.evaluator.inner_products(z, p))[0];
    const Ciphertext whole = must(f_.evaluator.reduce(product));
    const Ciphertext at_once = must(f_.evaluator.reduce_rescale(product));

    EXPECT_EQ(at_once.level, level - 1);
    EXPECT_EQ(at_once.scale, whole.scale / static_cast<double>(f_.params->q(level).value()));
    EXPECT_LT(max_error(f_.decrypt(at_once), f_.decrypt(whole)),
              f_.noise.rescale(whole.scale) + f_.noise.rescale(at_once.scale) +
                  CkksFixture::kEncoderError);
  }
}

TEST_P(EvaluatorExtended, WhatDoesNotFitIsRefused) {
  const Evaluator& e = f_.evaluator;
  const Values x = f_.real_values();
  const std::vector<ExtendedCiphertext> high = must(e.rotate_extended(f_.encrypt(x, kTop), {{0}}));
  const std::vector<ExtendedCiphertext> low = must(e.rotate_extended(f_.encrypt(x, 1), {{0}}));
  const std::vector<ExtendedPlaintext> p = {encode(x, kTop)};
  const std::vector<ExtendedPlaintext> mixed = {encode(x, 1), encode(x, 1, 2 * kScale)};
  const std::vector<ExtendedPlaintext> wide = {encode(x, 1, 0x1p60)};
  const std::vector<ExtendedCiphertext> two = {high[0], high[0]};

  EXPECT_EQ(e.inner_products(low, p).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(e.inner_products(low, mixed).error().code, ErrorCode::kScaleMismatch);
  EXPECT_EQ(e.inner_products(low, wide).error().code, ErrorCode::kLevelExhausted);
  EXPECT_EQ(e.inner_products(two, p).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.inner_products({}, p).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(e.rotate_add(low[0], 1, high[0]).error().code, ErrorCode::kMismatch);
  const Result<ExtendedCiphertext> no_key = e.rotate_add(high[0], 3, high[0]);
  EXPECT_EQ(no_key.error().code, ErrorCode::kMissingKey);
  EXPECT_NE(no_key.error().message.find("rotate by 3"), std::string::npos);
  const ExtendedCiphertext floor = must(e.rotate_extended(f_.encrypt(x, 0), {{0}}))[0];
  EXPECT_EQ(e.reduce_rescale(floor).error().code, ErrorCode::kLevelExhausted);

  CkksFixture other(literal_of({.log_n = 10, .levels = 2, .dnum = 3}), 132);
  EXPECT_EQ(other.evaluator.reduce(high[0]).error().code, ErrorCode::kMismatch);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EvaluatorExtended,
                         ::testing::Values(Shape{.log_n = 11, .dnum = 4, .specials = 1},
                                           Shape{.log_n = 11, .dnum = 2, .specials = 2}));

TEST(EvaluatorWithoutSpecialPrimes, ExtendsByNothing) {
  CkksFixture f(literal_of({.log_n = 10, .levels = 2, .dnum = 3, .specials = 0}), 133);
  const Values x = f.real_values();
  const Ciphertext a = f.encrypt(x, 2);
  const ExtendedCiphertext z = must(f.evaluator.rotate_extended(a, {{0}}))[0];

  EXPECT_EQ(must(f.evaluator.reduce(z)).parts, a.parts);
  EXPECT_EQ(must(f.evaluator.reduce_rescale(z)).parts, must(f.evaluator.rescale(a)).parts);
}

}  // namespace
}  // namespace salus::ckks
