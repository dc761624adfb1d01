// Goal:   program bytes are canonical and hostile bytes are refused; schemas do what program.h
// says. Method: a small program made by hand; every prefix, many flipped bits, one broken rule at a
// time.
#include "program/program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "program/formula.h"

namespace salus::program {
namespace {

// N = 2^5; primes are 1 mod 64. basis: c * z, one product of a vector; readout: 2 x 1 values.
Program sample() {
  const circuit::Chain chain{
      5, {1125899906842177, 1073741441, 1073740609}, {1152921504606844417}, 2};
  Program p;
  p.name = "toy/question";
  p.model = "toy";
  p.model_digest = sha256({}).hex();
  p.question = "What? \"quoted\" \xc3\xa9";
  p.citation = "none";
  p.formula = "C = w";
  p.parameters = {{"CL", "L/h", "clearance", Transform::kLog, 1, 2, 4},
                  {"V", "L", "volume", Transform::kLinear, 10, 20, 30}};
  p.inputs = {{"ke", "1/h", "rate", "CL / V", "CL V /", Transform::kLog, 1.0 / 30, 0.1, 0.4}};
  p.output.outputs = {{"C", "mg/L", "", {}, ""}};
  p.output.dose_unit = "mg";
  p.output.regimens = {{"a", "A", 100, 0, 1, 0, 0}, {"b", "B", 50, 6, 4, 0.5, 1}};
  p.output.times_h = {1};
  p.output.peak = {3, 4};
  p.output.linear_in_dose = true;
  p.certificate.population_max = 1e-5;
  p.certificate.transforms = "linear";

  p.basis.circuit = must(circuit::parse(R"(circuit basis {
  chain log_n 5 dnum 2 q [1125899906842177, 1073741441, 1073740609] p [1152921504606844417]
  input %z : level 2 scale 1073740609 bound 1 period 1
  %m = multiply_plain %z, @c : level 2 scale 1152919062058106881
  %r = rescale %m : level 1 scale 1073740609
  return %r
})"));
  p.basis.circuit.nodes[1].scale = 1073740609.0 * 1073740609.0;
  p.basis.circuit.nodes[2].scale = p.basis.circuit.nodes[1].scale / 1073740609.0;
  p.basis.constants["c"] = {1, 2, {1, 0.1}};
  p.readout.circuit = must(circuit::parse(R"(circuit readout {
  chain log_n 5 dnum 2 q [1125899906842177, 1073741441, 1073740609] p [1152921504606844417]
  input %b : level 1 scale 1073740609 bound 2 period 2
  %y = linear %b, @A, baby 1, fold 2 : level 1 scale 1152919062058106881
  return %y
})"));
  p.readout.constants["A"] = {2, 2, {1, 2, 3, 4}};
  return p;
}

std::vector<NamedValue> patient(double cl, double v) { return {{"CL", cl}, {"V", v}}; }

TEST(Program, SerialisesAndParsesBackToTheSameBytes) {
  const Program p = sample();
  const Bytes bytes = serialize(p);
  const Program back = must(parse(bytes));
  EXPECT_EQ(back, p);
  EXPECT_EQ(serialize(back), bytes);
  EXPECT_TRUE(as_text(bytes).starts_with("salus-program 1\n"));
}

TEST(Program, RandomNumbersSurviveExactly) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 200; ++i) {
    Program p = sample();
    p.certificate.box_max =
        std::ldexp(static_cast<double>(random() >> 11), -static_cast<int>(random() % 90));
    p.output.regimens[0].dose = static_cast<double>(random() >> 11) * 0x1p-40;
    p.readout.constants["A"].values[1] = -std::ldexp(static_cast<double>(random() >> 11), -70);
    EXPECT_EQ(must(parse(serialize(p))), p) << "round " << i;
  }
}

TEST(Program, RefusesEveryTruncationAndEveryTail) {
  const Bytes bytes = serialize(sample());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(parse(ByteView(bytes).first(n))) << n << " of " << bytes.size();
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(parse(longer).error().code, ErrorCode::kParse);
}

TEST(Program, SurvivesFlippedBits) {
  const Bytes bytes = serialize(sample());
  std::mt19937_64 random(5);
  for (int i = 0; i < 3000; ++i) {
    Bytes bad = bytes;
    bad[random() % bad.size()] ^= static_cast<std::byte>(1u << (random() % 8));
    const auto p = parse(bad);
    if (!p) continue;
    EXPECT_EQ(serialize(*p), bad);
  }
}

TEST(Program, NamesUnknownVersionsAndOversizedConstants) {
  std::string text(as_text(serialize(sample())));
  std::string other = text;
  other[14] = '5';
  EXPECT_EQ(parse(as_bytes(other)).error().code, ErrorCode::kVersion);
  other[14] = '2';
  EXPECT_EQ(parse(as_bytes(other)).error().code, ErrorCode::kParse) << "version 1 can say it";
  std::string huge = text;
  const std::size_t rows = huge.find("\"rows\":2");
  ASSERT_NE(rows, std::string::npos);
  huge[rows + 7] = '9';
  const auto refused = parse(as_bytes(huge));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kParse);
  EXPECT_NE(refused.error().message.find("@A of 9 x 2"), std::string::npos);
}

TEST(Program, RefusesShapesThatDoNotBelongTogether) {
  const std::vector<std::pair<const char*, std::function<void(Program&)>>> cases = {
      {"input count", [](Program& p) { p.inputs.push_back(p.inputs[0]); }},
      {"formula of an unknown", [](Program& p) { p.inputs[0].postfix = "CL W /"; }},
      {"formula that does not end", [](Program& p) { p.inputs[0].postfix = "CL V"; }},
      {"box upside down", [](Program& p) { std::swap(p.parameters[0].low, p.parameters[0].high); }},
      {"logarithm of a negative box", [](Program& p) { p.inputs[0].low = -1; }},
      {"parameter twice", [](Program& p) { p.parameters[1].name = "CL"; }},
      {"peaks", [](Program& p) { p.output.peak.pop_back(); }},
      {"peak not positive", [](Program& p) { p.output.peak[0] = 0; }},
      {"regimen", [](Program& p) { p.output.regimens[1].interval_h = 0; }},
      {"too many results", [](Program& p) { p.output.times_h.assign(9, 1); }},
      {"no times", [](Program& p) { p.output.times_h.clear(); }},
      {"chains differ", [](Program& p) { p.readout.circuit.chain.dnum = 1; }},
      {"scales differ", [](Program& p) { p.readout.circuit.nodes[0].scale = 1073740608; }},
      {"circuit not verified", [](Program& p) { p.basis.circuit.nodes[2].level = 2; }},
  };
  for (const auto& [what, breaks] : cases) {
    Program p = sample();
    breaks(p);
    EXPECT_FALSE(parse(serialize(p))) << what;
  }
}

TEST(Program, StageDigestChangesWithEveryConstant) {
  Program p = sample();
  const Digest before = p.basis.digest();
  p.readout.constants["A"].values[0] += 1;
  EXPECT_EQ(p.basis.digest(), before);
  p.basis.constants["c"].values[0] = std::nextafter(1.0, 2.0);
  EXPECT_NE(p.basis.digest(), before);
}

TEST(Normalise, AppliesFormulaTransformAndBox) {
  const Program p = sample();
  const double low = std::log(1.0 / 30), high = std::log(0.4);
  const double expected = (std::log(2.0 / 20) - (low + high) / 2) / ((high - low) / 2);
  EXPECT_NEAR(must(normalise(p, patient(2, 20)))[0], expected, 1e-15);
  EXPECT_DOUBLE_EQ(must(normalise(p, patient(1, 30)))[0], -1);
  EXPECT_DOUBLE_EQ(must(normalise(p, patient(4, 10)))[0], 1);
}

TEST(Normalise, RefusesWhatIsOutsideTheBoxWithoutShowingTheValue) {
  const Program p = sample();
  for (const double cl : {0.987654, 4.987654}) {
    const auto refused = normalise(p, patient(cl, 20));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kOutsideBox);
    EXPECT_NE(refused.error().message.find("1 .. 4 L/h"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("987654"), std::string::npos);
  }
  EXPECT_EQ(normalise(p, patient(NAN, 20)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(normalise(p, {{"CL", 2}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(normalise(p, {{"CL", 2}, {"CL", 2}, {"V", 20}}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(normalise(p, {{"CL", 2}, {"V", 20}, {"W", 1}}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Expand, UndoesEachTransform) {
  OutputGrid grid = sample().output;
  const std::vector<double> slots = {0.5, -0.25, 99};
  EXPECT_EQ(must(expand(grid, slots)), (std::vector<std::vector<double>>{{1.5}, {-1}}));
  grid.outputs[0].transform = OutputTransform::kQuarticRoot;
  EXPECT_EQ(must(expand(grid, slots)), (std::vector<std::vector<double>>{{3.0 / 16}, {0}}));
  grid.outputs[0].transform = OutputTransform::kLog;
  EXPECT_DOUBLE_EQ(must(expand(grid, slots))[0][0], 3 * std::exp(0.5));
  EXPECT_EQ(expand(grid, {1}).error().code, ErrorCode::kMismatch);
}

// Two outputs, one with a link, two regimens, two times: 8 values from 2 modes.
Program second_version() {
  Program p = sample();
  p.output.outputs = {{"C", "mg/L", "", OutputTransform::kLinear, ""},
                      {"P", "%", "", OutputTransform::kLinear, "100 x neg exp 1 + /"}};
  p.output.regimens[1].settings = {{"fraction", 0.25}};
  p.output.times_h = {1, 2};
  p.output.peak = {3, 1, 4, 2};
  p.output.modes = {8, 2, {}};
  for (int i = 0; i < 16; ++i) p.output.modes.values.push_back(i);
  return p;
}

TEST(Program, SecondVersionKeepsOutputsLinksSettingsAndModes) {
  const Program p = second_version();
  const Bytes bytes = serialize(p);
  EXPECT_TRUE(as_text(bytes).starts_with("salus-program 2\n"));
  EXPECT_EQ(must(parse(bytes)), p);
  EXPECT_TRUE(as_text(serialize(sample())).starts_with("salus-program 1\n"));
  for (std::size_t n = 0; n < bytes.size(); n += 7) {
    EXPECT_FALSE(parse(std::span(bytes).first(n)));
  }
  Program bad = p;
  bad.output.outputs[1].link = "y";
  EXPECT_EQ(parse(serialize(bad)).error().code, ErrorCode::kInvalidArgument);
  bad = p;
  bad.output.modes.values.pop_back();
  EXPECT_EQ(parse(serialize(bad)).error().code, ErrorCode::kParse);
  bad = p;
  bad.output.modes.values[3] = NAN;
  EXPECT_EQ(parse(serialize(bad)).error().code, ErrorCode::kParse);
  bad = p;
  bad.output.peak.pop_back();
  EXPECT_EQ(parse(serialize(bad)).error().code, ErrorCode::kMismatch);
}

// The client sends 1 and T_3(ke) in slots 0 and 1.
Program expanded() {
  Program p = sample();
  p.layout = Layout::kExpanded;
  p.expansion = {{}, {{0, 3}}};
  p.basis.circuit = must(circuit::parse(R"(circuit expanded {
  chain log_n 5 dnum 2 q [1125899906842177, 1073741441, 1073740609] p [1152921504606844417]
  input %basis_ab : level 1 scale 1073740609 bound 1 period 2
  return %basis_ab
})"));
  p.basis.constants.clear();
  return p;
}

// Two results, each an output of its own.
Program cohort() {
  Program p = sample();
  p.layout = Layout::kCohort;
  p.basis.circuit = must(circuit::parse(R"(circuit inputs {
  chain log_n 5 dnum 2 q [1125899906842177, 1073741441, 1073740609] p [1152921504606844417]
  input %cohort_ke : level 1 scale 1073740609 bound 1 period 16
  return %cohort_ke
})"));
  p.basis.constants.clear();
  p.readout.circuit = must(circuit::parse(R"(circuit cohort {
  chain log_n 5 dnum 2 q [1125899906842177, 1073741441, 1073740609] p [1152921504606844417]
  input %cohort_ke : level 1 scale 1073740609 bound 1 period 16
  %a = weighted_sum %cohort_ke, @A, row 0 : level 1 scale 1152919062058106881
  %b = weighted_sum %cohort_ke, @A, row 1 : level 1 scale 1152919062058106881
  return %a, %b
})"));
  p.readout.constants["A"] = {2, 1, {0.5, 0.25}};
  return p;
}

TEST(Program, ThirdVersionKeepsLayoutsAndDifferences) {
  Program compared = second_version();
  compared.output.regimens[1].minus = "a";
  for (const Program& p : {expanded(), cohort(), compared}) {
    const Bytes bytes = serialize(p);
    EXPECT_TRUE(as_text(bytes).starts_with("salus-program 3\n"));
    EXPECT_EQ(must(parse(bytes)), p);
    for (std::size_t n = 0; n < bytes.size(); n += 7)
      EXPECT_FALSE(parse(std::span(bytes).first(n)));
  }
  EXPECT_EQ(compared.output.find("b"), nullptr) << "a difference is taken off nothing";
  EXPECT_EQ(ciphertext_names(sample()), std::vector<std::string>{"ke"});
  EXPECT_EQ(ciphertext_names(expanded()), std::vector<std::string>{"basis_ab"});
  EXPECT_EQ(ciphertext_names(cohort()), std::vector<std::string>{"cohort_ke"});
  const auto slots = input_slots(expanded(), {0.5});
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_EQ(slots[0][0], 1);
  EXPECT_NEAR(slots[0][1], 4 * 0.125 - 3 * 0.5, 1e-15);
}

// Two cells of one function each: 1 below ke's middle, T_3 above.
Program in_cells() {
  Program p = expanded();
  p.cells = {{{0, 0.0, -1, -2}}, {1, 1}};
  return p;
}

TEST(Program, FourthVersionKeepsCells) {
  const Program p = in_cells();
  const Bytes bytes = serialize(p);
  EXPECT_TRUE(as_text(bytes).starts_with("salus-program 4\n"));
  EXPECT_EQ(must(parse(bytes)), p);
  for (std::size_t n = 0; n < bytes.size(); n += 7) EXPECT_FALSE(parse(std::span(bytes).first(n)));
  EXPECT_EQ(input_slots(p, {-0.2})[0], (std::vector<double>{1, 0}));
  const double local = 0;  // the middle of [0, 1]
  EXPECT_NEAR(input_slots(p, {0.5})[0][1], 4 * local * local * local - 3 * local, 1e-15);
  EXPECT_EQ(input_slots(p, {0.5})[0][0], 0);
}

TEST(Program, RefusesCellsThatDoNotFit) {
  for (const auto& change : std::vector<std::function<void(Program&)>>{
           [](Program& p) {
             p.cells.sizes = {1, 2};
           },
           [](Program& p) { p.cells.sizes = {1}; }, [](Program& p) { p.cells.splits[0].input = 1; },
           [](Program& p) { p.cells.splits[0].above = 0; },
           [](Program& p) {
             p.layout = Layout::kCohort;
             p.expansion.clear();
           },
           [](Program& p) {
             p.layout = Layout::kBasis;
             p.expansion.clear();
           }}) {
    Program p = in_cells();
    change(p);
    EXPECT_EQ(parse(serialize(p)).error().code, ErrorCode::kMismatch);
  }
}

TEST(Program, RefusesLayoutsThatDoNotFitTheirCircuits) {
  const auto refused = [](Program p, const std::function<void(Program&)>& change) {
    change(p);
    return parse(serialize(p)).error().code;
  };
  const auto mismatch = ErrorCode::kMismatch;
  EXPECT_EQ(refused(expanded(), [](Program& p) { p.expansion.clear(); }), mismatch);
  EXPECT_EQ(refused(expanded(), [](Program& p) { p.expansion = {{}, {{1, 3}}}; }), mismatch);
  EXPECT_EQ(refused(expanded(), [](Program& p) { p.expansion = {{}, {{0, 0}}}; }), mismatch);
  EXPECT_EQ(refused(expanded(), [](Program& p) { p.expansion = {{}, {{0, 65}}}; }), mismatch);
  EXPECT_EQ(refused(expanded(),
                    [](Program& p) {
                      p.expansion = {{}, {{0, 1}, {0, 2}}};
                    }),
            mismatch);
  EXPECT_EQ(refused(expanded(), [](Program& p) { p.expansion.resize(3); }), mismatch);
  EXPECT_EQ(refused(cohort(), [](Program& p) { p.expansion = {{}}; }), mismatch);
  EXPECT_EQ(refused(cohort(), [](Program& p) { p.readout.circuit.outputs.pop_back(); }), mismatch);
  EXPECT_EQ(refused(cohort(), [](Program& p) { p.layout = Layout::kExpanded; }), mismatch);
  EXPECT_EQ(refused(sample(), [](Program& p) { p.output.regimens[1].minus = "c"; }), mismatch);
  EXPECT_EQ(refused(sample(), [](Program& p) { p.output.regimens[1].minus = "b"; }), mismatch);
}

TEST(Expand, MultipliesModesAndAppliesLinks) {
  const OutputGrid grid = second_version().output;
  auto curves = must(expand(grid, {1, 0.5, 99}));
  // Value k of the rows is 2k + (2k + 1) / 2.
  EXPECT_EQ(curves,
            (std::vector<std::vector<double>>{{1.5, 10.5}, {6.5, 9.5}, {50, 62}, {37, 43}}));
  EXPECT_EQ(expand(grid, {1}).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(grid.label_of(2), "C, B");
  EXPECT_EQ(grid.label_of(3), "P, B");
  curves[1][0] = std::log(4);
  ASSERT_TRUE(apply_links(grid, curves));
  EXPECT_EQ(curves[0][1], 10.5);
  EXPECT_NEAR(curves[1][0], 80, 1e-12);
}

TEST(BeyondRange, NamesTheFirstValueThatLeftItsRange) {
  const OutputGrid grid = sample().output;
  const double limit = kRangeMargin * grid.peak[1];
  std::vector<std::vector<double>> curves = {{kRangeMargin * grid.peak[0]}, {-limit}};
  EXPECT_FALSE(beyond_range(grid, curves));

  curves[1][0] = std::nextafter(-limit, -1e9);
  const std::string text = beyond_range(grid, curves).value();
  EXPECT_NE(text.find(grid.outputs[0].name), std::string::npos) << text;
  EXPECT_NE(text.find("\"" + grid.regimens[1].label + "\""), std::string::npos) << text;
  EXPECT_NE(text.find("6 " + grid.outputs[0].unit), std::string::npos) << text;
  curves[1][0] = std::nan("");
  EXPECT_TRUE(beyond_range(grid, curves)) << "no number is in no range";
}

TEST(Formula, EvaluatesEveryOperator) {
  const std::vector<std::string> names = {"a", "b"};
  const std::vector<double> values = {3, 4};
  const auto at = [&](std::string_view text) { return must(Formula::parse(text, names))(values); };
  EXPECT_DOUBLE_EQ(at("a b +"), 7);
  EXPECT_DOUBLE_EQ(at("a b - neg"), 1);
  EXPECT_DOUBLE_EQ(at("a b * 2.5e0 /"), 4.8);
  EXPECT_DOUBLE_EQ(at("a 2 ^ b 2 ^ + sqrt"), 5);
  EXPECT_DOUBLE_EQ(at("a ln exp b min a b max *"), 12);
  for (const std::string_view bad : {"", "a a", "+", "a +", "c", "a b ! ", "1e999", "a  b +"}) {
    EXPECT_FALSE(Formula::parse(bad, names)) << bad;
  }
  std::string longest = "a";
  for (std::size_t i = 1; i < kMaxFormulaTokens; ++i) longest += " neg";
  EXPECT_TRUE(Formula::parse(longest, names));
  EXPECT_EQ(Formula::parse(longest + " neg", names).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::program
