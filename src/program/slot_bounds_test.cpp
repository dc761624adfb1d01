// Goal:   the bounds cover every point of the box and nothing else: no patient, no chance.
// Method: a program whose bounds can be written down; against the propagated noise at other points.
#include "program/slot_bounds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "circuit/noise.h"

namespace salus::program {
namespace {

constexpr double kScale = 1073740609.0;

// N = 2^5; slots x y w0, x y w1, ..
Program sample() {
  const circuit::Chain chain{
      5, {1125899906842177, 1073741441, 1073740609}, {1152921504606844417}, 2};
  Program p;
  p.name = "toy";
  for (const char* name : {"x", "y"}) p.inputs.push_back({.name = name, .low = -1, .high = 1});
  p.output.outputs = {{"C", "mg/L", "", {}, ""}};
  p.output.regimens = {{.id = "a", .label = "A"}};
  p.output.times_h = {1, 2, 3};
  p.output.peak = {1};
  p.basis.circuit = {"basis", chain, {}, {2}};
  p.basis.circuit.nodes = {
      {.op = circuit::Op::kInput, .name = "x", .level = 2, .scale = kScale, .bound = 1},
      {.op = circuit::Op::kInput, .name = "y", .level = 2, .scale = kScale, .bound = 1},
      {.op = circuit::Op::kMultiply,
       .name = "xy",
       .operands = {0, 1},
       .level = 2,
       .scale = kScale * kScale}};
  p.readout.circuit = {"readout", chain, {}, {1}};
  p.readout.circuit.nodes = {
      {.op = circuit::Op::kInput, .name = "b", .level = 2, .scale = kScale * kScale, .bound = 2},
      {.op = circuit::Op::kRescale, .name = "r", .operands = {0}, .level = 1, .scale = kScale}};
  return p;
}

TEST(SlotBounds, AreThoseOfTheWorstCornerTimesTheMargin) {
  const SlotBounds bounds = must(slot_bounds(sample()));
  const circuit::NoiseLedger ledger(sample().basis.circuit.chain);
  const double fresh = ledger.fresh(circuit::Encryption::kPublicKey, kScale);
  const double product = 2 * fresh + fresh * fresh + ledger.key_switch(2, kScale * kScale);

  EXPECT_EQ(bounds.level, 1);
  EXPECT_EQ(bounds.scale, kScale);
  ASSERT_EQ(bounds.noise.size(), 3u);
  for (const double noise : bounds.noise)
    EXPECT_NEAR(noise / (kBoundMargin * (product + ledger.rescale(kScale))), 1, 1e-12);
  EXPECT_EQ(bounds.largest, kBoundMargin);
}

TEST(SlotBounds, AreTheSameEachTime) {
  const SlotBounds one = must(slot_bounds(sample())), two = must(slot_bounds(sample()));
  EXPECT_EQ(one.noise, two.noise);
  EXPECT_EQ(one.largest, two.largest);
}

TEST(SlotBounds, OfACohortAreNotBuilt) {
  Program p = sample();
  p.layout = Layout::kCohort;
  EXPECT_EQ(slot_bounds(p).error().code, ErrorCode::kNotBuilt);
}

TEST(OnlyRows, HoldsForMatricesWithoutFoldsAtTheEnd) {
  Program p = sample();
  EXPECT_EQ(require_only_rows(p).error().code, ErrorCode::kMismatch) << "no matrix";
  circuit::Circuit& c = p.readout.circuit;
  c.nodes.insert(c.nodes.begin() + 1,
                 {.op = circuit::Op::kLinear, .name = "y", .operands = {0}, .constant = "A"});
  c.nodes.back().operands = {1};
  c.outputs = {2};
  EXPECT_TRUE(require_only_rows(p));
  c.nodes[1].fold = 2;
  EXPECT_EQ(require_only_rows(p).error().code, ErrorCode::kMismatch);
  c.nodes[1].fold = 1;
  c.nodes.back().op = circuit::Op::kRotate;
  EXPECT_FALSE(require_only_rows(p)) << "what was behind the rows may lie among them";
}

}  // namespace
}  // namespace salus::program
