// Runs of one SBML file as the SBML Test Suite asks for them: its settings file, its CSV.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sbml.h"

namespace salus::model {

/// Times are in the file's unit, whatever it is.
struct SuiteSettings {
  double start = 0;
  double duration = 0;
  int steps = 0;
  std::vector<std::string> variables;
  double absolute = 0;
  double relative = 0;
  std::vector<std::string> amount;         ///< species to give as amounts
  std::vector<std::string> concentration;  ///< species to give as concentrations
};

inline constexpr std::size_t kMaxSuiteSettingsBytes = 1u << 16;
inline constexpr int kMaxSuiteSteps = 100'000;

/// "key: value" lines. Errors: kParse, kLimit, kInvalidArgument naming file, line and key.
Result<SuiteSettings> parse_suite_settings(std::string_view text, std::string_view file_name);

/// The file's model with the settings' variables as its outputs, as amounts or concentrations, and
/// one unit of the file's time taken as an hour. Errors: kInvalidArgument for a variable that the
/// file lacks.
Result<Model> suite_model(const SbmlImport& imported, const SuiteSettings& settings);
/// start, start + duration / steps, ..., start + duration.
std::vector<double> suite_times(const SuiteSettings& settings);

struct SuiteTable {
  std::vector<std::string> columns;  ///< "time", then the variables
  std::vector<std::vector<double>> rows;
};

/// suite_model from time 0, read at suite_times. Private parameters are at their typical values.
/// Errors: those of suite_model and ReferenceSolver.
Result<SuiteTable> run_suite_case(const SbmlImport& imported, const SuiteSettings& settings);

/// As many digits as bring the same number back; "NaN", "INF", "-INF".
std::string suite_csv(const SuiteTable& table);

}  // namespace salus::model
