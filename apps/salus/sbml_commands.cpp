// salus sbml: SBML files as models, and runs as the SBML Test Suite asks for them.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "catalogue.h"
#include "model/sbml.h"
#include "model/sbml_suite.h"

namespace salus::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct SbmlOptions {
  std::string file;
  std::string settings;
  std::string csv;
};

Result<model::SbmlImport> import_file(const fs::path& path) {
  const Result<std::string> text = read_text_file(path, model::kMaxSbmlBytes);
  if (!text) return text.error();
  return model::import_sbml(*text, path.filename().string());
}

Result<Answer> run_case(const SbmlOptions& options) {
  const Result<model::SbmlImport> imported = import_file(options.file);
  if (!imported) return imported.error();
  const Result<std::string> text = read_text_file(options.settings, model::kMaxSuiteSettingsBytes);
  if (!text) return text.error();
  const auto settings =
      model::parse_suite_settings(*text, fs::path(options.settings).filename().string());
  if (!settings) return settings.error();
  const auto table = model::run_suite_case(*imported, *settings);
  if (!table) return table.error();
  const std::string csv = model::suite_csv(*table);
  Answer answer{{}, {{"columns", table->columns}, {"rows", table->rows.size()}}};
  if (options.csv.empty()) {
    answer.text = csv;
    answer.json["csv"] = csv;
    return answer;
  }
  if (const Status saved = write_file(options.csv, as_bytes(csv)); !saved) return saved.error();
  answer.text = fmt::format("{} rows of {} columns in {}\n", table->rows.size(),
                            table->columns.size(), options.csv);
  answer.json["file"] = options.csv;
  return answer;
}

std::string candidate(const model::Parameter& p) {
  return fmt::format("  {:<24} {:>12.6g} {:<12} {}{}\n", p.name, p.typical, p.unit, p.description,
                     p.is_private ? " (private)" : "");
}

Result<Answer> check_file(const SbmlOptions& options) {
  const Result<model::SbmlImport> imported = import_file(options.file);
  if (!imported) return imported.error();
  Result<model::Model> loaded = model::load_sbml(options.file);
  if (!loaded) return loaded.error();
  const model::Model& m = *loaded;
  Answer answer{
      fmt::format("{}: {}\nSBML Level {} Version {}\n{} species, {} reactions, {} states, "
                  "{} variables, {} events, {} outputs\none unit of time is 1 {}\n",
                  m.name, m.title, imported->level, imported->version, imported->species.size(),
                  imported->reactions, m.states.size(), m.variables.size(), m.events.size(),
                  m.outputs.size(), m.time_unit),
      {{"name", m.name},
       {"title", m.title},
       {"level", imported->level},
       {"version", imported->version},
       {"species", imported->species.size()},
       {"reactions", imported->reactions},
       {"states", m.states.size()},
       {"events", m.events.size()},
       {"time_unit", m.time_unit},
       {"notes", imported->notes},
       {"parameters", json::array()}}};
  for (const std::string& note : imported->notes) answer.text += "note: " + note + "\n";
  answer.text += "\nwhat a sidecar may make private (ID_0 is an initial value):\n";
  for (const model::Parameter& p : m.parameters) {
    answer.text += candidate(p);
    answer.json["parameters"].push_back(
        {{"name", p.name}, {"unit", p.unit}, {"typical", p.typical}, {"private", p.is_private}});
  }
  return answer;
}

}  // namespace

void add_sbml_commands(Commands& commands) {
  const auto options = std::make_shared<SbmlOptions>();
  CLI::App* noun = commands.noun("sbml", "SBML files: check, and run as the SBML Test Suite asks");

  CLI::App* verb = commands.verb(noun, "check", "Say what a file is, and what could be private",
                                 [=] { return check_file(*options); });
  verb->add_option("FILE", options->file, "SBML Level 2 or 3")->required();

  verb = commands.verb(noun, "run", "Run a test case in the clear with CVODE",
                       [=] { return run_case(*options); });
  verb->add_option("FILE", options->file, "SBML Level 2 or 3")->required();
  verb->add_option("--settings", options->settings,
                   "The case's settings: start, duration, steps, variables, amount, concentration")
      ->required();
  verb->add_option("--csv", options->csv, "Write the table here (default: standard output)");
}

}  // namespace salus::cli
