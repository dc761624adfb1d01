// Goal:   a model file is either complete and consistent or refused with file, line, symbol and
// remedy;
//         formulas mean what they say.
// Method: one good file, one broken line at a time.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/file.h"
#include "model/model.h"
#include "model/oracle.h"
#include "model/reference.h"
#include "model/unit.h"

namespace salus::model {
namespace {

const std::string kGood = R"(name = "toy"
title = "Toy"
description = "One compartment."
citation = "none"

[[parameter]]
name = "CL"
unit = "L/h"
description = "clearance"
typical = 50.0
sd = 0.3

[[parameter]]
name = "V"
unit = "L"
description = "volume"
typical = 20.0
sd = 0.2
low = 5.0
high = 60.0

[[parameter]]
name = "F"
unit = "1"
description = "fraction"
knowledge = "public"
typical = 0.5

[[derived]]
name = "ke"
unit = "1/h"
description = "rate"
formula = "CL / V"

[[state]]
name = "A"
unit = "mg"
description = "amount"
rate = "-F * ke * A"

[[output]]
name = "C"
unit = "mg/L"
description = "concentration"
formula = "A / V"

[dose]
state = "A"
unit = "mg"
)";

// The file with `from` replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
  std::string out = kGood;
  const auto at = out.find(from);
  check(at != std::string::npos, "the test's line is in the file");
  return out.replace(at, from.size(), to);
}

struct Broken {
  std::string from, to, expected;
};

TEST(ReadModel, ReadsTheGoodFile) {
  const Model model = must(parse_model(changed("Toy", "Toy"), "toy.toml"));
  EXPECT_EQ(model.private_parameters().size(), 2u);
  EXPECT_NEAR(model.parameter("CL")->low, 50 * std::exp(-0.9), 1e-9);
  EXPECT_EQ(model.parameter("V")->high, 60);
  EXPECT_FALSE(model.parameter("F")->is_private);
  EXPECT_EQ(model.surrogate.terms[0].over, (std::vector<std::string>{"CL", "V"}));
  EXPECT_NE(model.formula_text().find("dA/dt = -F * ke * A"), std::string::npos);
  EXPECT_EQ(model.digest.size(), 64u);
}

TEST(ReadModel, RefusesEachMistakeWithLineSymbolAndRemedy) {
  const std::vector<Broken> cases = {
      {"title = \"Toy\"", "titel = \"Toy\"", "'title' is missing"},
      {"[dose]", "tpyo = 1\n[dose]", "toy.toml:47: output 'C': 'tpyo' is not a known key"},
      {"name = \"V\"", "name = \"CL\"", "is taken"},
      {"name = \"V\"", "name = \"PI\"", "meaning of its own"},
      {"unit = \"L\"", "unit = \"\"", "a unit is missing"},
      {"unit = \"L\"", "unit = \"gallon\"", "unknown part 'gallon'"},
      {"unit = \"L\"\n", "", "parameter 'V': 'unit' is missing"},
      {"typical = 20.0", "typical = nan", "toy.toml:17: parameter 'V': 'typical' is not a finite"},
      {"typical = 20.0", "typical = \"x\"", "must be a number"},
      {"typical = 20.0", "typical = -20.0", "must be positive"},
      {"high = 60.0", "high = 19.0", "must lie between low and high"},
      {"low = 5.0", "low = 25.0", "must lie between low and high"},
      {"sd = 0.2", "sd = 0.0", "'sd' must be positive"},
      {"knowledge = \"public\"", "knowledge = \"secret\"", "must be \"private\" or \"public\""},
      {"CL / V", "CL / W", "unknown symbol 'W'; known here are CL, F, V"},
      {"CL / V", "CL / ", "toy.toml:33: derived 'ke': 'formula' - formula"},
      {"CL / V", "CL * V", "does not come out in 1/h"},
      {"CL / V", "CL + V", "different units"},
      {"CL / V", "exp(CL)", "different units"},
      {"CL / V", "sin(CL)", "different units"},
      {"CL / V", "gamma(CL)", "not supported"},
      {"CL / V", "CL / V + time", "uses time, which has no meaning here"},
      {"-F * ke * A", "-F * A", "does not come out in mg/h"},
      {"formula = \"A / V\"", "formula = \"A\"", "does not come out in mg/L"},
      {"[dose]\nstate = \"A\"", "[dose]\nstate = \"B\"", "not the name of a [[state]]"},
      {"[dose]\nstate = \"A\"\nunit = \"mg\"", "[dose]\nstate = \"A\"\nunit = \"g\"",
       "unit of state A"},
      {"[dose]", "[surrogate]\nmax_degree = 99\n[dose]", "must be 1 .. 31"},
      {"[dose]", "[[oracle]]\n[dose]", "'description' is missing"},
      {"title = \"Toy\"", "title = \"Toy", "toy.toml:2"},
  };
  for (const Broken& b : cases) {
    const auto found = parse_model(changed(b.from, b.to), "toy.toml");
    ASSERT_FALSE(found) << b.to;
    EXPECT_NE(found.error().message.find(b.expected), std::string::npos)
        << "wanted: " << b.expected << "\nfound:  " << found.error().message;
    EXPECT_TRUE(found.error().message.starts_with("toy.toml")) << found.error().message;
  }
}

TEST(ReadModel, KnowsLagsEvidenceAndDosesThatStartLater) {
  const Model plain = must(parse_model(kGood, "toy.toml"));
  const Model late =
      must(parse_model("evidence = \"weak: a toy\"\n" + kGood + "lag_h = 2.5\n", "toy.toml"));
  EXPECT_NE(late.formula_text().find("Evidence: weak: a toy"), std::string::npos);
  const Values values = {{"CL", 50}, {"V", 20}};
  const std::vector<double> times = {0, 2.4, 3.5, 6}, earlier = {0, 1, 3.5};
  const Curves expected = must(reference_curves(plain, values, {{0, 10, 1}}, earlier));
  for (const Curves& curve : {must(reference_curves(late, values, {{0, 10, 1}}, times)),
                              must(fast_curves(late, values, {{0, 10, 1}}, times))}) {
    EXPECT_EQ(curve[0][1], 0);
    EXPECT_NEAR(curve[0][2], expected[0][1], 1e-8);
    EXPECT_NEAR(curve[0][3], expected[0][2], 1e-8);
  }
  OracleCase c;
  c.dose = 10;
  c.infusion_h = 1;
  c.start_h = 0.5;
  c.values = values;
  c.quantity = "value_at";
  c.at_h = 4.0;
  EXPECT_NEAR(must(compute_oracle(late, c)), expected[0][1], 1e-8);
  EXPECT_FALSE(parse_model(kGood + "lag_h = -1\n", "toy.toml"));
}

TEST(ReadModel, RefusesFilesAboveTheLimitAndMissingOnes) {
  EXPECT_EQ(parse_model(std::string(kMaxModelBytes + 1, '#'), "big").error().code,
            ErrorCode::kLimit);
  EXPECT_EQ(load_model("/nowhere/x.toml").error().code, ErrorCode::kNotFound);
}

TEST(ReadModel, SurvivesFlippedBytesOfRealModels) {
  std::mt19937_64 random(3);
  for (const std::string name : {"theophylline", "vancomycin"}) {
    const std::string good =
        must(read_text_file(std::string(SALUS_SOURCE_DIR) + "/models/" + name + ".toml", 1 << 20));
    for (int i = 0; i < 300; ++i) {
      std::string bad = good;
      bad[random() % bad.size()] = static_cast<char>(32 + random() % 95);
      const auto model = parse_model(bad, name);
      EXPECT_TRUE(model || !model.error().message.empty());
    }
  }
}

TEST(TypicalParameters, FollowTheCovariates) {
  const Model model = must(load_model(std::string(SALUS_SOURCE_DIR) + "/models/vancomycin.toml"));
  const Values usual = must(typical_parameters(model, {}));
  EXPECT_DOUBLE_EQ(usual.at("CL"), 4.5);
  EXPECT_DOUBLE_EQ(usual.at("Q"), 6.5);
  const Values dialysis =
      must(typical_parameters(model, {{"CrCL", 60}, {"WT", 35}, {"dialysis", 1}}));
  EXPECT_NEAR(dialysis.at("CL"), 4.5 * std::pow(0.5, 0.8) * 0.7, 1e-12);
  EXPECT_NEAR(dialysis.at("V1"), 58.4 / 4, 1e-12);
  EXPECT_FALSE(typical_parameters(model, {{"weight", 70}}));
  EXPECT_FALSE(typical_parameters(model, {{"WT", NAN}}));
}

double value_of(std::string_view text) {
  const Expression e = must(parse_expression(text));
  const std::vector<double> values = {2, 3};
  const double direct = must(CompiledExpression::make(e, {{"a", 0}, {"b", 1}}))(values);
  // text() must read back to the same meaning.
  const Expression again = must(parse_expression(e.text()));
  EXPECT_DOUBLE_EQ(must(CompiledExpression::make(again, {{"a", 0}, {"b", 1}}))(values), direct)
      << text;
  return direct;
}

TEST(Expression, KeepsPrecedenceAssociativityAndFunctions) {
  EXPECT_DOUBLE_EQ(value_of("1 - a - b"), -4);
  EXPECT_DOUBLE_EQ(value_of("1 - (a - b)"), 2);
  EXPECT_DOUBLE_EQ(value_of("12 / a / b"), 2);
  EXPECT_DOUBLE_EQ(value_of("12 / (a / b)"), 18);
  EXPECT_DOUBLE_EQ(value_of("a + b * 2"), 8);
  EXPECT_DOUBLE_EQ(value_of("-a^2"), -4);
  EXPECT_DOUBLE_EQ(value_of("(-a)^2"), 4);
  EXPECT_DOUBLE_EQ(value_of("(a^b)^2"), 64);
  EXPECT_DOUBLE_EQ(value_of("2e-1 * a"), 0.4);
  EXPECT_DOUBLE_EQ(value_of("exp(ln(a)) + sqrt(b + 6) + min(a, b) + max(a, b)"), 10);
  EXPECT_DOUBLE_EQ(value_of("-(a - b) * -b"), -3);
}

TEST(Expression, KnowsComparisonsChoicesAndFunctions) {
  EXPECT_DOUBLE_EQ(value_of("piecewise(10, a > b, 20, a == 2, 30)"), 20);
  EXPECT_DOUBLE_EQ(value_of("piecewise(10, a < b && !(b <= a), 20)"), 10);
  EXPECT_DOUBLE_EQ(value_of("(a < b) + (a >= b) + 2 * (a != b) + 4 * (a == b || b == 3)"), 7);
  EXPECT_DOUBLE_EQ(value_of("floor(-2.5) + ceil(2.5) + abs(-a)"), 2);
  EXPECT_NEAR(value_of("sin(a)^2 + cos(a)^2 + tanh(0) + log10(100) + log(a, 8)"), 6, 1e-14);
  EXPECT_NEAR(value_of("root(3, 27) + sec(0) + arccot(1) * 4 / pi + factorial(4)"), 29, 1e-13);
  const Expression e = must(parse_expression("a * time"));
  EXPECT_TRUE(e.uses_time());
  EXPECT_FALSE(CompiledExpression::make(e, {{"a", 0}}));
  const std::vector<double> values = {2, 3};
  EXPECT_DOUBLE_EQ(must(CompiledExpression::make(e, {{"a", 0}}, 1))(values), 6);
}

// dN/dt = g N (1 - N / K) from N0 = N_max / 10, per day, at K = N_max: N = K / (1 + 9 exp(-g t)).
constexpr const char* kLogistic = R"toml(
name = "logistic"
title = "Logistic growth"
description = "test"
citation = "none"
time_unit = "d"
[[parameter]]
name = "g"
unit = "1/d"
description = "growth rate"
typical = 0.5
sd = 0.2
[[parameter]]
name = "K"
unit = "mg"
description = "capacity"
knowledge = "public"
typical = 100.0
[[state]]
name = "N"
unit = "mg"
description = "mass"
initial = "K / 10"
rate = "piecewise(g * N * room, time < late, 0)"
[[variable]]
name = "room"
unit = "1"
description = "what is left"
formula = "1 - N / K"
[[parameter]]
name = "late"
unit = "d"
description = "when growth stops"
knowledge = "public"
typical = 30.0
[[output]]
name = "mass"
unit = "mg"
description = "mass"
formula = "N"
[[output]]
name = "share"
unit = "1"
description = "logit of the share"
formula = "N / K"
link = "ln(x / (1 - x))"
[[oracle]]
description = "closed form at two days"
values = { g = 0.7 }
output = "share"
at_h = 48.0
quantity = "value_at"
expected = -0.797224577336
tolerance = 1e-8
)toml";

TEST(ReadModel, KnowsDaysVariablesStartsAndLinks) {
  const Model model = must(parse_model(kLogistic, "logistic.toml"));
  EXPECT_FALSE(model.takes_doses());
  EXPECT_EQ(model.hours_per_time, 24);
  EXPECT_FALSE(LinearSolver::make(model));
  const Curves curves = must(reference_curves(model, {{"g", 0.7}}, {}, {0, 24, 48, 24 * 40}));
  for (std::size_t i = 0; i < 3; ++i) {
    const double days = static_cast<double>(i);
    EXPECT_NEAR(curves[0][i], 100 / (1 + 9 * std::exp(-0.7 * days)), 1e-7);
    EXPECT_NEAR(curves[1][i], 1 / (1 + 9 * std::exp(-0.7 * days)), 1e-9);
  }
  EXPECT_NEAR(curves[1][3], 1, 1e-7);
  EXPECT_TRUE(reproduce_oracles(model));
  EXPECT_FALSE(reference_curves(model, {{"g", 0.7}}, {{0, 1, 0}}, {1})) << "nothing to dose";
}

TEST(Expression, RefusesWhatItCannotMean) {
  for (const std::string bad :
       {"", "a +", "piecewise(a, b < a)", "f(a)", "a b", "1/0 + inf", "rateOf(2)"}) {
    EXPECT_FALSE(parse_expression(bad)) << bad;
  }
  EXPECT_EQ(parse_expression(std::string(kMaxFormulaBytes + 1, 'a')).error().code,
            ErrorCode::kLimit);
  std::string deep = "a";
  for (int i = 0; i < 100; ++i) deep = "exp(" + deep + ")";
  EXPECT_EQ(parse_expression(deep).error().code, ErrorCode::kLimit);
}

TEST(Unit, KnowsProductsQuotientsAndPowers) {
  EXPECT_TRUE(must(parse_dimension("mg/L")).equals(must(parse_dimension("ug/mL"))));
  EXPECT_TRUE(must(parse_dimension("mL/min")).equals(Dimension{0.06, {0, 3, -1, 0, 0}}));
  EXPECT_TRUE(must(parse_dimension("mg.h/L2")).equals(Dimension{1e-3, {1, -6, 1, 0, 0}}));
  EXPECT_TRUE(must(parse_dimension("%")).is_number());
  // 120 mmHg are 15.9987 kPa; 5 litres a minute through 1200 dyn s / cm5 raise 80 mmHg.
  EXPECT_NEAR(must(parse_dimension("mm[Hg]")).factor / must(parse_dimension("kPa")).factor,
              0.133322, 1e-9);
  EXPECT_TRUE(must(parse_dimension("10*9{cells}/L")).equals(must(parse_dimension("10*3/uL"))));
  EXPECT_TRUE(must(parse_dimension("mL")).equals(must(parse_dimension("cm3"))));
  EXPECT_TRUE(must(parse_dimension("d")).equals(Dimension{24, {0, 0, 1, 0, 0}}));
  for (const std::string bad : {"", "mg//L", "/L", "mg/", "furlong", "L22"}) {
    EXPECT_FALSE(parse_dimension(bad)) << bad;
  }
}

}  // namespace
}  // namespace salus::model
