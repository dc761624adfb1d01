#include "catalogue.h"

#include <algorithm>

#include "base/file.h"
#include "ingest/csv.h"
#include "ingest/mapping.h"
#include "model/sbml.h"

namespace salus::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxMappingBytes = 1u << 20;

Result<ingest::Mapping> load_mapping(const TableOptions& table) {
  ingest::Mapping mapping;
  fs::path path = table.mapping;
  if (path.empty()) {
    path = fs::path(table.csv).replace_extension(".mapping.toml");
    if (!table.columns.empty() && !fs::exists(path)) path.clear();
  }
  if (!path.empty()) {
    const Result<std::string> text = read_text_file(path, kMaxMappingBytes);
    if (!text && text.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kNotFound, "no file " + path.string() +
                                             " that says what the columns of " + table.csv +
                                             " mean; write it or give --map what=column:unit"};
    }
    if (!text) return text.error();
    Result<ingest::Mapping> parsed = ingest::parse_mapping(*text);
    if (!parsed) return about(path, parsed.error());
    mapping = std::move(parsed).value();
  }
  for (const std::string& option : table.columns) {
    if (const Status fine = ingest::add_to_mapping(mapping, option); !fine) return fine.error();
  }
  return mapping;
}

// What goes with an SBML file is no model of its own.
bool is_model_file(const fs::path& path) {
  if (path.extension() == ".toml") return path.stem().extension() != ".sidecar";
  return model::is_sbml_path(path);
}

}  // namespace

Result<model::Model> load_model_file(const fs::path& path) {
  return model::is_sbml_path(path) ? model::load_sbml(path) : model::load_model(path);
}

Result<std::vector<fs::path>> list_models(const Common& common) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(common.models, failed)) {
    if (is_model_file(entry.path())) files.push_back(entry.path());
  }
  if (failed) {
    return Error{ErrorCode::kNotFound,
                 "no model catalogue in folder " + common.models + "; say where with --models"};
  }
  std::ranges::sort(files);
  return files;
}

Result<fs::path> find_model_file(const Common& common, const std::string& name) {
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) return fs::path(name);
  const Result<std::vector<fs::path>> files = list_models(common);
  if (!files) return files.error();
  std::string known;
  for (const fs::path& file : *files) {
    if (file.stem() == name) return file;
    known += (known.empty() ? "" : ", ") + file.stem().string();
  }
  return Error{ErrorCode::kNotFound, "no model \"" + name + "\", neither a file nor in " +
                                         common.models + ", which has " + known};
}

Result<model::Model> find_model(const Common& common, const std::string& name) {
  const Result<fs::path> file = find_model_file(common, name);
  if (!file) return file.error();
  return load_model_file(*file);
}

void add_table_options(CLI::App* verb, TableOptions& table, const std::string& csv_option,
                       bool required) {
  CLI::Option* csv = verb->add_option(csv_option, table.csv, "CSV of measurements");
  verb->add_option("--mapping", table.mapping,
                   "TOML that names columns and units (default: FILE.mapping.toml)");
  verb->add_option("--map", table.columns, "A column: subject=NAME, time=NAME:h, value=NAME:mg/L");
  CLI::Option* subject = verb->add_option("--subject", table.subject, "Which subject of the table");
  if (required) csv->required(), subject->required();
}

Result<std::vector<ingest::Subject>> load_subjects(const TableOptions& table,
                                                   const std::string& unit) {
  const Result<std::string> text = read_text_file(table.csv, ingest::kMaxCsvBytes);
  if (!text) return text.error();
  const Result<ingest::CsvTable> parsed = ingest::parse_csv(*text);
  if (!parsed) return about(table.csv, parsed.error());
  const Result<ingest::Mapping> mapping = load_mapping(table);
  if (!mapping) return mapping.error();
  Result<std::vector<ingest::Subject>> subjects = ingest::read_subjects(*parsed, *mapping, unit);
  if (!subjects) return about(table.csv, subjects.error());
  return subjects;
}

Result<ingest::Subject> load_subject(const TableOptions& table, const std::string& unit) {
  const Result<std::vector<ingest::Subject>> subjects = load_subjects(table, unit);
  if (!subjects) return subjects.error();
  Result<ingest::Subject> subject = ingest::find_subject(*subjects, table.subject);
  if (!subject) return about(table.csv, subject.error());
  return subject;
}

Result<ingest::Features> load_features(const fs::path& path) {
  const Result<std::string> text = read_text_file(path, ingest::kMaxFeaturesBytes);
  if (!text) return text.error();
  Result<ingest::Features> features = ingest::parse_features(*text);
  if (!features) return about(path, features.error());
  return features;
}

Result<ingest::Patients> load_patients(const fs::path& path, const program::Program& program) {
  const Result<std::string> text = read_text_file(path, ingest::kMaxCsvBytes);
  if (!text) return text.error();
  const auto table = ingest::parse_csv(*text);
  if (!table) return about(path, table.error());
  auto patients =
      ingest::read_patients(*table, program.parameters, program.basis.circuit.chain.slot_count());
  if (!patients) return about(path, patients.error());
  return patients;
}

}  // namespace salus::cli
