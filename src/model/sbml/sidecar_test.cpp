// Sidecars: what becomes private, what is kept, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/reference.h"
#include "model/sbml.h"

namespace salus::model {
namespace {

using testing::HasSubstr;

const char* const kFile = R"(<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="one" name="One compartment">
<listOfUnitDefinitions><unitDefinition id="per_h"><listOfUnits>
<unit kind="second" exponent="-1" scale="0" multiplier="3600"/></listOfUnits></unitDefinition>
</listOfUnitDefinitions>
<listOfCompartments><compartment id="V" size="4" units="litre" spatialDimensions="3" constant="true"/>
</listOfCompartments>
<listOfSpecies><species id="drug" compartment="V" initialAmount="8" substanceUnits="gram"
 hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="ke" value="0.25" units="per_h" constant="true"/></listOfParameters>
<listOfReactions><reaction id="out" reversible="false"><listOfReactants>
<speciesReference species="drug" stoichiometry="1" constant="true"/></listOfReactants><kineticLaw>
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>ke</ci><ci>V</ci><ci>drug</ci>
</apply></math></kineticLaw></reaction></listOfReactions></model></sbml>)";

Result<Model> with(const std::string& sidecar) {
  return apply_sidecar(must(read_sbml(kFile, "one.xml")), sidecar, "one.sidecar.toml");
}

std::string refused(const std::string& sidecar) {
  const auto got = with(sidecar);
  if (got.has_value()) return "was not refused";
  EXPECT_THAT(got.error().message, HasSubstr("one.sidecar.toml"));
  return got.error().message;
}

TEST(Sidecar, MakesNumbersPrivateAndDosesAmounts) {
  const Model m = must(with(R"(
title = "One compartment, intravenous"
citation = "A textbook"
time_unit = "h"

[[private]]
name = "ke"
unit = "1/h"
sd = 0.3

[[private]]
name = "drug"
unit = "g"
transform = "linear"
sd = 1
low = 0
high = 20

[[output]]
name = "drug"
unit = "g/L"

[dose]
state = "drug"
unit = "g"

[surrogate]
horizon_h = 12
)"));
  ASSERT_EQ(m.private_parameters().size(), 2u);
  EXPECT_EQ(m.title, "One compartment, intravenous");
  EXPECT_NEAR(m.parameter("ke")->low, 0.25 * std::exp(-0.9), 1e-12);
  EXPECT_EQ(m.parameter("drug_0")->high, 20);
  EXPECT_EQ(m.dose.state, "drug_amount");
  EXPECT_EQ(m.surrogate.horizon_h, 12);
  EXPECT_NE(m.digest, must(read_sbml(kFile, "one.xml")).digest);
  // Starts at 4 g of its own, takes 8 g more at 1 h.
  const auto curve = must(reference_curve(m, {{"ke", 0.5}, {"drug_0", 4}}, {{1, 8, 0}}, {1, 3}));
  EXPECT_NEAR(curve[0], (4 * std::exp(-0.5) + 8) / 4, 1e-8);
  EXPECT_NEAR(curve[1], (4 * std::exp(-1.5) + 8 * std::exp(-1.0)) / 4, 1e-8);
}

TEST(Sidecar, AStartIsNotTakenForAnIdThatLooksLikeOne) {
  std::string xml = kFile;
  const std::string list = "<listOfParameters>";
  xml.insert(xml.find(list) + list.size(),
             "<parameter id=\"drug_0\" value=\"5\" constant=\"true\"/>");
  const Model m = must(apply_sidecar(must(read_sbml(xml, "one.xml")),
                                     "[[private]]\nname = \"drug\"\nunit = \"g\"\nsd = 0.1\n",
                                     "one.sidecar.toml"));
  EXPECT_FALSE(m.parameter("drug_0")->is_private);
  EXPECT_TRUE(m.parameter("drug_0_")->is_private);
}

TEST(Sidecar, AnInitialAssignmentBecomesANumberOfThePatient) {
  std::string xml = kFile;
  const std::string list = "<listOfReactions>";
  xml.insert(xml.find(list),
             "<listOfInitialAssignments><initialAssignment symbol=\"ke\">"
             "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"><apply><divide/><cn>2</cn>"
             "<ci>V</ci></apply></math></initialAssignment></listOfInitialAssignments>");
  const Model file = must(read_sbml(xml, "one.xml"));
  ASSERT_NE(file.find_derived("ke"), nullptr);
  const std::string entry = "[[private]]\nname = \"ke\"\nunit = \"1/h\"\nsd = 0.1\n";
  const auto open = apply_sidecar(file, entry, "one.sidecar.toml");
  ASSERT_FALSE(open.has_value());
  EXPECT_THAT(open.error().message, HasSubstr("'typical' is missing"));
  const Model m = must(apply_sidecar(file, entry + "typical = 0.5\n", "one.sidecar.toml"));
  EXPECT_EQ(m.find_derived("ke"), nullptr);
  EXPECT_EQ(m.parameter("ke")->typical, 0.5);
}

TEST(Sidecar, KeepsTheFilesUnits) {
  EXPECT_THAT(refused("[[private]]\nname = \"V\"\nunit = \"mL\"\nsd = 0.1\n"),
              HasSubstr("is not the file's, L"));
  EXPECT_THAT(refused("[[private]]\nname = \"V\"\nunit = \"cubits\"\nsd = 0.1\n"),
              HasSubstr(":3: private"));
}

TEST(Sidecar, RefusesWhatTheModelDoesNotHave) {
  EXPECT_THAT(refused("[[private]]\nname = \"CL\"\nunit = \"L/h\"\nsd = 0.1\n"),
              HasSubstr("salus sbml check"));
  EXPECT_THAT(refused("[[output]]\nname = \"nothing\"\n"), HasSubstr("is not a species"));
  EXPECT_THAT(refused("[dose]\nstate = \"V\"\nunit = \"g\"\n"), HasSubstr("not a species"));
  EXPECT_THAT(refused("colour = \"red\"\n"), HasSubstr("colour"));
  EXPECT_THAT(refused("time_unit = \"L\"\n"), HasSubstr("unit of time"));
  EXPECT_THAT(refused("title = \n"), HasSubstr(":1:"));
}

TEST(Sidecar, RefusesBoxesThatAreNone) {
  const std::string ke = "[[private]]\nname = \"ke\"\nunit = \"1/h\"\n";
  EXPECT_THAT(refused(ke), HasSubstr("'sd' is missing"));
  EXPECT_THAT(refused(ke + "sd = -1\n"), HasSubstr("must be positive"));
  EXPECT_THAT(refused(ke + "sd = 0.3\nlow = 1\n"), HasSubstr("between low and high"));
  EXPECT_THAT(refused(ke + "sd = nan\n"), HasSubstr("not a finite number"));
  EXPECT_THAT(refused(ke + "sd = 0.3\n" + ke + "sd = 0.3\n"), HasSubstr("twice"));
}

}  // namespace
}  // namespace salus::model
