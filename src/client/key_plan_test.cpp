// Goal:   a plan lists every key that is needed, with the size that its object will have, and
// leaves
//         out what an earlier key serves for.
// Method: a small ring; objects that are really written; earlier keys below, at and above the
// level.
#include "client/key_plan.h"

#include <gtest/gtest.h>

#include "base/testing/test_random.h"
#include "client/key_file.h"
#include "wire/container.h"

namespace salus::client {
namespace {

class KeyPlanTest : public testing::Test {
 protected:
  KeyPlanTest() {
    needed_.relinearization_level = 1;
    needed_.rotation_levels = {{2, 0}, {16, 1}, {1000, 0}};
    needed_.conjugation_level = 0;
  }
  KeyPlan plan() const { return must(plan_keys(*params_, needed_)); }

  // The ring of tests/compat: 2^12, two levels, 128 bits.
  const ckks::ParametersPtr params_ = must(
      parameters_of({.log_n = 12, .q = {68718428161, 1073479681}, .p = {68712923137}, .dnum = 2}));
  circuit::KeyRequirements needed_;
};

TEST_F(KeyPlanTest, ListsProductsThenRotationsByStepsThenTheConjugation) {
  std::vector<std::string> names;
  for (const PlannedKey& key : plan().keys) names.push_back(key.name);

  EXPECT_EQ(names, (std::vector<std::string>{"relinearization", "rotation 2", "rotation 16",
                                             "rotation 1000", "conjugation"}));
  EXPECT_EQ(plan().keys[2].level, 1);
  EXPECT_EQ(plan().keys[1].level, 0);
}

TEST_F(KeyPlanTest, PredictsTheBytesOfEveryObject) {
  RandomStream random(test::seed_of(171), 0);
  const auto secret = must(keys::SecretKey::derive(params_, test::seed_of(171), "plan"));
  std::uint64_t sum = 0;
  for (const PlannedKey& key : plan().keys) {
    const auto made = keys::make_evaluation_key(secret, key.element, key.level, random);
    EXPECT_EQ(wire::write(*params_, key.element, made, secret.id()).size(), key.bytes) << key.name;
    sum += key.bytes;
  }
  EXPECT_EQ(plan().bytes(), sum);
  EXPECT_EQ(plan().made_bytes(), sum);
}

TEST_F(KeyPlanTest, ReusesAKeyOfTheSameNameAtThatLevelOrAbove) {
  KeyPlan all = plan();
  all.reuse({{"relinearization", {.digest = "a", .level = 1, .bytes = 1}},
             {"rotation 2", {.digest = "b", .level = 1, .bytes = 1}},
             {"rotation 16", {.digest = "c", .level = 0, .bytes = 1}},
             {"rotation 3", {.digest = "d", .level = 1, .bytes = 1}}});

  std::vector<std::string> made;
  for (const PlannedKey& key : all.keys) {
    if (!key.reused) made.push_back(key.name);
  }
  EXPECT_EQ(made, (std::vector<std::string>{"rotation 16", "rotation 1000", "conjugation"}));
  EXPECT_EQ(all.made_count(), 3u);
  EXPECT_EQ(all.made_bytes(),
            wire::evaluation_key_bytes(*params_, 1) + 2 * wire::evaluation_key_bytes(*params_, 0));
}

TEST_F(KeyPlanTest, EstimatesTheKeysToMakeByTheirSizeAndNoOthers) {
  KeyPlan all = plan();
  all.reuse({{"relinearization", {.digest = "a", .level = 1, .bytes = 1}}});
  must(estimate(all, params_));

  EXPECT_EQ(all.keys[0].seconds, 0);
  EXPECT_GT(all.keys[1].seconds, 0);
  EXPECT_GT(all.keys[2].seconds, 1.5 * all.keys[1].seconds) << "two digits instead of one";
  EXPECT_DOUBLE_EQ(all.made_seconds(), all.keys[1].seconds + all.keys[2].seconds +
                                           all.keys[3].seconds + all.keys[4].seconds);
  KeyPlan nothing;
  must(estimate(nothing, params_));
  EXPECT_EQ(nothing.made_seconds(), 0);
}

TEST_F(KeyPlanTest, RefusesALevelAboveTheChain) {
  needed_.conjugation_level = 2;
  const auto refused = plan_keys(*params_, needed_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
  EXPECT_NE(refused.error().message.find("level 2"), std::string::npos);
}

}  // namespace
}  // namespace salus::client
