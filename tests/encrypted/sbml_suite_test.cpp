// Goal:   cases of the SBML Test Suite, computed on ciphertexts with private initial values and
//         constants, give the suite's own results within 1e-3 of each variable's range.
// Method: up to four numbers of a file become private with a box of 10 % around them; the compiled
//         program runs at its 128-bit parameters on the file's own numbers, encrypted.
//         SALUS_SBML_CASES says how many cases (default 4), SALUS_SBML_TABLE where to write the
//         table.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "base/testing/shared_data.h"
#include "compiler/compile.h"
#include "model/sbml_suite.h"
#include "on_ciphertexts.h"

namespace salus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPrivate = 4, kMaxInitial = 2;
constexpr double kBox = 0.1, kLimit = 1e-3;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

fs::path suite_folder() {
  if (const char* named = std::getenv("SALUS_SBML_SUITE")) return named;
  return test::shared_data(SALUS_SOURCE_DIR, "sbml-suite");
}

struct Case {
  std::string name;
  model::Model model;
  std::vector<std::string> variables;
  std::vector<double> times_h;
  std::vector<std::vector<double>> wanted;  // variables x times
};

// The columns of the suite's results, by the names in the first line.
std::vector<std::vector<double>> results(const fs::path& csv, std::vector<std::string>& names) {
  std::ifstream file(csv);
  std::string line;
  std::vector<std::vector<double>> columns;
  names.clear();
  for (bool head = true; std::getline(file, line); head = false) {
    std::stringstream fields(line);
    std::size_t c = 0;
    for (std::string field; std::getline(fields, field, ','); ++c) {
      std::erase_if(field, [](char x) { return x == '\r' || x == ' ' || x == '"'; });
      if (head) {
        if (c > 0) names.push_back(field);
        if (c > 0) columns.emplace_back();
      } else if (c > 0 && c <= columns.size()) {
        columns[c - 1].push_back(std::strtod(field.c_str(), nullptr));
      }
    }
  }
  return columns;
}

// Two initial values and two or more constants become private, each with a box around it. Nothing
// where the file has too few numbers, or a formula that is not rational.
bool make_private(model::Model& m) {
  std::vector<model::Parameter*> initial, constants;
  for (model::Parameter& p : m.parameters) {
    if (!std::isfinite(p.typical) || p.typical == 0) continue;
    (p.name.ends_with("_0") ? initial : constants).push_back(&p);
  }
  if (initial.empty() || constants.size() < 2) return false;
  std::vector<model::Parameter*> chosen(
      initial.begin(), initial.begin() + static_cast<long>(std::min(initial.size(), kMaxInitial)));
  for (model::Parameter* p : constants) {
    if (chosen.size() < kMaxPrivate) chosen.push_back(p);
  }
  for (model::Parameter* p : chosen) {
    const double a = p->typical * (1 - kBox), b = p->typical * (1 + kBox);
    p->is_private = true;
    p->transform = p->typical > 0 ? model::Transform::kLog : model::Transform::kLinear;
    p->low = std::min(a, b);
    p->high = std::max(a, b);
    p->sd = (p->transform == model::Transform::kLog ? kBox : kBox * std::abs(p->typical)) / 3;
  }
  return true;
}

bool is_rational(const model::Expression& e) {
  using Kind = model::ExpressionKind;
  if (e.kind > Kind::kDivide && e.kind != Kind::kNegate && e.kind != Kind::kPower) return false;
  return std::all_of(e.operands.begin(), e.operands.end(), is_rational);
}

std::optional<Case> load(const fs::path& folder) {
  const std::string name = folder.filename();
  fs::path xml;
  for (const char* kind : {"l3v2", "l3v1", "l2v4"}) {
    if (xml.empty() && fs::exists(folder / (name + "-sbml-" + kind + ".xml"))) {
      xml = folder / (name + "-sbml-" + kind + ".xml");
    }
  }
  if (xml.empty()) return std::nullopt;
  const auto imported = model::import_sbml(read(xml), xml.filename().string());
  auto settings = model::parse_suite_settings(read(folder / (name + "-settings.txt")), "settings");
  if (!imported || !settings || settings->start != 0) return std::nullopt;
  Case out;
  out.name = name;
  out.wanted = results(folder / (name + "-results.csv"), settings->variables);
  auto m = model::suite_model(*imported, *settings);
  if (!m || m->states.empty() || !m->events.empty() || !make_private(*m)) return std::nullopt;
  for (const model::State& s : m->states) {
    if (!is_rational(s.rate)) return std::nullopt;
  }
  m->surrogate = {};
  m->surrogate.terms = {{"", {}}};
  for (const model::Parameter* p : m->private_parameters()) {
    m->surrogate.terms[0].over.push_back(p->name);
  }
  m->surrogate.horizon_h = settings->duration;
  m->surrogate.max_degree = 4;
  m->surrogate.max_terms = 64;
  out.model = std::move(*m);
  out.variables = settings->variables;
  out.times_h = model::suite_times(*settings);
  return out;
}

// Largest difference over the range of the variable (of a constant one: its size).
double worst(const Case& c, const std::vector<std::vector<double>>& got) {
  double out = 0;
  for (std::size_t v = 0; v < c.variables.size(); ++v) {
    const auto [low, high] = std::minmax_element(c.wanted[v].begin(), c.wanted[v].end());
    const double range = *high > *low ? *high - *low : std::max(std::abs(*high), 1e-12);
    for (std::size_t t = 0; t < c.times_h.size(); ++t) {
      out = std::max(out, std::abs(got[v][t] - c.wanted[v][t]) / range);
    }
  }
  return out;
}

struct Line {
  std::string text;
  bool passed = false;
};

Line run(const Case& c) {
  const auto start = std::chrono::steady_clock::now();
  compiler::CompileOptions options;
  options.tolerance = 1;
  const program::Regimen none{"run", "as the file says", 0, 0, 1, 0, 0, {}};
  const auto p = compiler::compile_curves(c.model, {none}, c.times_h, options);
  std::ostringstream line;
  line << "| " << c.name << " | " << c.model.states.size() << " | "
       << c.model.private_parameters().size() << " | ";
  if (!p) {
    line << "| | refused: " << p.error().message << " |";
    return {line.str()};
  }
  std::vector<program::NamedValue> values;
  for (const model::Parameter* q : c.model.private_parameters()) {
    values.push_back({q->name, q->typical});
  }
  const auto got = on_ciphertexts(*p, {values});
  if (!got) {
    line << "| | not run: " << got.error().message << " |";
    return {line.str()};
  }
  const double error = worst(c, got->front());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  line.precision(2);
  line << std::scientific << p->certificate.population_max << " | " << error << " | "
       << (error <= kLimit ? "passes" : "above 1e-3") << " |";
  std::cout << c.name << ": " << error << " (" << took.count() << " s)\n";
  return {line.str(), error <= kLimit};
}

TEST(SbmlEncryptedSlow, CasesGiveTheSuitesResultsOnCiphertexts) {
  const fs::path suite = suite_folder();
  if (suite.empty()) GTEST_SKIP() << "no SBML Test Suite; SALUS_SBML_SUITE names its folder";
  const char* asked = std::getenv("SALUS_SBML_CASES");
  const std::size_t limit = asked == nullptr ? 4 : std::stoul(asked);
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(suite)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  std::vector<Line> lines;
  for (const fs::path& folder : folders) {
    if (lines.size() == limit) break;
    if (const auto c = load(folder)) lines.push_back(run(*c));
  }
  const auto passed = std::count_if(lines.begin(), lines.end(), [](auto& l) { return l.passed; });
  std::cout << passed << " of " << lines.size() << " encrypted cases pass\n";
  if (const char* table = std::getenv("SALUS_SBML_TABLE")) {
    std::ofstream file(table);
    file << "| case | states | private numbers | certified, worst | measured, worst | |\n"
            "| --- | ---: | ---: | ---: | ---: | --- |\n";
    for (const Line& line : lines) file << line.text << "\n";
  }
  EXPECT_GE(static_cast<double>(passed), 0.8 * static_cast<double>(lines.size()));
}

}  // namespace
}  // namespace salus
