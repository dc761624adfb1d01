// Goal:   the two models that ship agree with closed forms, with each other's solvers and with
// published
//         values; individual fits reproduce the published ones.
// Method: closed forms written out here by hand are the oracle of both solvers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "model/fit.h"
#include "model/oracle.h"

namespace salus::model {
namespace {

Model load(const std::string& name) {
  return must(load_model(std::string(SALUS_SOURCE_DIR) + "/models/" + name + ".toml"));
}

// One oral dose of 1 mg; the limit t k exp(-k t) / V at ka = ke.
double oral(double ka, double cl, double v, double t) {
  const double ke = cl / v, x = (ka - ke) * t;
  const double ratio = std::abs(x) < 1e-9 ? 1 : -std::expm1(-x) / x;
  return t < 0 ? 0 : ka * t * std::exp(-ke * t) * ratio / v;
}

// 1 mg infused over d hours into a two-compartment model.
double infusion(double cl, double v1, double v2, double q, double d, double t) {
  if (t < 0) return 0;
  const double k10 = cl / v1, k12 = q / v1, k21 = q / v2, half = (k10 + k12 + k21) / 2;
  const double root = std::sqrt(half * half - k10 * k21), alpha = half + root, beta = half - root;
  const double a = (alpha - k21) / (alpha - beta) / v1, b = (k21 - beta) / (alpha - beta) / v1;
  const auto phase = [&](double amplitude, double rate) {
    const double end = std::min(t, d);
    return amplitude / (d * rate) * -std::expm1(-rate * end) * std::exp(-rate * (t - end));
  };
  return phase(a, alpha) + phase(b, beta);
}

double largest_gap(const std::vector<double>& a, const std::vector<double>& b) {
  double gap = 0, peak = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    gap = std::max(gap, std::abs(a[i] - b[i]));
    peak = std::max(peak, std::abs(b[i]));
  }
  return gap / peak;
}

std::vector<double> grid() {
  std::vector<double> out;
  for (int i = 0; i <= 100; ++i) out.push_back(0.25 * i);
  return out;
}

struct Subject {
  std::vector<Observation> observations;
  double dose = 0;
};

std::map<int, Subject> theophylline() {
  std::ifstream file(std::string(SALUS_SOURCE_DIR) + "/examples/data/theophylline.csv");
  std::map<int, Subject> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream row(line);
    int id = 0;
    double weight = 0, dose = 0, time = 0, value = 0;
    row >> id >> weight >> dose >> time >> value;
    out[id].dose = weight * dose;
    out[id].observations.push_back({time, value});
  }
  return out;
}

TEST(LinearSolver, FollowsTheClosedFormOfRepeatedOralDosesAlsoForEqualRates) {
  const Model model = load("theophylline");
  const LinearSolver solver = must(LinearSolver::make(model));
  for (const double ka : {0.25, 1.588, 2.751 / 31.81, 2.751 / 31.81 * (1 + 1e-9), 9.0}) {
    const Values p = {{"ka", ka}, {"CL", 2.751}, {"V", 31.81}};
    const auto curve = must(solver.curves(p, repeated_dose(200, 0.5, 6, 4, 0), grid())).front();
    std::vector<double> exact;
    for (const double t : grid()) {
      double sum = 0;
      for (int i = 0; i < 4; ++i) sum += 200 * oral(ka, 2.751, 31.81, t - 0.5 - 6 * i);
      exact.push_back(sum);
    }
    EXPECT_LT(largest_gap(curve, exact), 1e-9) << "ka = " << ka;
  }
}

TEST(LinearSolver, FollowsTheClosedFormOfInfusionsIntoTwoCompartments) {
  const Model model = load("vancomycin");
  const LinearSolver solver = must(LinearSolver::make(model));
  for (const double v1 : {12.0, 58.4, 280.0}) {
    const Values p = {{"CL", 2.0}, {"V1", v1}, {"V2", 38.4}};
    const auto curve = must(solver.curves(p, repeated_dose(1000, 0, 12, 2, 1.5), grid())).front();
    std::vector<double> exact;
    for (const double t : grid()) {
      exact.push_back(
          1000 * (infusion(2, v1, 38.4, 6.5, 1.5, t) + infusion(2, v1, 38.4, 6.5, 1.5, t - 12)));
    }
    EXPECT_LT(largest_gap(curve, exact), 1e-9) << "V1 = " << v1;
  }
}

TEST(ReferenceCurve, AgreesWithTheLinearSolverAcrossDosesAndInfusions) {
  for (const std::string name : {"theophylline", "vancomycin"}) {
    const Model model = load(name);
    Values typical;
    for (const Parameter& p : model.parameters) typical[p.name] = p.typical;
    std::vector<Dose> doses = repeated_dose(300, 0, 8, 3, 0);
    doses.push_back({3.1, 100, 2.0});
    doses.push_back({4.0, 50, 6.0});
    const auto exact = must(fast_curves(model, typical, doses, grid())).front();
    const auto cvode = must(reference_curve(model, typical, doses, grid()));
    ASSERT_EQ(cvode.size(), exact.size());
    EXPECT_LT(largest_gap(cvode, exact), 1e-7) << name;
  }
}

TEST(ReferenceCurve, RefusesBadSchedulesAndParameters) {
  const Model model = load("theophylline");
  const Values good = {{"ka", 1.5}, {"CL", 2.7}, {"V", 31}};
  EXPECT_FALSE(reference_curve(model, {{"ka", 1.5}}, {}, {1}));
  EXPECT_FALSE(reference_curve(model, {{"ka", 1.5}, {"CL", -1}, {"V", 31}}, {}, {1}));
  EXPECT_FALSE(reference_curve(model, {{"ka", 1.5}, {"CL", 1}, {"V", 31}, {"x", 1}}, {}, {1}));
  EXPECT_FALSE(reference_curve(model, good, {{0, 100, -1}}, {1}));
  EXPECT_FALSE(reference_curve(model, good, {{0, 100, 0}}, {2, 1}));
  EXPECT_FALSE(reference_curve(model, good, {{0, 100, 0}}, {-1}));
  EXPECT_TRUE(reference_curve(model, good, {{0, 100, 0}}, {0, 1}));
}

TEST(Models, AnOracleThatIsOffOrMissingIsNamedWithBothNumbers) {
  Model model = load("theophylline");
  model.oracle[0].expected *= 1.01;
  const Status off = reproduce_oracles(model);
  ASSERT_FALSE(off);
  EXPECT_EQ(off.error().code, ErrorCode::kMismatch);
  EXPECT_NE(off.error().message.find(model.oracle[0].description), std::string::npos);
  EXPECT_NE(off.error().message.find("201.7"), std::string::npos) << off.error().message;
  model.oracle.clear();
  EXPECT_FALSE(reproduce_oracles(model));
}

TEST(Fit, ReproducesThePublishedIndividualFitsOfTheophylline) {
  const std::map<int, Values> published = {{1, {{"ka", 1.777}, {"CL", 1.586}, {"V", 29.39}}},
                                           {2, {{"ka", 1.943}, {"CL", 3.241}, {"V", 31.88}}},
                                           {3, {{"ka", 2.454}, {"CL", 2.789}, {"V", 34.25}}},
                                           {6, {{"ka", 1.164}, {"CL", 4.091}, {"V", 41.10}}},
                                           {9, {{"ka", 8.866}, {"CL", 2.824}, {"V", 32.60}}},
                                           {12, {{"ka", 0.833}, {"CL", 2.541}, {"V", 24.07}}}};
  const Model model = load("theophylline");
  const auto subjects = theophylline();
  ASSERT_EQ(subjects.size(), 12u);
  for (const auto& [id, subject] : subjects) {
    const Fit found = must(fit(model, {{}, {}, {{0, subject.dose, 0}}, subject.observations}));
    EXPECT_TRUE(found.at_edge.empty()) << "subject " << id;
    EXPECT_LT(found.rmse, 1.2) << "subject " << id;
    if (!published.contains(id)) continue;
    for (const auto& [name, value] : published.at(id)) {
      EXPECT_NEAR(found.values.at(name) / value, 1, 1e-3) << "subject " << id << " " << name;
    }
  }
}

TEST(Fit, ReportsTheEdgeAndRefusesTooFewObservations) {
  const Model model = load("theophylline");
  const Values slow = {{"ka", 1.5}, {"CL", 0.8}, {"V", 31}};  // CL below its box
  const std::vector<double> times = {0.5, 1, 2, 4, 8, 12, 24};
  const auto curve = must(fast_curves(model, slow, {{0, 300, 0}}, times)).front();
  FitRequest request{{}, {}, {{0, 300, 0}}, {}};
  for (std::size_t i = 0; i < times.size(); ++i)
    request.observations.push_back({times[i], curve[i]});

  const Fit found = must(fit(model, request));
  EXPECT_EQ(found.at_edge, std::vector<std::string>{"CL"});
  request.observations.resize(2);
  EXPECT_FALSE(fit(model, request));
  request.fixed = {{"CL", 2.0}};
  EXPECT_EQ(must(fit(model, request)).values.size(), 2u);
}

}  // namespace
}  // namespace salus::model
