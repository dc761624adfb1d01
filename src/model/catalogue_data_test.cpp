// Goal:   models agree with measurements as well as their papers, or the notes of this project,
// say. Method: public data sets beside the checkout (shared/data), skipped visibly where absent;
// every
//         metric is printed. R2 is one minus the residual over the total sum of squares; GMFE is
//         the geometric mean of the larger of prediction over observation and its inverse.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "model/reference.h"

namespace salus::model {
namespace {

using Row = std::map<std::string, std::string>;

std::filesystem::path shared_data() {
  return std::filesystem::path(SALUS_SOURCE_DIR) / "../shared/data";
}

// Why a test cannot run; empty if it can.
std::string missing(const std::string& file) {
  if (std::filesystem::exists(shared_data() / file)) return "";
  return "no " + file + " in shared/data, beside the checkout";
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) out.emplace_back();
    if (c != '"' && c != '\r' && (c != ',' || quoted)) out.back() += c;
  }
  return out;
}

std::vector<Row> read_csv(const std::string& file) {
  std::ifstream in(shared_data() / file);
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> header = cells_of(line);
  std::vector<Row> out;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = cells_of(line);
    if (cells.size() < 2) continue;
    Row row;
    for (std::size_t i = 0; i < std::min(header.size(), cells.size()); ++i) {
      row[header[i]] = cells[i];
    }
    out.push_back(std::move(row));
  }
  return out;
}

// NaN for what is not a number.
double number(const std::string& text) {
  char* end = nullptr;
  const double out = std::strtod(text.c_str(), &end);
  return text.empty() || *end != '\0' ? std::nan("") : out;
}

Model load(const std::string& name) {
  return must(load_model(std::string(SALUS_SOURCE_DIR) + "/models/" + name + ".toml"));
}

/// All parameters, `given` over the typical ones.
Values with(const Model& model, const Values& given) {
  Values out;
  for (const Parameter& p : model.parameters) out[p.name] = p.typical;
  for (const auto& [name, value] : given) out.at(name) = value;
  return out;
}

double linked(const Output& output, double x) {
  return must(CompiledExpression::make(*output.link, {{"x", 0}}))(std::span(&x, 1));
}

struct Fits {
  std::vector<double> found, observed;

  double r2() const {
    double mean = 0, residual = 0, total = 0;
    for (const double y : observed) mean += y / static_cast<double>(observed.size());
    for (std::size_t i = 0; i < observed.size(); ++i) {
      residual += std::pow(observed[i] - found[i], 2);
      total += std::pow(observed[i] - mean, 2);
    }
    return 1 - residual / total;
  }
  double mae() const {
    double sum = 0;
    for (std::size_t i = 0; i < observed.size(); ++i) sum += std::abs(observed[i] - found[i]);
    return sum / static_cast<double>(observed.size());
  }
  double gmfe() const {
    double sum = 0;
    for (std::size_t i = 0; i < observed.size(); ++i)
      sum += std::abs(std::log(found[i] / observed[i]));
    return std::exp(sum / static_cast<double>(observed.size()));
  }
  double within(double fold) const {
    double count = 0;
    for (std::size_t i = 0; i < observed.size(); ++i) {
      count += std::abs(std::log(found[i] / observed[i])) <= std::log(fold);
    }
    return 100 * count / static_cast<double>(observed.size());
  }
};

// The parameters that a row of the IWPC table gives; none where it is not complete.
std::optional<Values> iwpc_values(const Row& row) {
  static const std::map<std::string, std::string> kRaces = {
      {"Asian", "asian"}, {"Black or African American", "black"}, {"Unknown", "mixed"}};
  const std::string vkorc1 = row.at("VKORC1 -1639 consensus"), cyp = row.at("CYP2C9 consensus");
  static const std::set<std::string> kKnown = {"*1/*1", "*1/*2", "*1/*3",
                                               "*2/*2", "*2/*3", "*3/*3"};
  Values out = {{"age", number(row.at("Age").substr(0, 2))},
                {"height", number(row.at("Height (cm)"))},
                {"weight", number(row.at("Weight (kg)"))}};
  for (const auto& [name, value] : out) {
    if (std::isnan(value)) return std::nullopt;
  }
  if (row.at("Subject Reached Stable Dose of Warfarin") != "1") return std::nullopt;
  // The algorithm has terms of its own for a gene that nobody looked at.
  const bool of_two = vkorc1.size() == 3;
  if (vkorc1 != "G/G") {
    out[!of_two ? "VKORC1_unknown" : vkorc1 == "A/A" ? "VKORC1_AA" : "VKORC1_AG"] = 1;
  }
  if (cyp != "*1/*1") {
    const bool known = kKnown.contains(cyp);
    out[known ? "CYP2C9_" + cyp.substr(1, 1) + cyp.substr(4, 1) : "CYP2C9_unknown"] = 1;
  }
  const auto race = kRaces.find(row.at("Race"));
  if (race != kRaces.end()) out[race->second] = 1;
  for (const char* drug :
       {"Carbamazepine (Tegretol)", "Phenytoin (Dilantin)", "Rifampin or Rifampicin"}) {
    if (row.at(drug) == "1") out["inducer"] = 1;
  }
  if (row.at("Amiodarone (Cordarone)") == "1") out["amiodarone"] = 1;
  return out;
}

// All 5700 patients give R2 0.474 and 8.65 mg/week; these are two thirds of them, and two doses
// above 200 mg a week move the R2 more than the missing third does: the figures are held without
// them, and printed with them.
TEST(CatalogueData, WarfarinDosesOfTheIwpcPatients) {
  if (const std::string why = missing("warfarin/iwpc.csv"); !why.empty()) GTEST_SKIP() << why;
  const Model model = load("warfarin_iwpc");
  Fits genes, clinic, fixed, usual;
  for (const Row& row : read_csv("warfarin/iwpc.csv")) {
    const double dose = number(row.at("Therapeutic Dose of Warfarin"));
    const auto values = iwpc_values(row);
    if (!values || std::isnan(dose)) continue;
    const Curves found = must(reference_curves(model, with(model, *values), {}, {0}));
    for (Fits* f : {&genes, &clinic, &fixed}) f->observed.push_back(dose);
    genes.found.push_back(linked(model.outputs[0], found[0][0]));
    clinic.found.push_back(linked(model.outputs[1], found[1][0]));
    fixed.found.push_back(35);
    if (dose > 200) continue;
    usual.observed.push_back(dose);
    usual.found.push_back(genes.found.back());
  }
  std::printf(
      "IWPC, %zu stable patients: with genes R2 %.3f, MAE %.2f mg/week (%.3f, %.2f without %zu "
      "doses above 200 mg/week); clinic alone %.3f, %.2f; 35 mg for all %.2f\n",
      genes.observed.size(), genes.r2(), genes.mae(), usual.r2(), usual.mae(),
      genes.observed.size() - usual.observed.size(), clinic.r2(), clinic.mae(), fixed.mae());
  EXPECT_GT(genes.observed.size(), 2000u);
  EXPECT_NEAR(genes.mae(), 8.6, 0.3);
  EXPECT_NEAR(usual.mae(), 8.6, 0.3);
  EXPECT_NEAR(usual.r2(), 0.47, 0.02);
  EXPECT_GT(genes.r2(), clinic.r2() + 0.12);
  EXPECT_LT(genes.mae(), clinic.mae() - 1);
}

// One scenario's prediction at a time; each file holds all doses of one formulation.
TEST(CatalogueData, NanocarrierConcentrationsInSixTissues) {
  if (const std::string why = missing("nanoparticle/scenarios.csv"); !why.empty())
    GTEST_SKIP() << why;
  const Model model = load("nanocarrier");
  const std::map<std::string, std::string> outputs = {
      {"D_L_aver", "liver"},   {"D_S_aver", "spleen"}, {"D_T_aver", "tumour"},
      {"D_K_aver", "kidneys"}, {"D_U_aver", "lungs"},  {"D_P_aver", "plasma"}};
  std::map<std::string, Row> scenarios;
  for (const Row& row : read_csv("nanoparticle/scenarios.csv")) scenarios[row.at("id")] = row;
  Fits all, particles, free;
  for (const std::string name : {"U16c_61", "U16p_61", "T_67", "NoNP_67"}) {
    std::map<std::string, std::vector<Row>> measured;
    for (const Row& row : read_csv("nanoparticle/" + name + ".csv")) {
      measured[row.at("scenario")].push_back(row);
    }
    for (const auto& [scenario, rows] : measured) {
      const Row& s = scenarios.at(scenario);
      const auto of = [&](const std::string& key) { return number(s.at("parameters." + key)); };
      const Values given = {{"W", of("W_animal")},  {"W_T", of("W_T")},     {"w_L", of("w_L")},
                            {"w_S", of("w_S")},     {"w_K", of("w_K")},     {"w_U", of("w_U")},
                            {"burst", of("delta")}, {"kdiff", of("kdiff")}, {"shape", of("gamma")}};
      std::set<double> times;
      for (const Row& row : rows) times.insert(number(row.at("t")));
      const std::vector<double> grid(times.begin(), times.end());
      const double dose = of("dose_D_ug_g") * of("W_animal");
      const Curves curves = must(reference_curves(model, with(model, given), {{0, dose, 0}}, grid));
      for (const Row& row : rows) {
        const std::size_t output = must(model.output_index(outputs.at(row.at("prob.mean"))));
        const auto at =
            static_cast<std::size_t>(std::distance(times.begin(), times.find(number(row.at("t")))));
        for (Fits* f : {&all, name == "NoNP_67" ? &free : &particles}) {
          f->observed.push_back(number(row.at("measurement")));
          f->found.push_back(curves[output][at]);
        }
      }
    }
  }
  std::printf(
      "nanocarrier, %zu concentrations: GMFE %.3f, %.0f %% within twofold; particles (%zu) "
      "%.3f, %.0f %%; free drug (%zu) %.3f, %.0f %%\n",
      all.observed.size(), all.gmfe(), all.within(2), particles.observed.size(), particles.gmfe(),
      particles.within(2), free.observed.size(), free.gmfe(), free.within(2));
  EXPECT_EQ(all.observed.size(), 707u);
  EXPECT_LE(all.gmfe(), 1.40);
}

TEST(CatalogueData, PhenobarbitalLevelsOfNewborns) {
  if (const std::string why = missing("pk/pheno_sd.csv"); !why.empty()) GTEST_SKIP() << why;
  const Model model = load("phenobarbital_neonate");
  std::map<std::string, std::vector<Row>> infants;
  for (const Row& row : read_csv("pk/pheno_sd.csv")) infants[row.at("ID")].push_back(row);
  Fits levels;
  for (const auto& [id, rows] : infants) {
    std::vector<Dose> doses;
    std::vector<double> times;
    for (const Row& row : rows) {
      if (row.at("EVID") == "1")
        doses.push_back({number(row.at("TIME")), number(row.at("AMT")), 0});
      if (row.at("MDV") != "0") continue;
      times.push_back(number(row.at("TIME")));
      levels.observed.push_back(number(row.at("DV")));
    }
    const Values covariates = {{"WT", number(rows[0].at("WT"))},
                               {"low_apgar", number(rows[0].at("APGR")) < 5 ? 1 : 0}};
    const Values values = must(typical_parameters(model, covariates));
    const auto curve = must(fast_curves(model, values, doses, times))[0];
    levels.found.insert(levels.found.end(), curve.begin(), curve.end());
  }
  std::printf(
      "phenobarbital, %zu newborns, %zu levels from weight and Apgar score alone: GMFE %.3f, "
      "%.0f %% within twofold\n",
      infants.size(), levels.observed.size(), levels.gmfe(), levels.within(2));
  EXPECT_EQ(levels.observed.size(), 155u);
  EXPECT_LT(levels.gmfe(), 1.35);
}

// What a perpetrator does to CYP3A: round working values, set by hand by somebody who had seen
// these ratios. The share below checks algebra and order of magnitude; it is no prediction.
struct Perpetrator {
  std::string name;
  double dose_mg = 0;  // 0: any
  Values effect;
};

const std::vector<Perpetrator>& perpetrators() {
  static const std::vector<Perpetrator> kAll = {
      {"Ketoconazole", 0, {{"inhibition", 20.5}, {"inhibition_gut", 58}}},
      {"Itraconazole", 0, {{"inhibition", 6}, {"inhibition_gut", 20}}},
      {"Fluconazole", 0, {{"inhibition", 3.1}, {"inhibition_gut", 12.7}}},
      {"Voriconazole", 0, {{"inhibition", 8}, {"inhibition_gut", 30}}},
      {"Clarithromycin", 500, {{"inactivation", 9}, {"inactivation_gut", 20}}},
      {"Clarithromycin", 250, {{"inactivation", 4}, {"inactivation_gut", 10}}},
      {"Erythromycin", 500, {{"inactivation", 4}, {"inactivation_gut", 10}}},
      {"Erythromycin", 200, {{"inactivation", 1}, {"inactivation_gut", 2}}},
      {"Verapamil", 0, {{"inactivation", 2}, {"inactivation_gut", 5}}},
      {"Rifampicin", 600, {{"induction", 5}, {"induction_gut", 5}}},
  };
  return kAll;
}

// Guest, Aarons, Houston, Rostami-Hodjegan and Galetin, Drug Metab Dispos 2011;39:170-173: the
// limits close in on a ratio of 1, and become twofold far from it.
bool within_guest(double found, double observed) {
  const double r = observed >= 1 ? observed : 1 / observed, limit = (1 + 2 * (r - 1)) / r;
  return std::abs(std::log(found / observed)) <= std::log(limit);
}

// Repeated dosing of the perpetrator only: a static ratio knows no first day.
TEST(CatalogueData, MidazolamInteractionsWithinGuestLimits) {
  if (const std::string why = missing("ddi/DDI.csv"); !why.empty()) GTEST_SKIP() << why;
  const Model model = load("midazolam_interaction");
  Fits ratios;
  int guest = 0;
  for (const Row& row : read_csv("ddi/DDI.csv")) {
    const double observed = number(row.at("AUCR Avg"));
    if (row.at("Victim") != "Midazolam" || !row.at("Description").starts_with("MD") ||
        std::isnan(observed)) {
      continue;
    }
    const auto same = [&](const Perpetrator& p) {
      return p.name == row.at("Perpetrator") &&
             (p.dose_mg == 0 || number(row.at("Dose")) == p.dose_mg);
    };
    const auto found = std::find_if(perpetrators().begin(), perpetrators().end(), same);
    if (found == perpetrators().end()) continue;
    Values effect = {{"inhibition", 0}, {"inhibition_gut", 0}};
    for (const auto& [name, value] : found->effect) effect.insert_or_assign(name, value);
    const auto curves = must(reference_curves(model, with(model, effect), {}, {0}));
    const double ratio =
        row.at("Route Victim") == "IV" ? curves[1][0] : linked(model.outputs[0], curves[0][0]);
    ratios.found.push_back(ratio);
    ratios.observed.push_back(observed);
    guest += within_guest(ratio, observed);
  }
  const double share = 100.0 * guest / static_cast<double>(ratios.observed.size());
  std::printf(
      "midazolam, %zu ratios after repeated doses of eight drugs: %.0f %% within Guest limits, "
      "%.0f %% within twofold, GMFE %.2f\n",
      ratios.observed.size(), share, ratios.within(2), ratios.gmfe());
  EXPECT_GT(ratios.observed.size(), 40u);
  EXPECT_GT(share, 50);
  EXPECT_LT(ratios.gmfe(), 2);
}

// The fit to the reference glucose test, from 8 min on, has an RMSE of 3.6 mg/dL.
TEST(CatalogueData, GlucoseOfTheReferenceTest) {
  if (const std::string why = missing("glucose/glucose_insulin.csv"); !why.empty())
    GTEST_SKIP() << why;
  const Model model = load("bergman");
  std::vector<double> times, observed;
  for (const Row& row : read_csv("glucose/glucose_insulin.csv")) {
    if (number(row.at("time")) < 8) continue;
    times.push_back(number(row.at("time")) / 60);
    observed.push_back(number(row.at("glucose")));
  }
  const auto curve = must(reference_curve(model, with(model, {}), {}, times));
  double sum = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) sum += std::pow(curve[i] - observed[i], 2);
  const double rmse = std::sqrt(sum / static_cast<double>(curve.size()));
  std::printf("glucose test, %zu samples from 8 min on: RMSE %.2f mg/dL\n", curve.size(), rmse);
  EXPECT_LT(rmse, 3.7);
}

}  // namespace
}  // namespace salus::model
