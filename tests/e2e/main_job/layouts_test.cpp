// Goal:   questions in the expanded and in the cohort layout, and differences of regimens, are
//         answered by a real server as the same circuit is in the clear.
// Method: the built programs, a model of the catalogue, small questions.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "circuit/interpret.h"
#include "command_line.h"
#include "program/program.h"
#include "support/salusd_process.h"

namespace salus::e2e {
namespace {

constexpr const char* kQuestion = R"(
name = "layouts"
model = "theophylline"
question = "Does one large dose reach higher than three small ones?"
times_h = [1.0, 4.0, 12.0, 20.0]
[[regimen]]
id = "three"
label = "300 mg every 8 h"
dose = 300
interval_h = 8
count = 3
[[regimen]]
id = "one"
label = "900 mg once"
dose = 900
[[difference]]
of = "one"
minus = "three"
)";

using Curves = std::vector<std::vector<double>>;

class Layouts : public testing::Test {
 protected:
  Layouts() : server_(folder_.path() / "data", {}) {
    must(write_file(path("q.toml"), as_bytes(kQuestion)));
    must(write_file(path("token"), as_bytes(add_account(folder_.path() / "data", "owner")),
                    FileMode::kOwnerOnly));
    server_.start();
  }

  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  Said run(const std::string& arguments) const {
    return shell(folder_.path(), "SALUS_SERVER=http://127.0.0.1:" + std::to_string(server_.port()) +
                                     " SALUS_MODELS=" SALUS_REPOSITORY
                                     "/models SALUS_TOKEN_FILE=token " SALUS_PATH " " +
                                     arguments);
  }
  void fine(const std::string& arguments) const {
    const Said said = run(arguments);
    ASSERT_EQ(said.code, 0) << arguments << "\n" << said.err;
  }
  program::Program build(const std::string& layout) const {
    fine("program build q.toml --layout " + layout + " -o p.program -q");
    return must(program::parse(must(read_file(path("p.program"), 1u << 28))));
  }
  /// The result of one run lies in r.ct.
  void ask(const std::string& people) const {
    fine("program upload p.program");
    fine("key create --program p.program -o a.secret");
    fine("twin create --key a.secret --program p.program --name t " + people);
    const Said started = run("run start --twin t --program p.program");
    ASSERT_EQ(started.code, 0) << started.err;
    const std::string id = started.out.substr(0, started.out.find('\n'));
    fine("run watch " + id);
    fine("run fetch " + id + " -o r.ct");
  }

  TemporaryFolder folder_;
  SalusdProcess server_;
};

Curves in_the_clear(const program::Program& p, double ka, double cl, double v) {
  const auto u = must(program::normalise(p, {{"ka", ka}, {"CL", cl}, {"V", v}}));
  std::vector<circuit::Slots> slots = program::input_slots(p, u);
  for (const program::Stage* stage : {&p.basis, &p.readout}) {
    const auto values = must(circuit::interpret(stage->circuit, stage->constants, slots));
    slots.clear();
    for (const circuit::ValueId id : stage->circuit.outputs) slots.push_back(values[id]);
  }
  if (p.layout != program::Layout::kCohort) return must(program::expand(p.output, slots[0]));
  std::vector<double> own;
  for (const circuit::Slots& each : slots) own.push_back(each[0]);
  return must(program::expand(p.output, own));
}

TEST_F(Layouts, TheClientMayBuildTheBasis) {
  const program::Program p = build("expanded");
  EXPECT_EQ(p.basis.circuit.chain.log_n, 13);
  must(write_file(path("f.json"), as_bytes(R"({"format":"salus-features 1","features":{
      "ka":{"value":1.2,"unit":"1/h"},"CL":{"value":3,"unit":"L/h"},
      "V":{"value":30,"unit":"L"}}})")));
  ask("--features f.json");

  const Said opened =
      run("result open r.ct --key a.secret --program p.program --features f.json -o o --reference "
          "theophylline --json");
  ASSERT_EQ(opened.code, 0) << opened.err;
  EXPECT_LT(opened.json().at("max_error_encrypted_vs_clear").get<double>(), 1e-5);
  EXPECT_LT(opened.json().at("max_rel_error").get<double>(), 1e-4);
  const auto whole = nlohmann::json::parse(must(read_text_file(path("o/result.json"), 1 << 22)));
  const auto curves = whole.at("subjects").at(0).at("curves").get<Curves>();
  ASSERT_EQ(curves.size(), 3u);
  for (std::size_t t = 0; t < curves[0].size(); ++t)
    EXPECT_NEAR(curves[2][t], curves[1][t] - curves[0][t], 1e-3) << t;
}

constexpr const char* kSwitch = R"toml(
name = "switch"
title = "A threshold"
description = "test"
citation = "none"
[[parameter]]
name = "x"
unit = "1"
description = "test"
transform = "linear"
typical = 1.0
low = 0.0
high = 2.0
sd = 0.4
[[parameter]]
name = "y"
unit = "1"
description = "test"
transform = "linear"
typical = 1.0
low = 0.0
high = 2.0
sd = 0.4
[[output]]
name = "p"
unit = "1"
description = "share"
formula = "1 / (1 + exp(9 * (y - x)))"
[surrogate]
cells = 8
max_degree = 8
)toml";

TEST_F(Layouts, CellsAnswerForWhoeverIsInThem) {
  must(write_file(path("switch.toml"), as_bytes(kSwitch)));
  must(write_file(path("q.toml"), as_bytes(R"(
name = "cells"
model = "switch.toml"
question = "Which side?"
times_h = [0.0]
tolerance = 100.0
[[regimen]]
id = "now"
label = "now"
)")));
  must(write_file(path("f.json"), as_bytes(R"({"format":"salus-features 1","features":{
      "x":{"value":1.1,"unit":"1"},"y":{"value":0.9,"unit":"1"}}})")));
  for (const std::string layout : {"basis", "expanded"}) {
    const program::Program p = build(layout);
    EXPECT_EQ(p.cells.sizes.size(), 8u);
    std::filesystem::remove(path("a.secret"));
    ask("--features f.json");
    const Said opened =
        run("result open r.ct --key a.secret --program p.program --features f.json -o " + layout +
            " --json");
    ASSERT_EQ(opened.code, 0) << opened.err;
    EXPECT_LT(opened.json().at("max_error_encrypted_vs_clear").get<double>(), 1e-5);
    const auto whole =
        nlohmann::json::parse(must(read_text_file(path(layout) / "result.json", 1 << 22)));
    const auto curves = whole.at("subjects").at(0).at("curves").get<Curves>();
    // Reports round to what the certificate leaves, here two digits.
    EXPECT_NEAR(curves[0][0], 1 / (1 + std::exp(-1.8)), 5e-3);
  }
}

TEST_F(Layouts, ACohortIsAnsweredPatientByPatient) {
  const program::Program p = build("cohort");
  const std::vector<std::vector<double>> patients = {{1.2, 3, 30}, {0.6, 2, 40}, {4, 5, 25}};
  std::string table = "id,ka [1/h],CL [L/h],V [L]\n";
  for (std::size_t i = 0; i < patients.size(); ++i) {
    table += "p" + std::to_string(i);
    for (const double x : patients[i]) table += "," + std::to_string(x);
    table += "\n";
  }
  must(write_file(path("p.csv"), as_bytes(table)));
  ask("--patients p.csv");

  const Said opened =
      run("result open r.ct --key a.secret --program p.program --patients p.csv -o o --json");
  ASSERT_EQ(opened.code, 0) << opened.err;
  EXPECT_EQ(opened.json().at("patients"), 3);
  std::istringstream csv(must(read_text_file(path("o/curves.csv"), 1 << 22)));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "id,regimen,output,unit,time_h,value");
  for (std::size_t i = 0; i < patients.size(); ++i) {
    const Curves expected = in_the_clear(p, patients[i][0], patients[i][1], patients[i][2]);
    for (const std::vector<double>& curve : expected) {
      const double peak = *std::max_element(curve.begin(), curve.end());
      for (const double value : curve) {
        ASSERT_TRUE(std::getline(csv, line));
        EXPECT_EQ(line.substr(0, line.find(',')), "p" + std::to_string(i));
        EXPECT_NEAR(std::stod(line.substr(line.rfind(',') + 1)), value, 1e-4 * peak) << line;
      }
    }
  }
  EXPECT_FALSE(std::getline(csv, line));

  // Each layout says what it wants.
  EXPECT_EQ(run("result open r.ct --key a.secret --program p.program -o o").code, 2);
  const Said other = run("twin create --key a.secret --program p.program --name u");
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("--patients"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace salus::e2e
