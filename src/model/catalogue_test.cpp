// Goal:   every model file that ships loads, names its sources, and reproduces published or
// closed-form
//         values.
// Method: each file's own [[oracle]] cases, with the differences printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "model/oracle.h"

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

TEST(Catalogue, EveryModelLoadsCitesAndReproducesItsOracle) {
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

}  // namespace
}  // namespace salus::model
