// Goal:   sums and copies over blocks and masks do what they say with exactly the rotations listed.
// Method: fixed seeds, a small insecure ring with keys for just those rotations; sums on doubles.

#include "routine/slot_sums.h"

#include <gtest/gtest.h>

#include "routine/testing/routine_fixture.h"

namespace salus::routine {
namespace {

using test::CkksFixture;
using test::Values;

const test::Shape kShape{.log_n = 11, .levels = 2, .dnum = 2, .specials = 2, .q_bits = 45};
constexpr double kScale = 0x1p45;
constexpr int kSlots = 1024;

circuit::KeyRequirements keys_for(const std::vector<int>& rotations) {
  circuit::KeyRequirements out;
  for (const int steps : rotations) out.rotation_levels[(steps + kSlots) % kSlots] = 2;
  return out;
}

class SlotBlockOf : public ::testing::TestWithParam<SlotBlock> {};

TEST_P(SlotBlockOf, SlotsIsSummedAndCopied) {
  const SlotBlock block = GetParam();
  std::vector<int> rotations = inner_sum_rotations(block);
  for (const int steps : replicate_rotations(block)) rotations.push_back(steps);
  CkksFixture f(test::literal_of(kShape), 371, keys_for(rotations));
  const Values x = f.real_values();
  const ckks::Ciphertext input = f.encrypt(x, 2, kScale);

  OperationCounts done;
  const auto sum = must(inner_sum(f.evaluator, input, block, &done));
  const auto copies = must(replicate(f.evaluator, input, block, &done));

  EXPECT_EQ(done.rotations, static_cast<int>(rotations.size()));
  EXPECT_EQ(1 << (rotations.size() / 2), block.count);
  EXPECT_EQ(sum.level, 2);
  EXPECT_EQ(sum.scale, kScale);
  Values sums(x.size());
  Values shifted(x.size());
  for (int i = 0; i < kSlots; ++i) {
    for (int j = 0; j < block.count; ++j) {
      const int steps = j * block.stride;
      sums[static_cast<std::size_t>(i)] += x[static_cast<std::size_t>((i + steps) % kSlots)];
      shifted[static_cast<std::size_t>(i)] +=
          x[static_cast<std::size_t>((i - steps + kSlots) % kSlots)];
    }
  }
  const double bound =
      slot_sum_error(block, test::noise_model(f), 2, kScale, f.fresh(kScale)) + 1e-12;
  EXPECT_LT(keys::test::max_error(f.decrypt(sum), sums), bound);
  EXPECT_LT(keys::test::max_error(f.decrypt(copies), shifted), bound);
}

INSTANTIATE_TEST_SUITE_P(Every, SlotBlockOf,
                         ::testing::Values(SlotBlock{1, 1}, SlotBlock{2, 1}, SlotBlock{16, 1},
                                           SlotBlock{8, 5}, SlotBlock{kSlots, 1},
                                           SlotBlock{4, kSlots / 4}));

TEST(SlotSums, EveryBlockGetsItsTotalInEverySlot) {
  const SlotBlock block{16, 1};
  std::vector<int> rotations = inner_sum_rotations(block);
  for (const int steps : replicate_rotations(block)) rotations.push_back(steps);
  CkksFixture f(test::literal_of(kShape), 372, keys_for(rotations));
  std::vector<double> firsts(kSlots, 0.0);
  for (std::size_t i = 0; i < firsts.size(); i += 16) firsts[i] = 1;
  const Mask mask = must(Mask::create(f.encoder, *f.params, firsts, {2, kScale, kScale}));
  const Values x = f.real_values();

  OperationCounts done;
  const auto sums = must(inner_sum(f.evaluator, f.encrypt(x, 2, kScale), block));
  const auto masked = must(mask.apply(f.evaluator, sums, &done));
  const auto totals = must(replicate(f.evaluator, masked, block));

  EXPECT_EQ(done, (OperationCounts{.rescales = 1, .plain_products = 1}));
  EXPECT_EQ(masked.level, 1);
  EXPECT_NEAR(masked.scale / kScale, 1, ckks::kScaleTolerance);
  Values expected(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) expected[i / 16 * 16] += x[i];
  const NoiseModel noise = test::noise_model(f);
  double bound = slot_sum_error(block, noise, 2, kScale, f.fresh(kScale));
  bound = mask.error_bound(noise, 16, bound);
  EXPECT_LT(keys::test::max_error(f.decrypt(masked), expected), bound);
  for (std::size_t i = 0; i < x.size(); ++i) expected[i] = expected[i / 16 * 16];
  bound = slot_sum_error(block, noise, 1, kScale, bound);
  EXPECT_LT(keys::test::max_error(f.decrypt(totals), expected), bound);
  EXPECT_LT(bound, 1e-6);
}

TEST(SlotSums, WhatIsMissingOrMakesNoSenseIsSaid) {
  CkksFixture f(test::literal_of(kShape), 373, keys_for({1}));
  const ckks::Ciphertext x = f.encrypt(f.real_values(), 2, kScale);
  const auto text = [&](const SlotBlock& block) {
    return test::error_text(inner_sum(f.evaluator, x, block));
  };
  EXPECT_EQ(text({2, 1}), "no error");
  EXPECT_NE(text({4, 1}).find("missing_key: rotate by 2"), std::string::npos);
  for (const SlotBlock& block : {SlotBlock{3, 1}, SlotBlock{0, 1}, SlotBlock{-2, 1},
                                 SlotBlock{2, 0}, SlotBlock{2 * kSlots, 1}, SlotBlock{4, kSlots}}) {
    EXPECT_NE(text(block).find("at most 1024"), std::string::npos) << block.count;
  }
  const std::vector<double> ones(kSlots, 1.0);
  EXPECT_NE(test::error_text(Mask::create(f.encoder, *f.params, ones, {0, kScale, kScale}))
                .find("needs 1 levels, the input has 0"),
            std::string::npos);
  const Mask mask = must(Mask::create(f.encoder, *f.params, ones, {1, kScale, kScale}));
  EXPECT_NE(test::error_text(mask.apply(f.evaluator, x)).find("drop_level"), std::string::npos);
  EXPECT_NE(test::error_text(mask.apply(f.evaluator, f.encrypt(f.real_values(), 1, kScale * 2)))
                .find("scale_mismatch"),
            std::string::npos);
}

}  // namespace
}  // namespace salus::routine
