// Goal:   what leaves is off by no more than stated, the same each time, counted before it leaves,
//         and refused in words once the budget, the tolerance or the program does not allow it.
// Method: results made here at 128 bits; the ledger's file read, cut and locked as a crash or a
//         second process would.
#include "client/release_gate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/file.h"
#include "base/testing/test_random.h"
#include "client/testing/weighted.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;
using test::result_of;
using test::weighted;

const ckks::FloodingTarget kTarget{.statistical_bits = 30, .releases = 3};
constexpr std::size_t kSlots = 64;

class ReleaseGateTest : public testing::Test {
 protected:
  ReleaseGateTest() {
    const Seed suffix = random_seed();
    folder_ = fs::temp_directory_path() / ("salus-gate-" + to_hex(ByteView(suffix).first(8)));
    fs::create_directories(folder_);
  }
  ~ReleaseGateTest() override { fs::remove_all(folder_); }

  Result<ReleaseLedger> ledger(const ckks::FloodingTarget& target = kTarget) const {
    return ReleaseLedger::open(folder_ / "releases", key_.id, target);
  }
  ReleaseGate gate() const { return must(ReleaseGate::open(key_, must(ledger()))); }
  Bytes result(double x) { return result_of(program_, key_, x, random_); }
  static double exact(double x, std::size_t slot) {
    return x * static_cast<double>(slot % 5 + 1) / 5;
  }
  static void expect_refused(const auto& got, ErrorCode code, const std::string& part) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, code) << got.error().message;
    EXPECT_NE(got.error().message.find(part), std::string::npos) << got.error().message;
  }

  fs::path folder_;
  RandomStream random_{salus::test::seed_of(201), 0};
  const program::Program program_ = weighted(kSlots, 75, 1);
  const KeyFile key_ = must(make_key("mine", program_.basis.circuit.chain, "2026-01-31T12:00:00Z"));
};

TEST_F(ReleaseGateTest, WhatLeavesIsWithinTheStatedError) {
  const Bytes sent = result(0.75);
  const Release got = must(gate().release(sent, program_, {.tolerance = 0.01}));

  ASSERT_EQ(got.slots.size(), kSlots);
  for (std::size_t i = 0; i < kSlots; ++i) EXPECT_NEAR(got.slots[i], exact(0.75, i), got.error);
  EXPECT_LT(got.error, 0.01);
  EXPECT_EQ(got.curves[0], got.slots) << "a peak of 1";
  EXPECT_EQ(got.place, 1u);
}

TEST_F(ReleaseGateTest, TheSameReleaseIsTheSameBytesAndCountedOnce) {
  const Bytes sent = result(0.5);
  const Bytes first = must(gate().release(sent, program_, {.tolerance = 0.01})).bytes();
  ReleaseGate again = gate();

  EXPECT_EQ(must(again.release(sent, program_, {.tolerance = 0.02})).bytes(), first);
  EXPECT_EQ(again.ledger().used(), 1u);
}

// 0.7525 k / 5 lies between two of the numbers with three decimals that are shown.
TEST_F(ReleaseGateTest, AnotherCiphertextOfTheSameValueHasNoiseOfItsOwn) {
  ReleaseGate open = gate();
  const Release one = must(open.release(result(0.7525), program_, {}));
  const Release two = must(open.release(result(0.7525), program_, {}));

  EXPECT_NE(one.slots, two.slots);
  EXPECT_EQ(two.place, 2u);
}

TEST_F(ReleaseGateTest, AnExhaustedBudgetRefusesNewReleasesAndRepeatsOldOnes) {
  const Bytes first = result(0.1);
  ReleaseGate open = gate();
  const Bytes bytes = must(open.release(first, program_, {})).bytes();
  for (const double x : {0.2, 0.3}) must(open.release(result(x), program_, {}));

  expect_refused(open.release(result(0.4), program_, {}), ErrorCode::kDenied,
                 "3 of 3 releases of this key are made");
  EXPECT_EQ(must(open.release(first, program_, {})).bytes(), bytes);
}

TEST_F(ReleaseGateTest, TooMuchNoiseIsRefusedBeforeItIsCounted) {
  ReleaseGate open = gate();
  const program::Program narrow = weighted(kSlots, 45, 0);
  expect_refused(open.release(result(0.5), program_, {.tolerance = 1e-9}),
                 ErrorCode::kLevelExhausted, "for tau = 3 releases at s = 30 bits; asked 1e-09");
  expect_refused(plan_release(narrow, {.tolerance = 1e-4}, kTarget), ErrorCode::kLevelExhausted,
                 "off by");
  expect_refused(open.release(result(0.5), program_, {.tolerance = 0}), ErrorCode::kInvalidArgument,
                 "tolerance");
  EXPECT_EQ(open.ledger().used(), 0u);
}

TEST_F(ReleaseGateTest, ForeignResultsAreRefusedBeforeTheyAreCounted) {
  ReleaseGate open = gate();
  const KeyFile other = must(make_key("other", key_.chain, "2026-01-31T12:00:00Z"));
  const program::Program narrow = weighted(kSlots, 45, 0);
  expect_refused(open.release(result_of(program_, other, 0.5, random_), program_, {}),
                 ErrorCode::kMismatch, other.id);
  expect_refused(open.release(result_of(narrow, key_, 0.5, random_), program_, {}),
                 ErrorCode::kMismatch, "ends at level 1");
  expect_refused(open.release(Bytes(100), program_, {}), ErrorCode::kParse, "SALUSOBJ");
  program::Program cohort = program_;
  cohort.layout = program::Layout::kCohort;
  expect_refused(open.release(result(0.5), cohort, {}), ErrorCode::kNotBuilt, "cohort");
  EXPECT_EQ(open.ledger().used(), 0u);
}

TEST_F(ReleaseGateTest, ValuesOnAGridLeaveExactly) {
  const Release got =
      must(gate().release(result(1), program_, {.mode = ReleaseMode::kGrid, .grid = 0.2}));
  for (std::size_t i = 0; i < kSlots; ++i) EXPECT_NEAR(got.slots[i], exact(1, i), 1e-15);
  EXPECT_EQ(got.error, 0);
  ReleaseGate open = gate();
  expect_refused(open.release(result(1), program_, {.mode = ReleaseMode::kGrid, .grid = 1e-12}),
                 ErrorCode::kLevelExhausted, "half of the grid");
  expect_refused(open.release(result(1), program_, {.mode = ReleaseMode::kGrid, .grid = -1}),
                 ErrorCode::kInvalidArgument, "grid");
}

// Noise of one stream under two widths would come off by subtraction.
TEST_F(ReleaseGateTest, AnotherPolicyOrProgramIsAnotherReleaseWithAnotherName) {
  const Bytes sent = result(0.7525);
  program::Program renamed = program_;
  renamed.name = "another";
  ReleaseGate open = gate();
  const Release one = must(open.release(sent, program_, {}));
  const Release two = must(open.release(sent, renamed, {}));
  const Release three =
      must(open.release(sent, program_, {.mode = ReleaseMode::kGrid, .grid = 0.2}));

  EXPECT_NE(one.id, two.id);
  EXPECT_NE(one.slots, two.slots);
  EXPECT_NE(one.id, three.id);
  EXPECT_EQ(open.ledger().used(), 3u);
}

TEST_F(ReleaseGateTest, AGateTakesTheLedgerOfItsOwnKeyOnly) {
  const KeyFile other = must(make_key("other", key_.chain, "2026-01-31T12:00:00Z"));
  expect_refused(ReleaseGate::open(other, must(ledger())), ErrorCode::kMismatch, key_.id);
}

}  // namespace
}  // namespace salus::client
