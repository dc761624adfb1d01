// What the SBML reader makes of files, element by element, and how it refuses.
#include "model/sbml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/reference.h"

namespace salus::model {
namespace {

using testing::HasSubstr;

std::string math(const std::string& content) {
  return "<math xmlns=\"http://www.w3.org/1998/Math/MathML\">" + content + "</math>";
}

std::string file(const std::string& body, const std::string& attributes = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version2/core\" level=\"3\" "
         "version=\"2\">\n"
         "<model id=\"m\"" +
         attributes + ">\n" + body + "\n</model></sbml>\n";
}

std::string parameter(const std::string& id, const std::string& value, bool constant) {
  return "<parameter id=\"" + id + "\" value=\"" + value + "\" constant=\"" +
         (constant ? "true" : "false") + "\"/>\n";
}

std::string parameters(const std::string& entries) {
  return "<listOfParameters>\n" + entries + "</listOfParameters>\n";
}

std::string rule(const std::string& kind, const std::string& variable, const std::string& content) {
  return "<" + kind + " variable=\"" + variable + "\">" + math(content) + "</" + kind + ">\n";
}

// A -> B in a volume of 2, at a rate of k * [A] * volume.
std::string decay(const std::string& size = "2", const std::string& extra = "") {
  return "<listOfCompartments><compartment id=\"C\" size=\"" + size +
         "\" spatialDimensions=\"3\" constant=\"true\"/></listOfCompartments>\n"
         "<listOfSpecies>"
         "<species id=\"A\" compartment=\"C\" initialConcentration=\"3\" "
         "boundaryCondition=\"false\""
         " hasOnlySubstanceUnits=\"false\" constant=\"false\"/>"
         "<species id=\"B\" compartment=\"C\" initialAmount=\"0\" boundaryCondition=\"false\""
         " hasOnlySubstanceUnits=\"true\" constant=\"false\"/></listOfSpecies>\n" +
         parameters(parameter("k", "0.5", true)) + extra +
         "<listOfReactions><reaction id=\"r\" reversible=\"false\"><listOfReactants>"
         "<speciesReference species=\"A\" stoichiometry=\"1\" constant=\"true\"/>"
         "</listOfReactants><listOfProducts>"
         "<speciesReference species=\"B\" stoichiometry=\"2\" constant=\"true\"/>"
         "</listOfProducts><kineticLaw>" +
         math("<apply><times/><ci>k</ci><ci>A</ci><ci>C</ci></apply>") +
         "</kineticLaw></reaction></listOfReactions>\n";
}

Curves solve(const Model& m, const std::vector<double>& times) {
  return must(reference_curves(m, {}, {}, times));
}

double at(const Model& m, const std::string& output, double time) {
  return solve(m, {time})[must(m.output_index(output))][0];
}

std::string refused(const std::string& xml, ErrorCode code) {
  const auto got = import_sbml(xml, "bad.xml");
  if (got.has_value()) return "was not refused";
  EXPECT_EQ(got.error().code, code) << got.error().message;
  EXPECT_THAT(got.error().message, HasSubstr("bad.xml:"));
  return got.error().message;
}

TEST(ReadSbml, AReactionMovesAmountsAndShowsConcentrations) {
  const Model m = must(read_sbml(file(decay()), "decay.xml"));
  EXPECT_EQ(m.states[0].name, "A_amount");
  EXPECT_EQ(m.states[1].name, "B");
  EXPECT_TRUE(m.private_parameters().empty());
  EXPECT_EQ(m.parameter("k")->typical, 0.5);
  EXPECT_EQ(m.parameter("A_0")->typical, 3);
  EXPECT_NEAR(at(m, "A", 2), 3 * std::exp(-1.0), 1e-8);
  EXPECT_NEAR(at(m, "B", 2), 2 * 6 * (1 - std::exp(-1.0)), 1e-8);
}

TEST(ReadSbml, AnInitialValueIsAParameterThatRunsMaySet) {
  const Model m = must(read_sbml(file(decay()), "decay.xml"));
  const auto curves = must(reference_curves(m, {{"A_0", 1}}, {}, {0}));
  EXPECT_EQ(curves[must(m.output_index("A"))][0], 1);
}

TEST(ReadSbml, TimeIsInHoursUnlessTheFileSaysOtherwise) {
  const auto open = must(import_sbml(file(decay()), "decay.xml"));
  EXPECT_EQ(open.model.hours_per_time, 1);
  EXPECT_THAT(open.notes, testing::Contains(HasSubstr("no unit of time")));
  const Model m = must(read_sbml(file(decay(), " timeUnits=\"second\""), "decay.xml"));
  EXPECT_EQ(m.time_unit, "s");
  EXPECT_NEAR(at(m, "A", 2.0 / 3600), 3 * std::exp(-1.0), 1e-8);
}

TEST(ReadSbml, InitialAssignmentsMayReferToEachOtherAndToRules) {
  const std::string xml =
      file(parameters(parameter("a", "2", true) + parameter("b", "0", true) +
                      parameter("x", "0", false) + parameter("y", "0", false)) +
           "<listOfInitialAssignments><initialAssignment symbol=\"b\">" +
           math("<apply><times/><ci>y</ci><cn>3</cn></apply>") +
           "</initialAssignment><initialAssignment symbol=\"x\">" +
           math("<apply><plus/><ci>b</ci><cn>1</cn></apply>") +
           "</initialAssignment></listOfInitialAssignments><listOfRules>" +
           rule("assignmentRule", "y", "<apply><plus/><ci>a</ci><cn>1</cn></apply>") +
           rule("rateRule", "x", "<ci>a</ci>") + "</listOfRules>");
  const Model m = must(read_sbml(xml, "initial.xml"));
  EXPECT_EQ(must(reference_curves(m, {}, {}, {0}))[0][0], 10);  // (2 + 1) * 3 + 1
  EXPECT_NEAR(at(m, "x", 1), 12, 1e-8);
}

TEST(ReadSbml, FunctionsAreExpandedInAnyOrder) {
  const std::string xml = file(
      "<listOfFunctionDefinitions><functionDefinition id=\"f\">" +
      math(
          "<lambda><bvar><ci>u</ci></bvar><apply><ci>g</ci><ci>u</ci><cn>2</cn></apply></lambda>") +
      "</functionDefinition><functionDefinition id=\"g\">" +
      math("<lambda><bvar><ci>u</ci></bvar><bvar><ci>v</ci></bvar>"
           "<apply><power/><ci>u</ci><ci>v</ci></apply></lambda>") +
      "</functionDefinition></listOfFunctionDefinitions>" + parameters(parameter("x", "0", false)) +
      "<listOfRules>" + rule("assignmentRule", "x", "<apply><ci>f</ci><cn>5</cn></apply>") +
      "</listOfRules>");
  EXPECT_EQ(at(must(read_sbml(xml, "functions.xml")), "x", 0), 25);
}

std::string event(
    const std::string& trigger, const std::string& assignment, const std::string& id = "e",
    const std::string& priority = "",
    const std::string& trigger_attributes = "initialValue=\"true\" persistent=\"true\"") {
  return "<event id=\"" + id + "\" useValuesFromTriggerTime=\"true\"><trigger " +
         trigger_attributes + ">" + math(trigger) + "</trigger>" + priority +
         "<listOfEventAssignments><eventAssignment variable=\"x\">" + math(assignment) +
         "</eventAssignment></listOfEventAssignments></event>";
}

const char* const kTime =
    "<csymbol encoding=\"text\" "
    "definitionURL=\"http://www.sbml.org/sbml/symbols/time\">t</csymbol>";

TEST(ReadSbml, AnEventHappensWhereItsTriggerTurnsTrue) {
  const std::string late = std::string("<apply><geq/>") + kTime + "<cn>2</cn></apply>";
  const Model m = must(
      read_sbml(file(parameters(parameter("x", "1", false)) + "<listOfRules>" +
                     rule("rateRule", "x", "<apply><minus/><ci>x</ci></apply>") +
                     "</listOfRules><listOfEvents>" +
                     event(late, "<apply><plus/><ci>x</ci><cn>1</cn></apply>") + "</listOfEvents>"),
                "event.xml"));
  const auto x = solve(m, {1, 2, 3})[0];
  EXPECT_NEAR(x[0], std::exp(-1.0), 1e-8);
  EXPECT_NEAR(x[1], std::exp(-2.0) + 1, 1e-8);
  EXPECT_NEAR(x[2], std::exp(-3.0) + std::exp(-1.0), 1e-8);
}

TEST(ReadSbml, EventsAtOneMomentHappenByPriority) {
  const std::string now = std::string("<apply><geq/>") + kTime + "<cn>1</cn></apply>";
  const auto priority = [](const char* p) {
    return "<priority>" + math("<cn>" + std::string(p) + "</cn>") + "</priority>";
  };
  const Model m =
      must(read_sbml(file(parameters(parameter("x", "0", false)) + "<listOfEvents>" +
                          event(now, "<cn>1</cn>", "first", priority("1")) +
                          event(now, "<cn>2</cn>", "second", priority("9")) + "</listOfEvents>"),
                     "priority.xml"));
  EXPECT_EQ(solve(m, {2})[0][0], 1);  // the last one to happen
}

TEST(ReadSbml, EventsWithoutEndAreRefusedByTheRun) {
  const auto flips = [](const char* id, const char* when, const char* to) {
    return event("<apply><eq/><ci>x</ci><cn>" + std::string(when) + "</cn></apply>",
                 "<cn>" + std::string(to) + "</cn>", id, "",
                 "initialValue=\"false\" persistent=\"true\"");
  };
  const Model m =
      must(read_sbml(file(parameters(parameter("x", "0", false)) + "<listOfEvents>" +
                          flips("up", "0", "1") + flips("down", "1", "0") + "</listOfEvents>"),
                     "loop.xml"));
  const auto got = reference_curves(m, {}, {}, {1});
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, ErrorCode::kLimit);
  EXPECT_THAT(got.error().message, HasSubstr("trigger each other without end"));
}

TEST(ReadSbml, AShortPulseInTimeIsNotSteppedOver) {
  const std::string pulse =
      std::string("<piecewise><piece><cn>100</cn><apply><and/><apply><geq/>") + kTime +
      "<cn>50</cn></apply><apply><lt/>" + kTime +
      "<cn>50.01</cn></apply></apply></piece><otherwise><cn>0</cn>"
      "</otherwise></piecewise>";
  const Model m = must(read_sbml(file(parameters(parameter("x", "0", false)) + "<listOfRules>" +
                                      rule("rateRule", "x", pulse) + "</listOfRules>"),
                                 "pulse.xml"));
  EXPECT_NEAR(solve(m, {100})[0][0], 1, 1e-6);
}

TEST(ReadSbml, UnsupportedConstructsAreNamedWithLineAndRemedy) {
  const std::string delayed =
      "<event id=\"late\" useValuesFromTriggerTime=\"true\"><trigger initialValue=\"true\" "
      "persistent=\"true\">" +
      math("<true/>") + "</trigger><delay>" + math("<cn>1</cn>") + "</delay></event>";
  EXPECT_THAT(refused(file("<listOfEvents>\n" + delayed + "</listOfEvents>"), ErrorCode::kNotBuilt),
              HasSubstr("5: event 'late': has a delay"));
  const std::string algebraic =
      "<listOfRules><algebraicRule>" + math("<ci>x</ci>") + "</algebraicRule></listOfRules>";
  EXPECT_THAT(
      refused(file(parameters(parameter("x", "1", false)) + algebraic), ErrorCode::kNotBuilt),
      HasSubstr("write an assignmentRule"));
  const std::string delay =
      "<apply><csymbol encoding=\"text\" definitionURL=\"http://www.sbml.org/sbml/symbols/delay\">"
      "lag</csymbol><ci>x</ci><cn>1</cn></apply>";
  EXPECT_THAT(refused(file(parameters(parameter("x", "1", false) + parameter("y", "1", false)) +
                           "<listOfRules>" + rule("assignmentRule", "y", delay) + "</listOfRules>"),
                      ErrorCode::kNotBuilt),
              HasSubstr("assignmentRule for 'y': uses delay"));
  const std::string package =
      "<sbml xmlns=\"http://www.sbml.org/sbml/level3/version1/core\" level=\"3\" version=\"1\" "
      "xmlns:comp=\"http://www.sbml.org/sbml/level3/version1/comp/version1\" "
      "comp:required=\"true\"><model/></sbml>";
  EXPECT_THAT(refused(package, ErrorCode::kNotBuilt), HasSubstr("package 'comp'"));
  const std::string level1 =
      "<sbml xmlns=\"http://www.sbml.org/sbml/level1\" level=\"1\" "
      "version=\"2\"><model/></sbml>";
  EXPECT_THAT(refused(level1, ErrorCode::kVersion), HasSubstr("convert"));
}

TEST(ReadSbml, RulesThatDependOnEachOtherAreNamed) {
  const std::string xml = file(parameters(parameter("x", "0", false) + parameter("y", "0", false)) +
                               "<listOfRules>" + rule("assignmentRule", "x", "<ci>y</ci>") +
                               rule("assignmentRule", "y", "<ci>x</ci>") + "</listOfRules>");
  EXPECT_THAT(refused(xml, ErrorCode::kInvalidArgument), HasSubstr("x -> y -> x"));
  const std::string starts =
      file(parameters(parameter("x", "0", true) + parameter("y", "0", true)) +
           "<listOfInitialAssignments><initialAssignment symbol=\"x\">" + math("<ci>y</ci>") +
           "</initialAssignment><initialAssignment symbol=\"y\">" + math("<ci>x</ci>") +
           "</initialAssignment></listOfInitialAssignments>");
  EXPECT_THAT(refused(starts, ErrorCode::kInvalidArgument),
              HasSubstr("initial values depend on each other"));
}

TEST(ReadSbml, MissingAndRepeatedIdsAreRefused) {
  EXPECT_THAT(refused(file(parameters(parameter("x", "1", true) + parameter("x", "2", true))),
                      ErrorCode::kInvalidArgument),
              HasSubstr("parameter 'x': the id is taken"));
  EXPECT_THAT(
      refused(file(parameters("<parameter value=\"1\" constant=\"true\"/>")), ErrorCode::kParse),
      HasSubstr("libSBML"));
  EXPECT_THAT(refused(file(parameters(parameter("x", "0", false)) + "<listOfRules>" +
                           rule("assignmentRule", "x", "<ci>nobody</ci>") + "</listOfRules>"),
                      ErrorCode::kInvalidArgument),
              HasSubstr("unknown symbol 'nobody'"));
  EXPECT_THAT(
      refused(file("<listOfRules>" + rule("rateRule", "z", "<cn>1</cn>") + "</listOfRules>"),
              ErrorCode::kInvalidArgument),
      HasSubstr("sets 'z'"));
}

TEST(ReadSbml, CutOffAndForeignTextIsRefused) {
  const std::string whole = file(decay());
  for (std::size_t size = 0; size + 20 < whole.size(); size += 37) {
    EXPECT_FALSE(import_sbml(whole.substr(0, size), "cut.xml").has_value()) << size;
  }
  EXPECT_THAT(refused("name = \"toml\"", ErrorCode::kParse), HasSubstr("SBML"));
  EXPECT_THAT(refused("<sbml level=\"3\" version=\"2\"/>", ErrorCode::kParse), HasSubstr("xmlns"));
  EXPECT_THAT(refused("<html/>", ErrorCode::kParse), HasSubstr("Level ''"));
  EXPECT_THAT(refused("<sbml level=\"3\" version=\"9\"/>", ErrorCode::kVersion),
              HasSubstr("Version '9'"));
  EXPECT_THAT(refused("<!DOCTYPE a [<!ENTITY b \"c\">]><sbml/>", ErrorCode::kParse),
              HasSubstr("document type"));
  EXPECT_THAT(refused("<?xml version=\"1.0\" encoding=\"UTF-16\"?><sbml/>", ErrorCode::kParse),
              HasSubstr("UTF-16"));
  EXPECT_THAT(refused(std::string("<sbml/>\0", 8), ErrorCode::kParse), HasSubstr("zero byte"));
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(ReadSbml, DeepAndLargeFilesMeetNamedLimits) {
  const std::string deep =
      file(parameters(parameter("x", "0", false)) + "<listOfRules>" +
           rule("assignmentRule", "x",
                repeated("<apply><minus/>", 5000) + "<cn>1</cn>" + repeated("</apply>", 5000)) +
           "</listOfRules>");
  EXPECT_THAT(refused(deep, ErrorCode::kLimit), HasSubstr("nested deeper than 250"));
  EXPECT_THAT(refused(file(repeated("<a/>", kMaxSbmlElements)), ErrorCode::kLimit),
              HasSubstr("200000 elements"));
  EXPECT_THAT(refused(std::string(kMaxSbmlBytes + 1, ' '), ErrorCode::kLimit), HasSubstr("bytes"));

  std::string rates, many;
  for (std::size_t i = 0; i <= kMaxSbmlStates; ++i) {
    const std::string id = "p" + std::to_string(i);
    many += parameter(id, "1", false);
    rates += rule("rateRule", id, "<cn>1</cn>");
  }
  EXPECT_THAT(refused(file(parameters(many) + "<listOfRules>" + rates + "</listOfRules>"),
                      ErrorCode::kLimit),
              HasSubstr("more than 1024 states"));
}

TEST(ReadSbml, FunctionsThatDoubleThemselvesAreRefusedWhileSmall) {
  std::string functions;
  for (int i = 0; i < 40; ++i) {
    const std::string inner =
        i == 0 ? "<ci>u</ci>" : "<apply><ci>f" + std::to_string(i - 1) + "</ci><ci>u</ci></apply>";
    functions += "<functionDefinition id=\"f" + std::to_string(i) + "\">" +
                 math("<lambda><bvar><ci>u</ci></bvar><apply><plus/>" + inner + inner +
                      "</apply></lambda>") +
                 "</functionDefinition>";
  }
  const std::string xml =
      file("<listOfFunctionDefinitions>" + functions + "</listOfFunctionDefinitions>");
  EXPECT_THAT(refused(xml, ErrorCode::kLimit), HasSubstr("terms"));
  const std::string recursive =
      file("<listOfFunctionDefinitions><functionDefinition id=\"f\">" +
           math("<lambda><bvar><ci>u</ci></bvar><apply><ci>f</ci><ci>u</ci></apply></lambda>") +
           "</functionDefinition></listOfFunctionDefinitions>");
  EXPECT_THAT(refused(recursive, ErrorCode::kInvalidArgument), HasSubstr("functionDefinition 'f'"));
}

TEST(ReadSbml, ALongSumIsBalancedAndALongPiecewiseRefused) {
  const auto computed = [](const std::string& content) {
    return file(parameters(parameter("x", "0", false)) + "<listOfRules>" +
                rule("assignmentRule", "x", content) + "</listOfRules>");
  };
  const Model m = must(read_sbml(
      computed("<apply><plus/>" + repeated("<cn>1</cn>", 4'000) + "</apply>"), "sum.xml"));
  EXPECT_EQ(at(m, "x", 0), 4'000);
  EXPECT_THAT(
      refused(computed("<apply><plus/>" + repeated("<cn>1</cn>", kMaxMathElements) + "</apply>"),
              ErrorCode::kLimit),
      HasSubstr("more than 5000 elements"));
  const std::string notes = "<notes>" + repeated("<p/>", kMaxMathElements + 1) + "</notes>";
  std::string annotated = computed("<cn>1</cn>");
  annotated.insert(annotated.find("</model>"), "<listOfEvents>" + notes + "</listOfEvents>");
  EXPECT_TRUE(import_sbml(annotated, "notes.xml").has_value() ||
              import_sbml(annotated, "notes.xml").error().code != ErrorCode::kLimit);
  EXPECT_THAT(refused(computed("<piecewise>" + repeated("<piece><cn>1</cn><false/></piece>", 1000) +
                               "</piecewise>"),
                      ErrorCode::kLimit),
              HasSubstr("deeper"));
}

TEST(ReadSbml, ValuesThatAreNotNumbersStayWhereTheyAre) {
  const std::string xml =
      file(parameters("<parameter id=\"open\" constant=\"true\"/>" + parameter("x", "1", false)) +
           "<listOfRules>" + rule("rateRule", "x", "<cn>1</cn>") + "</listOfRules>");
  const Model m = must(read_sbml(xml, "open.xml"));
  EXPECT_EQ(m.parameter("open"), nullptr);
  EXPECT_TRUE(std::isnan(m.find_derived("open")->formula.number));
  EXPECT_NEAR(at(m, "x", 1), 2, 1e-8);
}

TEST(ReadSbml, AVolumeOfZeroEndsInAnErrorOrANumberThatIsNone) {
  const Model m = must(read_sbml(file(decay("0")), "empty.xml"));
  const auto got = reference_curves(m, {}, {}, {0, 1});
  if (got) {
    EXPECT_FALSE(std::isfinite((*got)[must(m.output_index("A"))][1]));
  } else {
    EXPECT_EQ(got.error().code, ErrorCode::kLimit);
  }
  const Model negative = must(read_sbml(file(decay("-2")), "negative.xml"));
  EXPECT_NEAR(at(negative, "A", 1), 3 * std::exp(-0.5), 1e-8);  // A's amount is negative too
}

TEST(ReadSbml, GiantStoichiometriesSolveOrFailWithAMessage) {
  std::string xml = file(decay());
  const std::string two = "stoichiometry=\"2\"";
  xml.replace(xml.find(two), two.size(), "stoichiometry=\"1e300\"");
  const auto got = reference_curves(must(read_sbml(xml, "giant.xml")), {}, {}, {1});
  if (!got) {
    EXPECT_THAT(got.error().message, HasSubstr("grows without bound"));
  }
}

}  // namespace
}  // namespace salus::model
