// The SBML Test Suite's semantic cases, where a copy of them is at hand: SALUS_SBML_SUITE names a
// folder of NNNNN/NNNNN-{settings.txt,results.csv,sbml-lXvY.xml}, or it lies beside the checkout.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "base/testing/shared_data.h"
#include "model/sbml_suite.h"

namespace salus::model {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

fs::path suite_folder() {
  if (const char* named = std::getenv("SALUS_SBML_SUITE")) return named;
  return test::shared_data(SALUS_SOURCE_DIR, "sbml-suite");
}

std::vector<std::vector<double>> expected_rows(const fs::path& csv) {
  std::ifstream file(csv);
  std::string line;
  std::getline(file, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::vector<double> row;
    for (std::string field; std::getline(fields, field, ',');) {
      row.push_back(std::strtod(field.c_str(), nullptr));
    }
    if (!row.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

bool close(double got, double want, const SuiteSettings& s) {
  if (std::isnan(want)) return std::isnan(got);
  if (std::isinf(want)) return got == want;
  return std::abs(got - want) <= s.absolute + s.relative * std::abs(want);
}

std::vector<std::string> columns_of(const fs::path& csv) {
  std::ifstream file(csv);
  std::string line;
  std::getline(file, line);
  std::stringstream fields(line);
  std::vector<std::string> out;
  for (std::string field; std::getline(fields, field, ',');) {
    std::erase_if(field, [](char c) { return c == '\r' || c == ' ' || c == '"'; });
    out.push_back(field);
  }
  return out;
}

/// Empty where the case passes, otherwise why not.
std::string failure(const fs::path& folder, const fs::path& xml) {
  const std::string name = folder.filename();
  const auto imported = import_sbml(read(xml), xml.filename().string());
  if (!imported) return "refused: " + imported.error().message;
  auto settings = parse_suite_settings(read(folder / (name + "-settings.txt")), "settings.txt");
  if (!settings) return settings.error().message;
  const fs::path csv = folder / (name + "-results.csv");
  const std::vector<std::string> columns = columns_of(csv);
  settings->variables.assign(columns.begin() + 1, columns.end());
  const auto table = run_suite_case(*imported, *settings);
  if (!table) return "not solved: " + table.error().message;
  const auto wanted = expected_rows(csv);
  if (wanted.size() != table->rows.size()) return "another number of rows";
  for (std::size_t r = 0; r < wanted.size(); ++r) {
    for (std::size_t c = 1; c < wanted[r].size(); ++c) {
      if (close(table->rows[r][c], wanted[r][c], *settings)) continue;
      std::ostringstream why;
      why << "differs: " << columns[c] << " at " << table->rows[r][0] << " is " << table->rows[r][c]
          << ", not " << wanted[r][c];
      return why.str();
    }
  }
  return {};
}

/// The newest level and version in a case's folder, with time course settings.
fs::path newest_file(const fs::path& folder) {
  for (const char* kind : {"l3v2", "l3v1", "l2v5", "l2v4", "l2v3", "l2v2", "l2v1"}) {
    const fs::path xml = folder / (folder.filename().string() + "-sbml-" + kind + ".xml");
    if (fs::exists(xml)) return xml;
  }
  return {};
}

TEST(SbmlSuite, CasesPassWithinTheSuitesOwnTolerances) {
  const fs::path suite = suite_folder();
  if (suite.empty()) GTEST_SKIP() << "no SBML Test Suite; SALUS_SBML_SUITE names its folder";
  std::size_t total = 0, passed = 0;
  std::map<std::string, std::string> failures;
  for (const auto& entry : fs::directory_iterator(suite)) {
    const fs::path xml = newest_file(entry.path());
    if (xml.empty()) continue;
    ++total;
    const std::string why = failure(entry.path(), xml);
    passed += why.empty() ? 1 : 0;
    if (!why.empty()) failures.emplace(entry.path().filename(), why);
  }
  for (const auto& [name, why] : failures) std::cout << name << ": " << why << "\n";
  std::cout << passed << " of " << total << " cases pass\n";
  RecordProperty("cases", static_cast<int>(total));
  RecordProperty("passed", static_cast<int>(passed));
  // The copy of 689 cases without events, delays or algebraic rules; a larger one shows more.
  constexpr double kShare = 670.0 / 689;
  if (std::getenv("SALUS_SBML_SUITE") == nullptr) {
    EXPECT_GE(static_cast<double>(passed), kShare * static_cast<double>(total));
  }
}

}  // namespace
}  // namespace salus::model
