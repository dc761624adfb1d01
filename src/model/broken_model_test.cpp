// Goal:   whatever is wrong with a model file, `salus model check` says in which file and line,
// about
//         which symbol, and what to do.
// Method: one good model, one line of it changed at a time; the whole check as the command runs it.
#include <gtest/gtest.h>

#include "model/box.h"
#include "model/model.h"
#include "model/oracle.h"

namespace salus::model {
namespace {

// Line numbers are part of the test: [[parameter]] CL starts in line 6.
const std::string kGood = R"(name = "toy"
title = "Toy"
description = "One compartment, oral."
citation = "none"

[[parameter]]
name = "CL"
unit = "L/h"
description = "clearance"
typical = 5.0
sd = 0.3

[[parameter]]
name = "volume"
unit = "L"
description = "volume"
typical = 20.0
sd = 0.2
low = 5.0
high = 60.0

[[parameter]]
name = "ka"
unit = "1/h"
description = "absorption"
typical = 1.0
sd = 0.5

[[covariate]]
name = "weight"
unit = "kg"
description = "body weight"
low = 40.0
typical = 70.0
high = 150.0

[[covariate_rule]]
parameter = "CL"
formula = "5 * (weight / 70)^0.75"

[[derived]]
name = "ke"
unit = "1/h"
description = "elimination"
formula = "CL / volume"

[[derived]]
name = "double_ke"
unit = "1/h"
description = "twice of it"
formula = "2 * ke"

[[state]]
name = "gut"
unit = "mg"
description = "amount in the gut"
rate = "-ka * gut"

[[state]]
name = "body"
unit = "mg"
description = "amount in the body"
initial = 0.0
rate = "ka * gut - ke * body"

[[variable]]
name = "conc"
unit = "mg/L"
description = "concentration"
formula = "body / volume"

[[output]]
name = "C"
unit = "mg/L"
description = "concentration"
formula = "conc"

[dose]
state = "gut"
unit = "mg"

[[oracle]]
description = "AUC is dose / CL"
values = { CL = 5.0, volume = 20.0, ka = 1.0 }
dose = 100.0
quantity = "auc"
expected = 20.0
tolerance = 1e-3
)";

/// What `salus model check` does to a file's text.
Status check_text(const std::string& text) {
  const auto model = parse_model(text, "toy.toml");
  if (!model) return model.error();
  if (const auto box = check_box(*model); !box) return box.error();
  return reproduce_oracles(*model);
}

struct Broken {
  const char* name;
  std::string from, to;
  std::string place;                  // "toy.toml:45: derived 'ke'"
  std::vector<std::string> expected;  // symbol and remedy
};

void PrintTo(const Broken& b, std::ostream* out) { *out << b.name; }

class BrokenModel : public testing::TestWithParam<Broken> {};

TEST(BrokenModel, TheGoodOneIsFine) {
  const Status fine = check_text(kGood);
  EXPECT_TRUE(fine) << fine.error().message;
}

TEST_P(BrokenModel, IsRefusedWithFileLineSymbolAndRemedy) {
  const Broken& b = GetParam();
  std::string text = kGood;
  const auto at = text.find(b.from);
  ASSERT_NE(at, std::string::npos) << b.from;
  const Status found = check_text(text.replace(at, b.from.size(), b.to));
  ASSERT_FALSE(found);
  const std::string& message = found.error().message;
  EXPECT_TRUE(message.starts_with(b.place)) << "wanted: " << b.place << "\nfound:  " << message;
  for (const std::string& part : b.expected) {
    EXPECT_NE(message.find(part), std::string::npos)
        << "wanted: " << part << "\nfound:  " << message;
  }
}

const std::vector<Broken> kSymbols = {
    {"OfItself",
     "\"CL / volume\"",
     "\"CL / volume * ke\"",
     "toy.toml:45: derived 'ke'",
     {"cyclic: ke -> ke (line 41)", "express"}},
    {"InACircle",
     "\"CL / volume\"",
     "\"CL / volume + double_ke - double_ke\"",
     "toy.toml:45: derived 'ke'",
     {"cyclic: ke -> double_ke -> ke (lines 47, 41)"}},
    {"DefinedBelow",
     "formula = \"CL / volume\"\n\n[[derived]]\nname = \"double_ke\"",
     "formula = \"late * 2\"\n\n[[derived]]\nname = \"late\"",
     "toy.toml:45: derived 'ke'",
     {"cyclic: ke -> late -> ke"}},
    {"BelowWithoutCircle",
     "\"2 * ke\"\n",
     "\"2 * third\"\n\n[[derived]]\nname = \"third\"\nunit = "
     "\"1/h\"\ndescription = \"x\"\nformula = \"ka\"\n",
     "toy.toml:51: derived 'double_ke'",
     {"'third', which is defined below, in line 53; move its table above"}},
    {"AVariableOfItself",
     "\"body / volume\"",
     "\"conc * 2\"",
     "toy.toml:70: variable 'conc'",
     {"cyclic: conc -> conc"}},
    {"AStateInADerived",
     "\"2 * ke\"",
     "\"ke * body / gut\"",
     "toy.toml:51: derived 'double_ke'",
     {"state 'body' (line 59)", "make this a [[variable]]"}},
    {"AnOutputInARate",
     "\"-ka * gut\"",
     "\"-ka * C\"",
     "toy.toml:57: state 'gut'",
     {"output 'C' (line 72)", "give its formula to a [[variable]]"}},
    {"ACovariateInADerived",
     "\"2 * ke\"",
     "\"ke * weight / weight\"",
     "toy.toml:51: derived 'double_ke'",
     {"covariate 'weight' (line 29)", "[[covariate_rule]]"}},
    {"AnUnknownSymbol",
     "CL / volume",
     "CL / volum",
     "toy.toml:45: derived 'ke'",
     {"unknown symbol 'volum'; did you mean 'volume'?", "known here are CL, ka, volume"}},
    {"AnotherCase",
     "\"-ka * gut\"",
     "\"-KA * gut\"",
     "toy.toml:57: state 'gut'",
     {"did you mean 'ka'?"}},
    {"ANameTwice",
     "name = \"double_ke\"",
     "name = \"ke\"",
     "toy.toml:48: derived 'ke'",
     {"taken, in line 42", "take another"}},
    {"ANameWithAMeaning",
     "name = \"double_ke\"",
     "name = \"pi\"",
     "toy.toml:48: derived 'pi'",
     {"meaning of its own", "take another"}},
    {"DoseToNowhere",
     "state = \"gut\"",
     "state = \"gutt\"",
     "toy.toml:79: [dose]: 'state'",
     {"not the name of a [[state]]; did you mean 'gut'?"}},
    {"AnOracleOfNothing",
     "values = { CL",
     "values = { Cl_renal = 1.0, CL",
     "toy.toml:84: oracle",
     {"unknown parameter Cl_renal", "there are CL, volume, ka"}},
    {"AnOracleOfAnotherOutput",
     "quantity = \"auc\"",
     "output = \"Cp\"\nquantity = \"auc\"",
     "toy.toml:86: oracle: 'output'",
     {"no output 'Cp'; it has C"}},
};

const std::vector<Broken> kKeysAndUnits = {
    {"AUnitClashInASum",
     "CL / volume",
     "CL / volume + CL",
     "toy.toml:45: derived 'ke'",
     {"'CL / volume + CL' combines quantities of different units"}},
    {"AUnitClashInARate",
     "\"-ka * gut\"",
     "\"-ka * gut / volume\"",
     "toy.toml:57: state 'gut'",
     {"does not come out in mg/h but in 0.001 g/L/h", "convert it"}},
    {"AnUnknownUnit",
     "unit = \"L\"",
     "unit = \"litre\"",
     "toy.toml:15: parameter 'volume'",
     {"unknown part 'litre'", "known are kg g mg"}},
    {"ADoseInGrams",
     "state = \"gut\"\nunit = \"mg\"",
     "state = \"gut\"\nunit = \"g\"",
     "toy.toml:80: [dose]: 'unit'",
     {"must be the unit of state gut, mg"}},
    {"NoSd",
     "sd = 0.3\n",
     "",
     "toy.toml:6: parameter 'CL': 'sd'",
     {"missing; add the population's SD of ln CL", "knowledge = \"public\""}},
    {"NoFormula",
     "formula = \"conc\"\n",
     "",
     "toy.toml:72: output 'C': 'formula'",
     {"missing; add formula = "}},
    {"NoUnit",
     "unit = \"L\"\n",
     "",
     "toy.toml:13: parameter 'volume': 'unit'",
     {"missing; add it"}},
    {"NoTitle", "title = \"Toy\"\n", "", "toy.toml:1: model: 'title'", {"missing; add it"}},
    {"AMisspeltKey",
     "typical = 20.0",
     "typical = 20.0\ntypcial = 3",
     "toy.toml:18: parameter",
     {"'typcial' is not a known key; did you mean 'typical'?"}},
    {"AnOpenText", "title = \"Toy\"", "title = \"Toy", "toy.toml:2:", {"string"}},
    {"TwoValuesForAKey", "sd = 0.3", "sd = 0.3\nsd = 0.4", "toy.toml:12:", {"sd"}},
    {"AnOpenBracket",
     "CL / volume",
     "CL / (volume",
     "toy.toml:45: derived 'ke'",
     {"'CL / (volume'"}},
    {"AnUnknownFunction",
     "CL / volume",
     "gamma(CL / volume)",
     "toy.toml:45: derived 'ke'",
     {"'gamma' is not supported; use numbers, symbols"}},
    {"TypicalOutsideItsBox",
     "typical = 20.0",
     "typical = 70.0",
     "toy.toml:17: parameter 'volume': 'typical'",
     {"between low and high", "are 5 and 60"}},
    {"ANegativeVolume",
     "sd = 0.2\nlow = 5.0",
     "transform = \"linear\"\nsd = 8.0",
     "toy.toml:17: parameter 'volume': 'typical'",
     {"lets the volume volume be negative; set low"}},
    {"NoTolerance",
     "tolerance = 1e-3\n",
     "",
     "toy.toml:82: oracle: 'tolerance'",
     {"must be given and positive"}},
};

const std::vector<Broken> kBoxes = {
    {"ARootOfANegativeNumber",
     "\"2 * ke\"",
     "\"2 * sqrt(ke * (ke - ka / 20))\"",
     "toy.toml:51: derived 'double_ke'",
     {"is not a number inside the box, at CL = 2.033 L/h, volume = ", "narrow low and high"}},
    {"AnOverflow",
     "\"2 * ke\"",
     "\"ke * exp(4000 * ke * volume / CL)\"",
     "toy.toml:51: derived 'double_ke'",
     {"is infinite inside the box", "piecewise"}},
    {"EqualRates",
     "\"2 * ke\"",
     "\"ka * ke / (ka - ke)\"",
     "toy.toml:51: derived 'double_ke'",
     {"divides by 'ka - ke', which changes its sign inside the box: it is 0 at CL = ", "ka = ",
      "[[state]] rates"}},
    {"ANegativePower",
     "formula = \"conc\"",
     "formula = \"conc * ka * (ka - ke)^(-1)\"",
     "toy.toml:76: output 'C'",
     {"divides by 'ka - ke'"}},
    {"AnInitialValue",
     "initial = 0.0",
     "empirical = true\ninitial = \"sqrt(ka - ke)\"",
     "toy.toml:64: initial of state 'body'",
     {"= sqrt(ka - ke) is not a number", "ka = 0.2231 1/h"}},
    {"ARateAtTheStart",
     "\"-ka * gut\"",
     "\"-ka * gut * (body / body)\"",
     "toy.toml:57: rate of "
     "state 'gut'",
     {"is not a number inside the box at time 0"}},
    {"ABlowUp",
     "\"ka * gut - ke * body\"",
     "\"ka * gut + body^2\"\nempirical = true",
     "toy.toml:57: no solution inside the box",
     {"at CL = 5 L/h, volume = 20 L, ka = 1 1/h: toy: CVODE stopped", "grows without bound"}},
    {"AnOracleNotReproduced",
     "expected = 20.0",
     "expected = 21.0",
     "toy.toml:82: oracle",
     {"\"AUC is dose / CL\" expects 21 within 0.021, the model gives 19.99", "correct the value"}},
};

const auto kByName = [](const testing::TestParamInfo<Broken>& info) {
  return std::string(info.param.name);
};
INSTANTIATE_TEST_SUITE_P(Symbols, BrokenModel, testing::ValuesIn(kSymbols), kByName);
INSTANTIATE_TEST_SUITE_P(KeysAndUnits, BrokenModel, testing::ValuesIn(kKeysAndUnits), kByName);
INSTANTIATE_TEST_SUITE_P(Boxes, BrokenModel, testing::ValuesIn(kBoxes), kByName);

TEST(CheckBox, AllowsAGuardedDivisor) {
  std::string text = kGood;
  const std::string from = "\"2 * ke\"";
  text.replace(text.find(from), from.size(),
               "\"piecewise(ke, abs(ka - ke) < 1e-3 * ka, ka * ke / (ka - ke))\"");
  const auto report = check_box(must(parse_model(text, "toy.toml")));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->corners, 8u);
  EXPECT_EQ(report->points, 1 + 8 + 256u);
  EXPECT_EQ(report->solved, 16u);
}

TEST(CheckBox, NotesANegativeVolumeThatIsMeant) {
  std::string text = kGood;
  const std::string from = "low = 5.0\nhigh = 60.0";
  text.replace(text.find(from), from.size(), "transform = \"linear\"\nlow = -5.0\nhigh = -1.0");
  text.replace(text.find("typical = 20.0"), 14, "typical = -3.0");
  const auto report = check_box(must(parse_model(text, "toy.toml")), {.samples = 8, .solved = 1});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_NE(report->notes.at(0).find("the volume volume is negative"), std::string::npos);
}

TEST(CheckBox, NotesStiffnessAndOutputsWithoutAValueAtTheDose) {
  std::string text = kGood;
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"typical = 1.0\nsd = 0.5", "typical = 1e5\nsd = 0.5"},
           {"unit = \"mg/L\"\ndescription = \"concentration\"\nformula = \"conc\"",
            "unit = \"1\"\ndescription = \"c\"\nformula = \"ln(body)\"\nempirical = true"}}) {
    text.replace(text.find(from), from.size(), to);
  }
  const Model model = must(parse_model(text, "toy.toml"));
  const auto report = check_box(model, {.samples = 0, .solved = 1, .seed = 1});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GT(report->stiffness, kStiff);
  ASSERT_GE(report->notes.size(), 2u);
  EXPECT_NE(report->notes[0].find("output 'C' is not finite at time 0"), std::string::npos);
  EXPECT_NE(report->notes.back().find("stiff"), std::string::npos);
}

}  // namespace
}  // namespace salus::model
