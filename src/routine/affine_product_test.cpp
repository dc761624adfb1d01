// Goal:   products of affine forms slot by slot, at depth 1 + ceil(log2 k) and exactly the scale
//         asked for, with the counted operations.
// Method: fixed seeds, a small insecure ring; the same products on doubles. Tolerance: error_bound.

#include "routine/affine_product.h"

#include <gtest/gtest.h>

#include <numbers>

#include "routine/power_basis.h"
#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{.log_n = 11, .levels = 5, .dnum = 3, .specials = 2, .q_bits = 45};
constexpr int kTop = 5;
constexpr double kScale = 0x1p45;

CkksFixture& fixture() {
  static CkksFixture f(test::literal_of(kShape), 361, test::relinearization(kTop));
  return f;
}

std::vector<double> random_vector(CkksFixture& f, std::size_t size, double largest) {
  std::vector<double> out(size);
  for (double& v : out) v = f.numbers.uniform(-largest, largest);
  return out;
}

Values exact_product(std::span<const AffineForm> forms, std::span<const Values> inputs) {
  Values out(inputs[0].size(), 1.0);
  for (std::size_t s = 0; s < out.size(); ++s) {
    for (const AffineForm& form : forms) {
      ckks::Complex value = form.offset[s % form.offset.size()];
      for (const auto& [input, values] : form.slopes) {
        value += values[s % values.size()] * inputs[input][s];
      }
      out[s] *= value;
    }
  }
  return out;
}

class AffineProductOf : public ::testing::TestWithParam<int> {};

TEST_P(AffineProductOf, FormsIsTheProductSlotBySlot) {
  CkksFixture& f = fixture();
  const int count = GetParam();
  std::vector<AffineForm> forms;
  for (int j = 0; j < count; ++j) {
    AffineForm form{random_vector(f, 16, 0.5),
                    {{static_cast<std::size_t>(j % 2), random_vector(f, 64, 0.5)}}};
    if (j % 3 == 0) form.slopes.push_back({2, random_vector(f, 1, 0.5)});
    forms.push_back(std::move(form));
  }
  std::vector<Values> values;
  std::vector<ckks::Ciphertext> inputs;
  for (int i = 0; i < 3; ++i) {
    values.push_back(f.real_values());
    inputs.push_back(f.encrypt(values.back(), kTop, kScale));
  }
  const AffineProduct product =
      must(AffineProduct::create(f.encoder, f.params, forms, 3, {kTop, kScale, 0x1p44}, {1, 20}));

  OperationCounts done;
  const auto y = must(product.apply(f.evaluator, inputs, &done));

  EXPECT_EQ(product.depth(), 1 + ceil_log2(count));
  EXPECT_EQ(y.level, kTop - product.depth());
  EXPECT_NEAR(y.scale / 0x1p44, 1, ckks::kScaleTolerance);
  EXPECT_EQ(done, product.counts());
  EXPECT_EQ(done.relinearizations, count - 1);
  EXPECT_EQ(done.rescales, 2 * count - 1);
  EXPECT_EQ(done.plain_products, count + (count + 2) / 3);
  EXPECT_EQ(product.relinearization_level(), count == 1 ? -1 : kTop - 1);
  const double bound = product.error_bound(test::noise_model(f), f.fresh(kScale));
  EXPECT_LT(keys::test::max_error(f.decrypt(y), exact_product(forms, values)), bound);
  EXPECT_LT(bound, 1e-4);
  EXPECT_GT(product.byte_count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Every, AffineProductOf, ::testing::Values(1, 2, 3, 4, 5, 7, 8, 11, 16));

TEST(AffineProduct, ChebyshevPolynomialsOfEveryDegreeInOneCiphertext) {
  // Slot m holds T_(m mod 8)(u): the factors 2^((n-1)/n) (u - root) of T_n in bit-reversed order.
  CkksFixture& f = fixture();
  constexpr int kOrder[] = {0, 4, 2, 6, 1, 5, 3, 7};
  std::vector<AffineForm> forms(8, {std::vector<double>(8, 1.0), {{0, std::vector<double>(8)}}});
  for (int n = 1; n < 8; ++n) {
    std::size_t place = 0;
    const double slope = std::exp2((n - 1.0) / n);
    for (const int k : kOrder) {
      if (k >= n) continue;
      const double root = std::cos((2 * k + 1) * std::numbers::pi / (2 * n));
      forms[place].slopes[0].values[static_cast<std::size_t>(n)] = slope;
      forms[place++].offset[static_cast<std::size_t>(n)] = -slope * root;
    }
  }
  const AffineProduct basis =
      must(AffineProduct::create(f.encoder, f.params, forms, 1, {kTop, kScale, kScale}, {1, 4}));
  const Values u = f.real_values();
  const ckks::Ciphertext input = f.encrypt(u, kTop, kScale);

  const Values out = f.decrypt(must(basis.apply(f.evaluator, {&input, 1})));

  const double bound = basis.error_bound(test::noise_model(f), f.fresh(kScale));
  for (std::size_t m = 0; m < out.size(); ++m) {
    const double n = static_cast<double>(m % 8);
    ASSERT_NEAR(out[m].real(), std::cos(n * std::acos(u[m].real())), bound) << m;
  }
}

TEST(AffineProduct, InputsMayBeAtHigherLevels) {
  CkksFixture& f = fixture();
  const std::vector<AffineForm> forms(3, {{1}, {{0, {0.5}}}});
  const AffineProduct product =
      must(AffineProduct::create(f.encoder, f.params, forms, 1, {3, kScale, kScale}));
  const Values x = f.real_values();
  const ckks::Ciphertext input = f.encrypt(x, kTop, kScale);

  const auto y = must(product.apply(f.evaluator, {&input, 1}));

  EXPECT_EQ(y.level, 0);
  EXPECT_LT(keys::test::max_error(f.decrypt(y), exact_product(forms, {&x, 1})), 1e-6);
}

TEST(AffineProduct, WhatMakesNoSenseOrDoesNotFitIsRefused) {
  CkksFixture& f = fixture();
  const auto text = [&](const std::vector<AffineForm>& forms, int level) {
    return test::error_text(
        AffineProduct::create(f.encoder, f.params, forms, 2, {level, kScale, kScale}));
  };
  const AffineForm form{{1}, {{1, {0.5}}}};
  EXPECT_EQ(text(std::vector(16, form), kTop), "no error");
  EXPECT_NE(text(std::vector(17, form), kTop).find("needs 6 levels, the input has 5"),
            std::string::npos);
  EXPECT_NE(text({}, kTop).find("no forms"), std::string::npos);
  EXPECT_NE(text({{{1}, {}}}, kTop).find("form 0 has no slopes"), std::string::npos);
  EXPECT_NE(text({form, {{1}, {{2, {1}}}}}, kTop).find("form 1 refers to input 2 of 2"),
            std::string::npos);
  EXPECT_NE(text({{{1, 2, 3}, {{0, {1}}}}}, kTop).find("invalid_argument"), std::string::npos);

  const AffineProduct product = must(
      AffineProduct::create(f.encoder, f.params, std::vector(2, form), 2, {3, kScale, kScale}));
  const Values x = f.real_values();
  const auto applied = [&](std::vector<ckks::Ciphertext> inputs) {
    return test::error_text(product.apply(f.evaluator, inputs));
  };
  EXPECT_NE(applied({f.encrypt(x, 3, kScale)}).find("of 2 inputs, 1"), std::string::npos);
  EXPECT_NE(applied({f.encrypt(x, 3, kScale), f.encrypt(x, 3, kScale / 2)}).find("scale_mismatch"),
            std::string::npos);
  EXPECT_NE(applied({f.encrypt(x, 3, kScale), f.encrypt(x, 2, kScale)}).find("drop_level"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::routine
