// Goal:   text and circuit are the same thing; the verifier refuses every broken rule by name; the
// key
//         list is exactly what Node::baby's algorithm uses.
// Method: random valid circuits from a printed seed; one broken circuit per rule.
#include "circuit/circuit.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "circuit/noise.h"

namespace salus::circuit {
namespace {

// N = 2^5, 16 slots; primes are 1 mod 64.
const Chain kChain{5, {1125899906842177, 1073741441, 1073740609}, {1152921504606844417}, 2};

Node make(Op op, std::vector<ValueId> operands, int level, double scale) {
  Node out;
  out.op = op;
  out.operands = std::move(operands);
  out.level = level;
  out.scale = scale;
  return out;
}

struct Sample {
  Circuit circuit;
  ConstantTable constants;
};

// x, y at level 2, one of every operation.
Sample every_operation() {
  Sample out;
  Circuit& c = out.circuit;
  c.name = "all";
  c.chain = kChain;
  const double s = 1073741824, last = 1073740609;
  const auto push = [&](const char* name, Node node) {
    node.name = name;
    c.nodes.push_back(std::move(node));
  };
  for (const char* name : {"x", "y"}) {
    push(name, make(Op::kInput, {}, 2, s));
    c.nodes.back().bound = 1;
    c.nodes.back().period = 4;
  }
  push("add", make(Op::kAdd, {0, 1}, 2, s));
  push("sub", make(Op::kSubtract, {2, 1}, 2, s));
  push("neg", make(Op::kNegate, {3}, 2, s));
  push("conj", make(Op::kConjugate, {4}, 2, s));
  push("mul", make(Op::kMultiply, {5, 0}, 2, s * s));
  push("res", make(Op::kRescale, {6}, 1, s * s / last));
  push("addp", make(Op::kAddPlain, {7}, 1, s * s / last));
  c.nodes.back().constant = "v";
  push("mulp", make(Op::kMultiplyPlain, {0}, 2, s * 4096));
  c.nodes.back().constant = "v";
  push("drop", make(Op::kDropLevel, {8}, 0, s * s / last));
  push("rot", make(Op::kRotate, {1}, 2, s));
  c.nodes.back().steps = -3;
  push("lin", make(Op::kLinear, {1}, 2, s * 1000));
  c.nodes.back().constant = "A";
  c.nodes.back().baby = 2;
  c.nodes.back().fold = 2;
  push("raw", make(Op::kMultiplyUnrelinearized, {5, 0}, 2, s * s));
  push("low", make(Op::kRescale, {13}, 1, s * s / last));
  push("sum0", make(Op::kWeightedSum, {14, 8, 0}, 1, s * s));
  push("sum1", make(Op::kWeightedSum, {14, 8, 0}, 1, s * s));
  c.nodes[15].constant = c.nodes[16].constant = "w";
  c.nodes[16].row = 1;
  push("both", make(Op::kAdd, {15, 16}, 1, s * s));
  push("two", make(Op::kRelinearize, {17}, 1, s * s));
  c.outputs = {9, 10, 11, 12, 18};
  out.constants["w"] = {2, 3, {1, -0.5, 2, 0, 0.25, -1}};
  out.constants["v"] = {1, 2, {0.25, -1}};
  out.constants["A"] = {3, 4, std::vector<double>(12, 0.5)};
  return out;
}

Sample random_circuit(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Sample out;
  Circuit& c = out.circuit;
  c.name = "r" + std::to_string(seed);
  c.chain = kChain;
  out.constants["v"] = {1, std::size_t{1} << below(5), {}};
  for (std::size_t i = 0; i < out.constants["v"].columns; ++i) {
    out.constants["v"].values.push_back(std::ldexp(static_cast<double>(random()), -60) - 8);
  }
  const std::size_t count = 2 + below(30);
  while (c.nodes.size() < count) {
    Node node = make(Op::kInput, {}, static_cast<int>(below(3)),
                     1e6 + static_cast<double>(below(1u << 30)));
    node.bound = 0.1 + static_cast<double>(below(7)) / 3;
    node.period = std::size_t{1} << below(5);
    if (!c.nodes.empty() && below(4) != 0) {
      const auto x = static_cast<ValueId>(below(c.nodes.size()));
      const Node& from = c.nodes[x];
      constexpr Op kOps[] = {Op::kAdd,           Op::kNegate,   Op::kMultiply,
                             Op::kMultiplyPlain, Op::kRotate,   Op::kRescale,
                             Op::kDropLevel,     Op::kAddPlain, Op::kConjugate};
      node = make(kOps[below(std::size(kOps))], {x}, from.level, from.scale);
      if (operand_count(node.op) == 2) node.operands.push_back(x);
      if (node.op == Op::kMultiply) node.scale *= from.scale;
      if (node.op == Op::kMultiplyPlain) node.scale *= 1 + static_cast<double>(below(1000)) / 7;
      if (uses_constant(node.op)) node.constant = "v";
      if (node.op == Op::kRotate) node.steps = static_cast<int>(below(15)) + 1;
      if ((node.op == Op::kRescale || node.op == Op::kDropLevel) && from.level == 0) continue;
      if (node.op == Op::kRescale) {
        node.scale /= static_cast<double>(kChain.q[static_cast<std::size_t>(from.level)]);
      }
      if (node.op == Op::kRescale || node.op == Op::kDropLevel) --node.level;
      if (node.scale < 1 || !std::isfinite(node.scale)) continue;
    }
    node.name = "n" + std::to_string(c.nodes.size());
    c.nodes.push_back(std::move(node));
  }
  for (std::size_t i = 0; i <= below(3); ++i)
    c.outputs.push_back(static_cast<ValueId>(below(count)));
  return out;
}

TEST(Circuit, PrintsAndParsesBackExactlyForRandomCircuits) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Sample s = random_circuit(seed);
    const Status fine = verify(s.circuit, s.constants);
    ASSERT_TRUE(fine) << "seed " << seed << ": " << fine.error().message;
    const std::string text = print(s.circuit);
    const auto back = parse(text);
    ASSERT_TRUE(back) << "seed " << seed << ": " << back.error().message;
    EXPECT_EQ(*back, s.circuit) << "seed " << seed;
    EXPECT_EQ(print(*back), text) << "seed " << seed;
  }
}

TEST(Circuit, GoldenTextIsStable) {
  const std::string path =
      std::string(SALUS_SOURCE_DIR) + "/tests/golden/circuit/every_operation.circuit";
  const std::string text = print(every_operation().circuit);
  if (std::getenv("SALUS_BLESS") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << "if intended, rewrite with SALUS_BLESS=1";
  EXPECT_EQ(must(parse(golden.str())), every_operation().circuit);
}

TEST(Circuit, ReportsSyntaxErrorsWithLineAndColumn) {
  const std::string good = print(every_operation().circuit);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "1:1: expected 'circuit'"},
      {"circuit a {\n  chain log_n x", "2:15: expected log_n"},
      {"circuit a {\n chain log_n 5 dnum 1 q [7] p []\n %b = add %c",
       "3:11: expected a value defined"},
      {"circuit a {\n chain log_n 5 dnum 1 q [7] p []\n %b = fly %c", "3:7: expected an operation"},
      {"circuit a {\n chain log_n 5 dnum 1 q [7] p []\n input %b : level 0 scale 1e999 bound 1",
       "3:27: expected a scale"},
      {good + "x", "expected the end of the text"}};
  for (const auto& [text, expected] : cases) {
    const auto found = parse(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::kParse);
    EXPECT_NE(found.error().message.find(expected), std::string::npos) << found.error().message;
  }
}

TEST(Circuit, RefusesEveryPrefixAndSurvivesFlippedBytes) {
  const std::string good = print(every_operation().circuit);
  for (std::size_t n = 0; n + 1 < good.size(); ++n) EXPECT_FALSE(parse(good.substr(0, n)));
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] = static_cast<char>(random() % 128);
    if (const auto c = parse(bad)) {
      // Whatever still parses verifies cleanly or is refused; it never crashes.
      const bool fine = verify(*c, every_operation().constants).has_value();
      EXPECT_TRUE(fine || !fine);
    }
  }
}

TEST(Circuit, RefusesNamesAndPrimesAboveTheirLimits) {
  Sample s = every_operation();
  s.circuit.nodes[0].name = std::string(kMaxNameBytes, 'a');
  EXPECT_EQ(must(parse(print(s.circuit))), s.circuit);
  s.circuit.nodes[0].name += 'a';
  EXPECT_FALSE(parse(print(s.circuit)));
  s = every_operation();
  s.circuit.chain.p.assign(kMaxPrimes, 7);
  EXPECT_TRUE(parse(print(s.circuit)));
  s.circuit.chain.p.push_back(7);
  EXPECT_EQ(parse(print(s.circuit)).error().code, ErrorCode::kLimit);
}

struct Broken {
  const char* rule;
  ErrorCode code;
  std::function<void(Sample&)> breaks;
};

std::size_t at(const Sample& s, std::string_view name) {
  for (std::size_t i = 0; i < s.circuit.nodes.size(); ++i) {
    if (s.circuit.nodes[i].name == name) return i;
  }
  throw Defect("no such node in the test");
}

Node& node(Sample& s, std::string_view name) { return s.circuit.nodes[at(s, name)]; }

const std::vector<Broken>& broken() {
  using enum ErrorCode;
  static const std::vector<Broken> kCases = {
      {"circuit name", kInvalidArgument, [](Sample& s) { s.circuit.name = "1a"; }},
      {"log_n too large", kLimit, [](Sample& s) { s.circuit.chain.log_n = 18; }},
      {"no primes", kLimit, [](Sample& s) { s.circuit.chain.q.clear(); }},
      {"dnum above primes", kInvalidArgument, [](Sample& s) { s.circuit.chain.dnum = 4; }},
      {"prime not 1 mod 2N", kInvalidArgument, [](Sample& s) { s.circuit.chain.q[1] += 2; }},
      {"prime twice", kInvalidArgument,
       [](Sample& s) { s.circuit.chain.p[0] = s.circuit.chain.q[0]; }},
      {"node name", kInvalidArgument, [](Sample& s) { node(s, "x").name = "a b"; }},
      {"name taken", kInvalidArgument, [](Sample& s) { node(s, "y").name = "x"; }},
      {"arity", kInvalidArgument, [](Sample& s) { node(s, "add").operands.pop_back(); }},
      {"later operand", kInvalidArgument, [](Sample& s) { node(s, "add").operands[0] = 5; }},
      {"constant missing", kNotFound, [](Sample& s) { node(s, "addp").constant = "none"; }},
      {"constant not taken", kInvalidArgument, [](Sample& s) { node(s, "neg").constant = "v"; }},
      {"steps not taken", kInvalidArgument, [](Sample& s) { node(s, "neg").steps = 1; }},
      {"baby not taken", kInvalidArgument, [](Sample& s) { node(s, "neg").baby = 1; }},
      {"bound not taken", kInvalidArgument, [](Sample& s) { node(s, "neg").bound = 1; }},
      {"level range", kLevelExhausted, [](Sample& s) { node(s, "x").level = 3; }},
      {"negative level", kLevelExhausted, [](Sample& s) { node(s, "x").level = -1; }},
      {"scale not finite", kScaleMismatch, [](Sample& s) { node(s, "x").scale = NAN; }},
      {"bound", kInvalidArgument, [](Sample& s) { node(s, "x").bound = 0; }},
      {"period", kInvalidArgument, [](Sample& s) { node(s, "x").period = 3; }},
      {"period above slots", kInvalidArgument, [](Sample& s) { node(s, "x").period = 32; }},
      {"levels differ", kInvalidArgument, [](Sample& s) { node(s, "y").level = 1; }},
      {"scales differ", kScaleMismatch, [](Sample& s) { node(s, "y").scale *= 1 + 1e-11; }},
      {"result level", kInvalidArgument, [](Sample& s) { node(s, "neg").level = 1; }},
      {"product scale", kScaleMismatch, [](Sample& s) { node(s, "mul").scale *= 1.001; }},
      {"rescale level", kInvalidArgument, [](Sample& s) { node(s, "res").level = 0; }},
      {"rescale scale", kScaleMismatch, [](Sample& s) { node(s, "res").scale += 1; }},
      {"rescale at 0", kLevelExhausted,
       [](Sample& s) {
         Node more = make(Op::kRescale, {static_cast<ValueId>(at(s, "drop"))}, 0, 1000);
         more.name = "more";
         s.circuit.nodes.push_back(more);
       }},
      {"plain scale shrinks", kScaleMismatch, [](Sample& s) { node(s, "mulp").scale = 1000; }},
      {"plain shape", kInvalidArgument, [](Sample& s) { node(s, "mulp").constant = "A"; }},
      {"drop upwards", kInvalidArgument, [](Sample& s) { node(s, "drop").level = 1; }},
      {"no rotation", kInvalidArgument, [](Sample& s) { node(s, "rot").steps = 0; }},
      {"rotation too far", kInvalidArgument, [](Sample& s) { node(s, "rot").steps = 16; }},
      {"baby not a power", kInvalidArgument, [](Sample& s) { node(s, "lin").baby = 3; }},
      {"baby too large", kInvalidArgument, [](Sample& s) { node(s, "lin").baby = 4; }},
      {"fold too large", kInvalidArgument, [](Sample& s) { node(s, "lin").fold = 8; }},
      {"rows do not fit", kInvalidArgument,
       [](Sample& s) {
         s.constants["A"] = {7, 4, std::vector<double>(28, 1)};
       }},
      {"period above columns", kInvalidArgument, [](Sample& s) { node(s, "y").period = 8; }},
      {"no outputs", kInvalidArgument, [](Sample& s) { s.circuit.outputs.clear(); }},
      {"output range", kInvalidArgument, [](Sample& s) { s.circuit.outputs[0] = 99; }},
      {"constant size", kInvalidArgument, [](Sample& s) { s.constants["v"].values.pop_back(); }},
      {"constant NaN", kInvalidArgument, [](Sample& s) { s.constants["v"].values[0] = NAN; }},
      {"constant too wide", kLimit,
       [](Sample& s) {
         s.constants["v"] = {1, 32, std::vector<double>(32, 1)};
       }},
      {"constant name", kInvalidArgument, [](Sample& s) { s.constants[""] = s.constants["v"]; }},
  };
  return kCases;
}

// Of products that are not relinearized, and of sums.
const std::vector<Broken>& broken_sums() {
  using enum ErrorCode;
  static const std::vector<Broken> kCases = {
      {"three parts multiplied", kInvalidArgument,
       [](Sample& s) { node(s, "raw").operands[0] = 13; }},
      {"three parts rotated", kInvalidArgument,
       [](Sample& s) {
         Node more =
             make(Op::kRotate, {static_cast<ValueId>(at(s, "raw"))}, 2, node(s, "raw").scale);
         more.name = "more";
         more.steps = 1;
         s.circuit.nodes.push_back(more);
       }},
      {"three parts returned", kInvalidArgument,
       [](Sample& s) { s.circuit.outputs[0] = static_cast<ValueId>(at(s, "both")); }},
      {"nothing to relinearize", kInvalidArgument,
       [](Sample& s) { node(s, "two").operands[0] = static_cast<ValueId>(at(s, "addp")); }},
      {"row not taken", kInvalidArgument, [](Sample& s) { node(s, "neg").row = 1; }},
      {"row range", kInvalidArgument, [](Sample& s) { node(s, "sum1").row = 2; }},
      {"row below 0", kInvalidArgument, [](Sample& s) { node(s, "sum1").row = -1; }},
      {"weights for other operands", kInvalidArgument,
       [](Sample& s) { node(s, "sum0").operands.pop_back(); }},
      {"sum of nothing", kLimit, [](Sample& s) { node(s, "sum0").operands.clear(); }},
      {"sum above an operand", kInvalidArgument, [](Sample& s) { node(s, "sum0").level = 2; }},
      {"sum's scale shrinks", kScaleMismatch, [](Sample& s) { node(s, "sum0").scale = 1000; }},
      {"weight above 2^62", kScaleMismatch, [](Sample& s) { s.constants["w"].values[2] = 0x1p40; }},
  };
  return kCases;
}

TEST(Verifier, AcceptsOneOfEveryOperation) {
  const Sample s = every_operation();
  const Status fine = verify(s.circuit, s.constants);
  EXPECT_TRUE(fine) << fine.error().message;
}

TEST(Verifier, RefusesEachBrokenRule) {
  std::vector<Broken> all = broken();
  all.insert(all.end(), broken_sums().begin(), broken_sums().end());
  for (const Broken& b : all) {
    Sample s = every_operation();
    b.breaks(s);
    const Status found = verify(s.circuit, s.constants);
    ASSERT_FALSE(found) << b.rule;
    EXPECT_EQ(found.error().code, b.code) << b.rule << ": " << found.error().message;
    EXPECT_FALSE(found.error().message.empty());
  }
}

TEST(Verifier, AllowsAsManyInputsAsTheLimitAndNotOneMore) {
  Sample s = every_operation();
  while (s.circuit.nodes.size() < at(s, "two") + 1 + kMaxInputs - 2) {
    Node more = s.circuit.nodes[0];
    more.name = "i" + std::to_string(s.circuit.nodes.size());
    s.circuit.nodes.push_back(more);
  }
  EXPECT_TRUE(verify(s.circuit, s.constants));
  Node more = s.circuit.nodes[0];
  more.name = "one_more";
  s.circuit.nodes.push_back(more);
  EXPECT_EQ(verify(s.circuit, s.constants).error().code, ErrorCode::kLimit);
}

TEST(RequiredKeys, ListEveryRotationOnceAtItsHighestLevel) {
  Sample s = every_operation();
  // 16 slots, 4 columns, fold 2: 2 diagonals, baby 2, parts 16/2 + 2 apart.
  const KeyRequirements need = required_keys(s.circuit, s.constants);
  EXPECT_EQ(need.relinearization_level, 2);
  EXPECT_EQ(need.conjugation_level, 2);
  EXPECT_EQ(need.rotation_levels, (std::map<int, int>{{1, 2}, {10, 2}, {13, 2}}));

  node(s, "lin").fold = 1;
  node(s, "lin").baby = 2;
  node(s, "lin").level = node(s, "y").level = 1;
  EXPECT_EQ(required_keys(s.circuit, s.constants).rotation_levels,
            (std::map<int, int>{{1, 1}, {2, 1}, {13, 2}}));
}

// Node::baby's algorithm word for word, on doubles: the diagonals, rotations and folds that an
// encrypted run performs.
Slots linear_as_encrypted(const Node& linear, const Constant& matrix, const Slots& x) {
  const std::size_t slots = x.size();
  const LinearShape shape = linear_shape(linear, matrix, slots);
  const auto rotated = [&](const Slots& v, std::size_t steps) {
    Slots out(slots);
    for (std::size_t s = 0; s < slots; ++s) out[s] = v[(s + steps) % slots];
    return out;
  };
  Slots acc(slots, 0.0);
  for (std::size_t first = 0; first < shape.diagonals; first += shape.baby) {
    Slots inner(slots, 0.0);
    for (std::size_t j = 0; j < shape.baby; ++j) {
      Slots diagonal(slots, 0.0);
      for (std::size_t f = 0; f < shape.fold; ++f) {
        for (std::size_t r = 0; r < matrix.rows; ++r) {
          const std::size_t m = (r + f * shape.diagonals + first + j) % shape.columns;
          if (m >= matrix.columns) continue;
          diagonal[(f * shape.part_stride + r + first) % slots] =
              matrix.values[r * matrix.columns + m];
        }
      }
      const Slots turned = rotated(x, j);
      for (std::size_t s = 0; s < slots; ++s) inner[s] += diagonal[s] * turned[s];
    }
    const Slots placed = rotated(inner, first);
    for (std::size_t s = 0; s < slots; ++s) acc[s] += placed[s];
  }
  for (std::size_t parts = 1; parts < shape.fold; parts *= 2) {
    const Slots turned = rotated(acc, shape.part_stride * parts);
    for (std::size_t s = 0; s < slots; ++s) acc[s] += turned[s];
  }
  return acc;
}

TEST(Linear, TheDiagonalAlgorithmGivesTheMatrixProductForEveryShape) {
  std::mt19937_64 random(17);
  const auto number = [&] { return std::ldexp(static_cast<double>(random() >> 11), -52) - 1; };
  int tried = 0;
  for (int round = 0; round < 4000; ++round) {
    Sample s = every_operation();
    s.circuit.nodes = {node(s, "y"), node(s, "lin")};
    s.circuit.nodes[1].operands = {0};
    s.circuit.nodes[0].period = 1;
    s.circuit.outputs = {1};
    s.circuit.chain.log_n = 7;  // 64 slots; primes do not matter here
    s.circuit.chain.q = {257, 769, 3329};
    s.circuit.chain.p = {7681};
    Constant& matrix = s.constants["A"];
    matrix.rows = 1 + random() % 64;
    matrix.columns = 1 + random() % 32;
    matrix.values.assign(matrix.rows * matrix.columns, 0);
    for (double& v : matrix.values) v = number();
    Node& linear = node(s, "lin");
    linear.baby = 1 << random() % 5;
    linear.fold = 1 << random() % 4;
    if (!verify(s.circuit, s.constants)) continue;
    ++tried;
    const std::size_t period = linear_shape(linear, matrix, 64).columns;
    Slots x(64);
    for (std::size_t i = 0; i < 64; ++i) x[i] = i < period ? number() : x[i - period];
    const Slots found = linear_as_encrypted(linear, matrix, x);
    for (std::size_t r = 0; r < matrix.rows; ++r) {
      double expected = 0;
      for (std::size_t m = 0; m < matrix.columns; ++m) {
        expected += matrix.values[r * matrix.columns + m] * x[m];
      }
      ASSERT_NEAR(found[r], expected, 1e-12) << "round " << round << " row " << r;
    }
  }
  EXPECT_GT(tried, 300);
}

TEST(Noise, BoundsWhatRandomErrorsDoToEachOperation) {
  // Perturbs the inputs within their bounds and compares with the propagated bound: the part of the
  // ledger that depends on values. Added rounding terms only widen it.
  const Sample s = every_operation();
  std::mt19937_64 random(23);
  const auto number = [&] { return std::ldexp(static_cast<double>(random() >> 11), -52) - 1; };
  const double error = 1e-6;
  for (int round = 0; round < 50; ++round) {
    Slots x(4), y(4), near_x(4), near_y(4);
    for (std::size_t i = 0; i < 4; ++i) {
      x[i] = 0.9 * number();
      y[i] = 0.9 * number();
      near_x[i] = x[i] + error * number();
      near_y[i] = y[i] + error * number();
    }
    const auto exact = must(interpret(s.circuit, s.constants, {x, y}));
    const auto moved = must(interpret(s.circuit, s.constants, {near_x, near_y}));
    const auto bound = propagate_noise(s.circuit, s.constants, exact, {{error}, {error}});
    for (std::size_t i = 0; i < exact.size(); ++i) {
      for (std::size_t slot = 0; slot < exact[i].size(); ++slot) {
        ASSERT_LE(std::abs(moved[i][slot] - exact[i][slot]), bound[i][slot] + 1e-15)
            << "%" << s.circuit.nodes[i].name;
      }
    }
  }
}

TEST(Noise, OfARepeatedInputCountsWhereverAMatrixReadsIt) {
  Sample s = every_operation();
  s.circuit.nodes = {node(s, "y"), node(s, "lin")};
  s.circuit.nodes[1].operands = {0};
  s.circuit.nodes[0].period = 1;
  s.circuit.outputs = {1};
  must(verify(s.circuit, s.constants));
  const std::size_t slots = s.circuit.chain.slot_count();
  const auto exact = must(interpret(s.circuit, s.constants, {{0.5}}));
  Slots uneven(slots, 1e-9);
  uneven.back() = 1e-3;  // a slot that no column has as its first

  const auto even = propagate_noise(s.circuit, s.constants, exact, {{1e-9}});
  const auto bound = propagate_noise(s.circuit, s.constants, exact, {uneven});
  const Constant& matrix = s.constants.at("A");
  const std::size_t column = (slots - 1) % std::bit_ceil(matrix.columns);
  ASSERT_LT(column, matrix.columns);
  for (std::size_t r = 0; r < matrix.rows; ++r) {
    const double entry = std::abs(matrix.values[r * matrix.columns + column]);
    EXPECT_GE(bound[1][r], even[1][r] + 0.999e-3 * entry) << "row " << r;
  }
}

// P(|X Y| > t) = 2 t K_1(2 t) for independent complex Gaussians of variance one: one union bound
// over the 2^15 slots of the largest ring leaves 2^-64.
TEST(NoiseLedger, ProductTailHoldsInAllSlotsTogether) {
  const double t = 29;
  EXPECT_LT(std::log2(2 * t * std::cyl_bessel_k(1.0, 2 * t)), -64 - 15);
}

TEST(NoiseLedger, FollowsItsFormulas) {
  const NoiseLedger ledger(kChain);
  const double n = 32, tail = 10.6, product_tail = 29, scale = 1 << 30;
  EXPECT_NEAR(ledger.encoding(scale), tail * std::sqrt(n / 12) / scale, 1e-20);
  EXPECT_NEAR(ledger.rescale(scale), product_tail * std::sqrt(n * (1 + n * 2 / 3) / 12) / scale,
              1e-20);
  EXPECT_GT(ledger.fresh(Encryption::kPublicKey, scale),
            ledger.fresh(Encryption::kSecretKey, scale));
  EXPECT_GT(ledger.key_switch(2, scale), ledger.rescale(scale));
}

}  // namespace
}  // namespace salus::circuit
