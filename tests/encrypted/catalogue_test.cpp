// Goal:   what a model of the catalogue gives on ciphertexts is what its circuits give in doubles,
//         to 1e-5 of the curve's peak and within the certificate's bound.
// Method: the model's standard question, compiled, for virtual patients of its population, at its
//         128-bit parameters. SALUS_CATALOGUE names models, separated by commas, or "all"
//         (default: four); SALUS_PROGRAMS a folder with NAME.program, compiled before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "analysis/simulate.h"
#include "base/file.h"
#include "compiler/sampling.h"
#include "on_ciphertexts.h"

namespace salus {
namespace {

namespace fs = std::filesystem;

constexpr double kLimit = 1e-5;
constexpr std::uint64_t kSeed = 20260101;
constexpr int kPatients = 4;
// A curve far below anybody's is measured by this part of the largest one, as certificates do.
constexpr double kSmallestPeak = 0.02;

std::vector<std::string> asked_models() {
  const char* asked = std::getenv("SALUS_CATALOGUE");
  std::vector<std::string> out;
  if (asked == nullptr) return {"theophylline", "tacrolimus", "meld_3", "imatinib"};
  if (std::string(asked) == "all") {
    for (const auto& entry : fs::directory_iterator(SALUS_SOURCE_DIR "/models"))
      if (entry.path().extension() == ".toml") out.push_back(entry.path().stem());
    std::sort(out.begin(), out.end());
    return out;
  }
  std::istringstream names(asked);
  for (std::string name; std::getline(names, name, ',');) out.push_back(name);
  return out;
}

Result<program::Program> compiled(const model::Model& model) {
  if (const char* folder = std::getenv("SALUS_PROGRAMS")) {
    const fs::path path = fs::path(folder) / (model.name + ".program");
    if (fs::exists(path)) return program::parse(must(read_file(path, program::kMaxProgramBytes)));
  }
  analysis::SimulateQuestion question = analysis::standard_question(model);
  question.tolerance = 1000;
  return analysis::simulate(model, question);
}

std::vector<std::vector<program::NamedValue>> population(const model::Model& model) {
  compiler::Points points(model, kSeed);
  std::vector<std::vector<program::NamedValue>> out;
  for (int i = 0; i < kPatients; ++i) {
    const std::vector<double> values = points.population();
    out.emplace_back();
    for (std::size_t p = 0; p < values.size(); ++p) {
      if (model.parameters[p].is_private)
        out.back().push_back({model.parameters[p].name, values[p]});
    }
  }
  return out;
}

// Largest |encrypted - clear| over the peak of the patient's own curve; of scores, over the
// largest value that one has.
double worst(const program::OutputGrid& grid, bool score, const std::vector<Curves>& encrypted,
             const std::vector<Curves>& clear) {
  double out = 0;
  for (std::size_t i = 0; i < clear.size(); ++i) {
    for (std::size_t r = 0; r < clear[i].size(); ++r) {
      double peak = (score ? 1 : kSmallestPeak) * grid.peak[r], error = 0;
      for (std::size_t t = 0; t < clear[i][r].size(); ++t) {
        peak = std::max(peak, std::abs(clear[i][r][t]));
        error = std::max(error, std::abs(encrypted[i][r][t] - clear[i][r][t]));
      }
      out = std::max(out, error / peak);
    }
  }
  return out;
}

TEST(CatalogueEncryptedSlow, CiphertextsGiveWhatDoublesDo) {
  std::cout << "patients from seed " << kSeed << "\n";
  for (const std::string& name : asked_models()) {
    SCOPED_TRACE(name);
    const auto model = model::load_model(fs::path(SALUS_SOURCE_DIR "/models") / (name + ".toml"));
    ASSERT_TRUE(model) << model.error().message;
    const auto program = compiled(*model);
    ASSERT_TRUE(program) << program.error().message;
    const auto patients = population(*model);
    const auto encrypted = on_ciphertexts(*program, patients);
    ASSERT_TRUE(encrypted) << encrypted.error().message;
    const double error = worst(program->output, model->states.empty(), *encrypted,
                               must(in_the_clear(*program, patients)));
    std::cout << name << ": " << error << " of the peak, bound " << program->certificate.noise_bound
              << std::endl;
    EXPECT_LE(error, kLimit);
    EXPECT_LE(error, program->certificate.noise_bound);
  }
}

}  // namespace
}  // namespace salus
