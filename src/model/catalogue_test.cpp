// Goal:   every model file that ships loads, names its sources, and reproduces published or
// closed-form
//         values.
// Method: each file's own [[oracle]] cases, with the differences printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <random>

#include "model/oracle.h"
#include "model/reference.h"

namespace salus::model {
namespace {

std::vector<std::filesystem::path> model_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SALUS_SOURCE_DIR) + "/models")) {
    if (entry.path().extension() == ".toml") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Models, EveryFileLoadsCitesAndReproducesItsOracle) {
  const auto files = model_files();
  EXPECT_GT(files.size(), 1u);
  for (const auto& file : files) {
    const auto model = load_model(file);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->name, file.stem().string());
    EXPECT_GT(model->citation.size(), 10u) << model->name;
    EXPECT_FALSE(model->oracle.empty()) << model->name << " has no [[oracle]]";
    double worst = 0;
    for (const OracleCase& c : model->oracle) {
      const Result<double> found = compute_oracle(*model, c);
      ASSERT_TRUE(found) << found.error().message;
      const double gap = std::abs(*found - c.expected);
      worst = std::max(worst, gap / std::max(std::abs(c.expected), 1e-300));
      EXPECT_LE(gap, c.absolute_tolerance + c.tolerance * std::abs(c.expected))
          << model->name << ": " << c.description << " expects " << c.expected << ", gives "
          << *found;
    }
    std::printf("%-28s %2zu oracle cases, largest relative difference %.1e%s\n",
                model->name.c_str(), model->oracle.size(), worst,
                model->evidence.empty() ? "" : "  [evidence marked]");
  }
}

/// Total degree in what a client encrypts; none where the formula is no polynomial of it.
std::optional<int> degree(const Expression& e, const Model& model) {
  if (e.kind == ExpressionKind::kNumber) return 0;
  if (e.kind == ExpressionKind::kSymbol) {
    const Parameter* p = model.parameter(e.symbol);
    if (p == nullptr) return 1;  // derived: computed in clear
    if (!p->is_private) return 0;
    return p->transform == Transform::kLinear ? std::optional<int>(1) : std::nullopt;
  }
  std::vector<int> parts;
  for (const Expression& operand : e.operands) {
    const auto part = degree(operand, model);
    if (!part) return std::nullopt;
    parts.push_back(*part);
  }
  switch (e.kind) {
    case ExpressionKind::kNegate: return parts[0];
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract: return std::max(parts[0], parts[1]);
    case ExpressionKind::kMultiply: return parts[0] + parts[1];
    case ExpressionKind::kDivide:
      if (parts[1] == 0) return parts[0];
      return std::nullopt;
    default:
      return *std::max_element(parts.begin(), parts.end()) == 0 ? std::optional<int>(0)
                                                                : std::nullopt;
  }
}

TEST(Models, ScoresArePolynomialsOfDegreeThreeAtMost) {
  int scores = 0;
  for (const auto& file : model_files()) {
    const Model model = must(load_model(file));
    if (!model.states.empty()) continue;
    ++scores;
    for (const Output& output : model.outputs) {
      const auto found = degree(output.formula, model);
      ASSERT_TRUE(found) << model.name << ": " << output.name << " is no polynomial";
      EXPECT_LE(*found, 3) << model.name << ": " << output.name;
    }
  }
  EXPECT_GE(scores, 15);
}

// A surrogate is fitted over the whole box, on a lattice of times that meets every switch of a
// model: it must have values there.
TEST(Models, HaveFiniteOutputsAllOverTheirBoxes) {
  std::mt19937_64 random(11);
  for (const auto& file : model_files()) {
    const Model model = must(load_model(file));
    std::vector<Dose> doses;
    for (const OracleCase& c : model.oracle) {
      if (c.dose > 0 && doses.empty()) doses = {{c.start_h, c.dose, c.infusion_h}};
    }
    std::vector<double> times = {0};
    for (int i = 1; i <= 200 && !model.states.empty(); ++i) {
      times.push_back(model.surrogate.horizon_h * i / 200);
    }
    for (int draw = 0; draw < 12; ++draw) {
      Values values;
      for (const Parameter& p : model.parameters) {
        // Corners first, then anything.
        double u = std::uniform_real_distribution<>(0, 1)(random);
        if (draw < 6) u = std::round(u);
        const bool is_log = p.transform == Transform::kLog;
        values[p.name] =
            is_log ? p.low * std::pow(p.high / p.low, u) : p.low + u * (p.high - p.low);
      }
      const auto curves = reference_curves(model, values, doses, times);
      ASSERT_TRUE(curves) << curves.error().message;
      for (std::size_t o = 0; o < curves->size(); ++o) {
        for (std::size_t t = 0; t < times.size(); ++t) {
          EXPECT_TRUE(std::isfinite((*curves)[o][t]))
              << model.name << ": " << model.outputs[o].name << " at " << times[t] << " h";
        }
      }
    }
  }
}

// An infected cell of a hundred million million is below what a solver resolves; its logarithm is
// not.
TEST(Models, HivLoadStaysPositiveUnderPerfectTreatment) {
  const Model model = must(load_model(std::string(SALUS_SOURCE_DIR) + "/models/hiv_dynamics.toml"));
  Values values;
  for (const Parameter& p : model.parameters) values[p.name] = p.high;
  const Curves curves = must(reference_curves(model, values, {}, {7 * 24.0, 28 * 24.0}));
  // I = exp(-delta t), V = (c exp(-delta t) - delta exp(-c t)) / (c - delta)
  const double delta = values.at("delta"), c = values.at("c");
  for (std::size_t t = 0; t < 2; ++t) {
    const double day = t == 0 ? 7 : 28;
    const double load = (c * std::exp(-delta * day) - delta * std::exp(-c * day)) / (c - delta);
    EXPECT_NEAR(curves[1][t], -std::log10(load), 1e-5);
  }
}

// Where a model is linear, matrix exponentials and CVODE must draw the same curves.
TEST(Models, BothSolversAgreeOnEveryLinearModel) {
  int linear = 0;
  for (const auto& file : model_files()) {
    const Model model = must(load_model(file));
    if (!model.takes_doses() || !LinearSolver::make(model)) continue;
    Values typical;
    for (const Parameter& p : model.parameters) typical[p.name] = p.typical;
    std::vector<double> times;
    for (int i = 0; i <= 60; ++i) times.push_back(model.surrogate.horizon_h * i / 60);
    const auto doses =
        repeated_dose(100, 0.7, model.surrogate.horizon_h / 4, 2, model.surrogate.horizon_h / 40);
    const Curves exact = must(fast_curves(model, typical, doses, times));
    const Curves cvode = must(reference_curves(model, typical, doses, times));
    for (std::size_t o = 0; o < exact.size(); ++o) {
      double gap = 0, peak = 1e-300;
      for (std::size_t t = 0; t < times.size(); ++t) {
        gap = std::max(gap, std::abs(exact[o][t] - cvode[o][t]));
        peak = std::max(peak, std::abs(exact[o][t]));
      }
      EXPECT_LT(gap / peak, 1e-6) << model.name << ": " << model.outputs[o].name;
    }
    ++linear;
  }
  EXPECT_GE(linear, 5);
}

}  // namespace
}  // namespace salus::model
