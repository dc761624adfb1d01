// Goal:   questions compile to programs whose results hold for the real subjects and for others in
// the box;
//         two questions share the basis; results do not depend on threads.
// Method: whole programs in clear, against CVODE; the 12 subjects of the data that ships.
#include "analysis/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "circuit/noise.h"
#include "model/fit.h"

namespace salus::analysis {
namespace {

const std::string kModels = std::string(SALUS_SOURCE_DIR) + "/models/";

model::Model load(const std::string& name) {
  return must(model::load_model(kModels + name + ".toml"));
}
SimulateQuestion question(const std::string& name) {
  return must(load_question(kModels + "questions/" + name + ".toml"));
}

const program::Program& theophylline() {
  static const program::Program p = must(simulate(load("theophylline"), question("theophylline")));
  return p;
}

std::vector<std::vector<double>> evaluate(const program::Program& p, const model::Values& patient) {
  std::vector<program::NamedValue> values;
  for (const auto& [name, value] : patient) values.push_back({name, value});
  std::vector<circuit::Slots> inputs;
  for (const double u : must(program::normalise(p, values))) inputs.push_back({u});
  const auto basis = must(circuit::interpret(p.basis.circuit, p.basis.constants, inputs));
  const auto result = must(circuit::interpret(p.readout.circuit, p.readout.constants,
                                              {basis[p.basis.circuit.outputs[0]]}));
  return must(program::expand(p.output, result[p.readout.circuit.outputs[0]]));
}

// The largest error of any regimen's curve, over that curve's peak.
double error_against_cvode(const program::Program& p, const model::Model& model,
                           const model::Values& patient) {
  const auto curves = evaluate(p, patient);
  double worst = 0;
  for (std::size_t r = 0; r < curves.size(); ++r) {
    const program::Regimen& plan = p.output.regimens[r];
    const auto doses =
        model::repeated_dose(plan.dose, plan.start_h, plan.interval_h, plan.count, plan.infusion_h);
    const auto exact = must(model::reference_curve(model, patient, doses, p.output.times_h));
    const double peak = *std::max_element(exact.begin(), exact.end());
    for (std::size_t t = 0; t < exact.size(); ++t) {
      worst = std::max(worst, std::abs(curves[r][t] - exact[t]) / peak);
    }
  }
  return worst;
}

TEST(Simulate, TheophyllineCertificateMeetsItsTargets) {
  const program::Certificate& c = theophylline().certificate;
  EXPECT_GE(c.population_samples, 4096u);
  EXPECT_GE(c.box_samples, 2048u);
  EXPECT_GE(c.cvode_samples, 64u);
  EXPECT_LE(c.population_max, 5e-5);
  EXPECT_LE(c.population_p99, 5e-6);
  EXPECT_LE(c.box_max, 5e-5);
  EXPECT_LE(c.cvode_max, 1e-7);
  EXPECT_LE(c.noise_bound, 1e-5);
  EXPECT_NE(c.transforms.find("quartic root"), std::string::npos);
  EXPECT_EQ(theophylline().output.regimens.size(), 24u);
  EXPECT_EQ(theophylline().output.times_h.size(), 128u);
  EXPECT_GE(theophylline().output.times_h.back(), 24.7);
}

TEST(Simulate, HoldsForTheTwelveSubjectsAgainstCvode) {
  const model::Model model = load("theophylline");
  std::ifstream file(std::string(SALUS_SOURCE_DIR) + "/examples/data/theophylline.csv");
  std::map<int, model::FitRequest> subjects;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream row(line);
    int id = 0;
    double weight = 0, dose = 0, time = 0, value = 0;
    row >> id >> weight >> dose >> time >> value;
    subjects[id].doses = {{0, weight * dose, 0}};
    subjects[id].observations.push_back({time, value});
  }
  ASSERT_EQ(subjects.size(), 12u);
  for (const auto& [id, request] : subjects) {
    const model::Fit fit = must(model::fit(model, request));
    EXPECT_LE(error_against_cvode(theophylline(), model, fit.values), 2e-5) << "subject " << id;
  }
}

TEST(Simulate, HoldsOnTheCornersOfTheBox) {
  const model::Model model = load("theophylline");
  for (int corner = 0; corner < 8; ++corner) {
    model::Values patient;
    int bit = 0;
    for (const model::Parameter& p : model.parameters) {
      patient[p.name] = (corner >> bit++ & 1) != 0 ? p.high : p.low;
    }
    EXPECT_LE(error_against_cvode(theophylline(), model, patient), 5e-5) << "corner " << corner;
  }
}

TEST(Simulate, TwoQuestionsShareTheBasisAndDifferInTheReadout) {
  const auto late =
      must(simulate(load("theophylline"), question("theophylline_late"), {.seed = 7}));
  EXPECT_EQ(late.basis.digest(), theophylline().basis.digest());
  EXPECT_EQ(late.inputs, theophylline().inputs);
  EXPECT_NE(late.readout.digest(), theophylline().readout.digest());
  EXPECT_LE(late.certificate.box_max, 5e-5);
}

TEST(Simulate, SerialisesAndDoesNotDependOnTheNumberOfThreads) {
  const Bytes bytes = program::serialize(theophylline());
  EXPECT_EQ(must(program::parse(bytes)), theophylline());
  const auto alone = must(simulate(load("theophylline"), question("theophylline"), {.threads = 1}));
  EXPECT_EQ(sha256(program::serialize(alone)), sha256(bytes));
}

TEST(Simulate, DosesRescaleExactly) {
  const model::Values typical = {{"ka", 1.588}, {"CL", 2.751}, {"V", 31.81}};
  ASSERT_TRUE(theophylline().output.linear_in_dose);
  const auto curves = evaluate(theophylline(), typical);
  const auto& plans = theophylline().output.regimens;
  for (std::size_t r = 2; r < curves.size(); ++r) {
    if (plans[r].interval_h != plans[r - 1].interval_h || plans[r].count != plans[r - 1].count)
      continue;
    const double ratio = plans[r].dose / plans[r - 1].dose;
    EXPECT_NEAR(curves[r][50], ratio * curves[r - 1][50], 1e-12 * curves[r][50]);
  }
}

TEST(Simulate, GoldenBasisCircuitIsStable) {
  const std::string path =
      std::string(SALUS_SOURCE_DIR) + "/tests/golden/circuit/theophylline_basis.circuit";
  const std::string text = circuit::print(theophylline().basis.circuit);
  if (std::getenv("SALUS_BLESS") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(text, golden.str()) << "if intended, rewrite with SALUS_BLESS=1";
}

TEST(Simulate, VancomycinHoldsWithInfusionsAndRenalFailure) {
  const model::Model model = load("vancomycin");
  const auto p = must(simulate(model, question("vancomycin")));
  EXPECT_LE(p.certificate.population_max, 5e-4);
  EXPECT_LE(p.certificate.box_max, 5e-4);
  for (const double clearance : {5.0, 30.0, 120.0}) {
    auto patient = must(model::typical_parameters(model, {{"CrCL", clearance}, {"WT", 90}}));
    patient.erase("Q");  // public: not asked of the client
    EXPECT_LE(error_against_cvode(p, model, patient), 5e-4) << "CrCL " << clearance;
  }
}

TEST(Question, RefusesEachMistake) {
  const std::string good = "name = \"n\"\nmodel = \"m\"\nquestion = \"?\"\ntimes_h = [1.0, 0.0]\n";
  const std::string plan = "[[regimen]]\nid = \"a\"\nlabel = \"A\"\ndose = 1.0\n";
  const SimulateQuestion read = must(parse_question(good + plan, "q.toml"));
  EXPECT_EQ(read.times_h, (std::vector<double>{0, 1}));
  const std::vector<std::pair<std::string, std::string>> cases = {
      {good, "add one [[regimen]]"},
      {good + plan + plan, "q.toml:10: regimen: 'id' is taken"},
      {good + plan + "count = 2\n", "'interval_h'"},
      {good + plan + "count = 0\n", "1 .. 1000"},
      {good + plan + "start_h = -1.0\n", "negative time"},
      {good + plan + "start_h = inf\n", "finite"},
      {good + plan + "doze = 1.0\n", "'doze' is not a known key"},
      {good + "[[regimen]]\nid = \"a\"\nlabel = \"A\"\ndose = 0.0\n", "must be positive"},
      {good + "[[times]]\nfrom = 0.0\nto = 1e9\nstep = 0.1\n" + plan, "at most 1024"},
      {"name = \"n\"\nmodel = \"m\"\nquestion = \"?\"\n" + plan, "1 .. 1024 times"},
  };
  for (const auto& [text, expected] : cases) {
    const auto found = parse_question(text, "q.toml");
    ASSERT_FALSE(found) << expected;
    EXPECT_NE(found.error().message.find(expected), std::string::npos) << found.error().message;
  }
  EXPECT_EQ(simulate(load("theophylline"), read).error().code, ErrorCode::kMismatch);
}

// Saturable elimination: CVODE is the only solver, and doses do not scale.
TEST(SimulateSlow, NonlinearModelsAreCompiledFromCvode) {
  const model::Model model = must(model::parse_model(R"toml(name = "mm"
title = "Michaelis-Menten"
description = "Saturable elimination after a bolus."
citation = "none"
[[parameter]]
name = "Vmax"
unit = "mg/h"
description = "largest rate"
typical = 20.0
sd = 0.2
[[parameter]]
name = "Km"
unit = "mg/L"
description = "half saturation"
typical = 6.0
sd = 0.2
[[parameter]]
name = "V"
unit = "L"
description = "volume"
typical = 50.0
sd = 0.1
[[state]]
name = "A"
unit = "mg"
description = "amount"
rate = "-Vmax * A / (Km * V + A)"
[[output]]
name = "C"
unit = "mg/L"
description = "concentration"
formula = "A / V"
[dose]
state = "A"
unit = "mg"
[surrogate]
horizon_h = 24.0
dose = 300.0
max_degree = 8
max_terms = 64
)toml",
                                                     "mm.toml"));
  const SimulateQuestion q = must(parse_question(R"(name = "q"
model = "mm"
question = "?"
[[times]]
from = 0.0
to = 24.0
step = 2.0
[[regimen]]
id = "low"
label = "low"
dose = 0.5
[[regimen]]
id = "high"
label = "high"
dose = 300.0
)",
                                                 "q.toml"));
  const auto p = must(simulate(model, q));
  EXPECT_FALSE(p.output.linear_in_dose);
  EXPECT_LE(p.certificate.population_p99, 2e-3);
}

}  // namespace
}  // namespace salus::analysis
