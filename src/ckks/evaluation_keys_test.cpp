// Goal:   every key that an operation can use has one name, and requirements become elements.
// Method: all rotations of a small ring, counted through; elements between them.
#include "ckks/evaluation_keys.h"

#include <gtest/gtest.h>

#include <set>

namespace salus::ckks {
namespace {

constexpr int kLogN = 6;
constexpr int kSlots = 32;

TEST(KeyName, NamesEveryRotationOnceWithItsSteps) {
  std::set<std::string> names = {key_name(kLogN, kRelinearization),
                                 key_name(kLogN, galois_element_of_conjugation(kLogN))};
  EXPECT_EQ(names, (std::set<std::string>{"relinearization", "conjugation"}));
  for (int steps = 1; steps < kSlots; ++steps) {
    const std::string name = key_name(kLogN, galois_element_of_rotation(kLogN, steps));
    EXPECT_EQ(name, "rotation " + std::to_string(steps));
    EXPECT_TRUE(names.insert(name).second);
  }
  EXPECT_EQ(key_name(kLogN, galois_element_of_rotation(kLogN, -1)), "rotation 31");
}

TEST(KeyName, IsEmptyForWhatNoOperationUses) {
  // 1: a rotation by nothing; half of the odd numbers: a rotation and a conjugation in one.
  int nameless = 0;
  for (std::uint32_t element = 1; element < 2u << kLogN; element += 2) {
    nameless += key_name(kLogN, element).empty() ? 1 : 0;
  }
  EXPECT_EQ(nameless, 1 + kSlots - 1);
  EXPECT_EQ(key_name(kLogN, 1), "");
  EXPECT_EQ(key_name(kLogN, 2), "");
  EXPECT_EQ(key_name(kLogN, 2u << kLogN), "");
}

TEST(KeyLevels, OfEqualRotationsAreTheHighestAndOfNoneAreNotThere) {
  const auto levels = key_levels(kLogN, 3, {{1, 2}, {1 + kSlots, 1}, {-31, 0}, {kSlots, 3}}, -1);

  EXPECT_EQ(levels, (std::map<std::uint32_t, int>{{kRelinearization, 3},
                                                  {galois_element_of_rotation(kLogN, 1), 2}}));
  EXPECT_EQ(key_levels(kLogN, -1, {}, 0),
            (std::map<std::uint32_t, int>{{galois_element_of_conjugation(kLogN), 0}}));
}

TEST(EvaluationKeys, AreFoundByTheirElement) {
  EvaluationKeys keys;
  const auto product = std::make_shared<const KeySwitchKey>(KeySwitchKey{2, {}, {}});
  const auto rotation = std::make_shared<const KeySwitchKey>(KeySwitchKey{1, {}, {}});
  keys.put(kRelinearization, product);
  keys.put(3, rotation);

  EXPECT_EQ(keys.find(kRelinearization), product);
  EXPECT_EQ(keys.find(3), rotation);
  EXPECT_EQ(keys.find(9), nullptr);
  EXPECT_EQ(keys.levels(), (std::map<std::uint32_t, int>{{kRelinearization, 2}, {3, 1}}));
}

}  // namespace
}  // namespace salus::ckks
