// Goal:   every model file that ships loads, names its sources, and reproduces published or
// closed-form
//         values.
// Method: each file's own [[oracle]] cases, with the differences printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

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
