// Goal:   a schedule computes its sums of products at the levels and scales it names, counts what
//         it does, and holds its operands against the plan.
// Method: fixed seeds, a small insecure ring; the same sums on doubles. Tolerance: error_bounds.

#include "routine/schedule.h"

#include <gtest/gtest.h>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{.log_n = 11, .levels = 3, .dnum = 2, .specials = 2};
constexpr double kScale = CkksFixture::kScale;

class ScheduleTest : public ::testing::Test {
 protected:
  CkksFixture f_{test::literal_of(kShape), 321, test::relinearization(3)};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  double prime(int level) const { return static_cast<double>(f_.params->q(level).value()); }
};

TEST_F(ScheduleTest, SumsOfProductsOfSeveralInputsAtDifferentLevels) {
  Schedule schedule(f_.params);
  const int x = schedule.input(3, kScale, 1);
  const int y = schedule.input(3, kScale, 1);
  const int xy = must(schedule.append({.products = {{x, y}},
                                       .product_coefficient = -1,
                                       .constant = 0.25,
                                       .level = 3,
                                       .scale = kScale * kScale,
                                       .bound = 1.25}));
  // 2 x y + 3 x xy - 0.7 y + 1: the products' scales are equal, the factor 3 is exact.
  const double scale = kScale * schedule.scale(xy);
  const int out = must(schedule.append({.products = {{x, xy}, {xy, x}},
                                        .product_coefficient = 3,
                                        .terms = {{y, -0.7}, {xy, 0.1}},
                                        .constant = 1,
                                        .level = 2,
                                        .scale = scale,
                                        .bound = 10}));
  const Values a = f_.real_values();
  const Values b = f_.real_values();
  const ckks::Ciphertext inputs[] = {f_.encrypt(a, 3), f_.encrypt(b, 3)};

  OperationCounts done;
  const auto made = must(schedule.run(f_.evaluator, inputs, std::vector{out, xy}, &done));

  EXPECT_EQ(done, schedule.counts());
  EXPECT_EQ(done, (OperationCounts{
                      .products = 3, .relinearizations = 2, .rescales = 2, .scalar_products = 2}));
  EXPECT_EQ(schedule.relinearization_level(), 3);
  const double inputs_error[] = {f_.fresh(), f_.fresh()};
  const auto bounds = schedule.error_bounds(test::noise_model(f_), inputs_error);
  Values products;
  Values sums;
  for (std::size_t i = 0; i < a.size(); ++i) {
    products.push_back(0.25 - a[i] * b[i]);
    sums.push_back(6.0 * a[i] * products[i] - 0.7 * b[i] + 0.1 * products[i] + 1.0);
  }
  EXPECT_EQ(made[0].level, 1);
  EXPECT_EQ(made[0].scale, scale / prime(2));
  EXPECT_LT(keys::test::max_error(f_.decrypt(made[0]), sums),
            bounds[static_cast<std::size_t>(out)]);
  EXPECT_LT(keys::test::max_error(f_.decrypt(made[1]), products),
            bounds[static_cast<std::size_t>(xy)]);
}

TEST_F(ScheduleTest, SumsMayStayAtTheirLevel) {
  Schedule schedule(f_.params);
  const int x = schedule.input(2, kScale, 1);
  const int doubled = must(schedule.append(
      {.terms = {{x, 2}}, .level = 2, .scale = kScale, .rescale = false, .bound = 2}));
  const int square = must(schedule.append({.products = {{x, doubled}},
                                           .level = 2,
                                           .scale = kScale * kScale,
                                           .rescale = false,
                                           .bound = 2}));
  const Values a = f_.real_values();
  const ckks::Ciphertext input = f_.encrypt(a, 3);

  const auto made = must(schedule.run(f_.evaluator, {&input, 1}, std::vector{square}));

  EXPECT_EQ(made[0].level, 2);
  EXPECT_EQ(made[0].parts.size(), 2u);
  EXPECT_LT(
      keys::test::max_error(f_.decrypt(made[0]), test::map(a, [](double v) { return 2 * v * v; })),
      1e-5);
}

TEST_F(ScheduleTest, AsManyProductsAsASumMayHave) {
  Schedule schedule(f_.params);
  const int x = schedule.input(3, kScale, 1);
  Sum sum{.products = std::vector<Sum::Product>(Schedule::kMaxProducts, {x, x})};
  sum.level = 3;
  sum.scale = kScale * kScale;
  sum.bound = 32;
  const int out = must(schedule.append(std::move(sum)));
  const Values a = f_.real_values();
  const ckks::Ciphertext input = f_.encrypt(a, 3);

  const auto made = must(schedule.run(f_.evaluator, {&input, 1}, std::vector{out}));

  const double error = f_.fresh();
  const auto bounds = schedule.error_bounds(test::noise_model(f_), {&error, 1});
  EXPECT_LT(
      keys::test::max_error(f_.decrypt(made[0]), test::map(a, [](double v) { return 32 * v * v; })),
      bounds.back());
}

TEST_F(ScheduleTest, ErrorsPassThroughAMarkedFunctionOnce) {
  // x^2 in two ways: as a product of two independent errors, and as a function of slope 2.
  const auto bound = [this](bool marked) {
    Schedule schedule(f_.params);
    const int x = schedule.input(3, kScale, 1);
    const int half = must(
        schedule.append({.terms = {{x, 1}}, .level = 3, .scale = kScale * prime(3), .bound = 1}));
    const int square = must(schedule.append(
        {.products = {{half, half}}, .level = 2, .scale = kScale * kScale, .bound = 1}));
    if (marked) schedule.mark_function(x, square, 0.5);
    const double error = 1e-3;
    return schedule.error_bounds(test::noise_model(f_), {&error, 1}).back();
  };
  EXPECT_NEAR(bound(false), 2e-3, 1e-4);
  EXPECT_NEAR(bound(true), 0.5e-3, 1e-4);
}

TEST_F(ScheduleTest, MistakesInPlansAreDefects) {
  Schedule schedule(f_.params);
  const int x = schedule.input(2, kScale, 1);
  const auto append = [&](Sum sum) { return schedule.append(std::move(sum)); };

  EXPECT_THROW((void)append({.level = 2, .scale = kScale}), Defect);
  EXPECT_THROW((void)append({.terms = {{x, 1}}, .level = 3, .scale = kScale}), Defect);
  EXPECT_THROW((void)append({.terms = {{7, 1}}, .level = 1, .scale = kScale}), Defect);
  EXPECT_THROW((void)append({.products = {{x, x}}, .level = 2, .scale = kScale * kScale * 1.5}),
               Defect);
  const std::vector<Sum::Product> many(Schedule::kMaxProducts + 1, {x, x});
  EXPECT_THROW((void)append({.products = many, .level = 2, .scale = kScale * kScale}), Defect);
}

TEST_F(ScheduleTest, WhatDoesNotFitIsRefused) {
  Schedule schedule(f_.params);
  const int x = schedule.input(2, kScale, 1);

  const auto low = schedule.append({.terms = {{x, 1}}, .level = 0, .scale = kScale});
  EXPECT_NE(test::error_text(low).find("level_exhausted"), std::string::npos);
  const auto wide = schedule.append({.terms = {{x, 1}}, .level = 1, .scale = 0x1p80, .bound = 512});
  EXPECT_NE(test::error_text(wide).find("do not fit"), std::string::npos);
  const auto none = schedule.run(f_.evaluator, {}, std::vector{x});
  EXPECT_NE(test::error_text(none).find("invalid_argument"), std::string::npos);
}

}  // namespace
}  // namespace salus::routine
