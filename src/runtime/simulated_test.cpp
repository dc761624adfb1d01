// Goal:   clear and simulated runs do what they promise on small circuits worked out by hand.
// Method: circuits as text on a toy chain; noise against the ledger's own rules.
#include "runtime/simulated.h"

#include <gtest/gtest.h>

#include <cmath>

#include "runtime/clear.h"

namespace salus::runtime {
namespace {

using circuit::Slots;

// N = 2^4: 8 slots. Primes are 1 mod 32.
constexpr std::string_view kText = R"(circuit toy {
  chain log_n 4 dnum 1 q [1152921504606830593, 1073741441, 1073741857] p [1152921504606748673]
  input %x : level 2 scale 1073741824 bound 2 period 8
  input %y : level 2 scale 1073741824 bound 2 period 1
  %p = multiply %x, %y : level 2 scale 1152921504606846976
  %r = rescale %p : level 1 scale 1073741791.000001
  %t = rotate %r, 3 : level 1 scale 1073741791.000001
  %a = add_plain %t, @c : level 1 scale 1073741791.000001
  %n = negate %a : level 1 scale 1073741791.000001
  return %n, %r
})";

circuit::Circuit toy() {
  circuit::Circuit out = must(circuit::parse(kText));
  const double rescaled = out.nodes[2].scale / static_cast<double>(out.chain.q[2]);
  for (std::size_t i = 3; i < out.nodes.size(); ++i) out.nodes[i].scale = rescaled;
  return out;
}

const circuit::ConstantTable kConstants = {{"c", {1, 2, {0.5, -0.5}}}};
const Slots kX = {1, -1, 0.5, 0.25, 2, -2, 0, 1.5};

TEST(RunClear, ComputesEveryOperationSlotBySlot) {
  const auto out = must(run_clear(toy(), kConstants, {kX, {1.5}}));
  ASSERT_EQ(out.size(), 2u);
  for (std::size_t s = 0; s < 8; ++s) {
    EXPECT_DOUBLE_EQ(out[1][s], 1.5 * kX[s]);
    EXPECT_DOUBLE_EQ(out[0][s], -(1.5 * kX[(s + 3) % 8] + (s % 2 == 0 ? 0.5 : -0.5)));
  }
}

TEST(RunClear, MultipliesByAMatrixWithPeriodicInput) {
  circuit::Circuit c = toy();
  c.nodes.resize(1);
  c.nodes[0].period = 4;
  circuit::Node linear{.op = circuit::Op::kLinear, .name = "l", .operands = {0}, .constant = "A"};
  linear.baby = 2;
  linear.level = 2;
  linear.scale = c.nodes[0].scale * 1024;
  c.nodes.push_back(linear);
  c.outputs = {1};
  const circuit::ConstantTable constants = {{"A", {2, 3, {1, 2, 3, 0, -1, 1}}}};
  const auto out = must(run_clear(c, constants, {{1, 0.5, -1, 2}}));
  EXPECT_DOUBLE_EQ(out[0][0], 1 + 1 - 3);
  EXPECT_DOUBLE_EQ(out[0][1], -0.5 - 1);
}

TEST(RunClear, RefusesWrongInputs) {
  EXPECT_EQ(run_clear(toy(), kConstants, {kX}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(run_clear(toy(), kConstants, {kX, {1}, {1}}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(run_clear(toy(), kConstants, {kX, {3}}).error().code, ErrorCode::kOutsideBox);
  EXPECT_EQ(run_clear(toy(), kConstants, {kX, {NAN}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(run_clear(toy(), kConstants, {kX, {1, 1, 1}}).error().code, ErrorCode::kMismatch);
  EXPECT_FALSE(run_clear(toy(), {}, {kX, {1}}));
}

TEST(RunSimulated, CarriesNoiseByTheLedgersRules) {
  const circuit::Circuit c = toy();
  const circuit::NoiseLedger ledger(c.chain);
  const auto x = must(fresh_input(c, 0, kX, circuit::Encryption::kSecretKey));
  const auto y = must(fresh_input(c, 1, {1.5}, circuit::Encryption::kPublicKey));
  EXPECT_LT(x.noise[0], y.noise[0]);
  const SimulatedRun run = must(run_simulated(c, kConstants, {x, y}));

  const double fresh_x = x.noise[0], fresh_y = y.noise[0];
  const double product = 2 * fresh_y + 1.5 * fresh_x + fresh_x * fresh_y;
  const double expected =
      product + ledger.key_switch(2, c.nodes[2].scale) + ledger.rescale(c.nodes[3].scale) +
      ledger.key_switch(1, c.nodes[4].scale) + ledger.encoding(c.nodes[5].scale);
  EXPECT_DOUBLE_EQ(run.values.back().noise, expected);
  EXPECT_EQ(run.outputs[0], must(run_clear(c, kConstants, {kX, {1.5}}))[0]);
  EXPECT_GT(run.least_room_bits, 0);
  EXPECT_NE(run.report().find("%n 1 30.000"), std::string::npos);
}

TEST(RunSimulated, RefusesAValueThatDoesNotFitItsModulus) {
  circuit::Circuit c = toy();
  c.chain.q[0] = 8388449;  // a modulus that the scale of level 0 exceeds
  c.nodes.resize(4);
  circuit::Node last{.op = circuit::Op::kDropLevel, .name = "low", .operands = {3}};
  last.scale = c.nodes[3].scale;
  c.nodes.push_back(last);
  c.outputs = {4};
  const auto x = must(fresh_input(c, 0, kX, circuit::Encryption::kSecretKey));
  const auto run = run_simulated(c, {}, {x, x});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::kLevelExhausted);
  EXPECT_NE(run.error().message.find("%low"), std::string::npos);
}

}  // namespace
}  // namespace salus::runtime
