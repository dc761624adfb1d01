// Models and measurements by the names that users type.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "command.h"
#include "ingest/features.h"
#include "ingest/measurements.h"
#include "ingest/patients.h"
#include "model/model.h"

namespace salus::cli {

/// A TOML file, or an SBML file (.xml, .sbml) with its sidecar.
/// Errors: those of model::load_model and model::load_sbml.
Result<model::Model> load_model_file(const std::filesystem::path& path);
/// `name` is a file, or the name of a file in the catalogue without its extension.
/// Errors: kNotFound, listing what there is.
Result<std::filesystem::path> find_model_file(const Common& common, const std::string& name);
/// What it holds. Errors: as above; those of load_model_file.
Result<model::Model> find_model(const Common& common, const std::string& name);
/// The catalogue's files, sorted.
Result<std::vector<std::filesystem::path>> list_models(const Common& common);

/// How a table of measurements is given on a command line.
struct TableOptions {
  std::string csv;
  std::string mapping;               ///< default: FILE.mapping.toml beside FILE.csv
  std::vector<std::string> columns;  ///< what=column:unit
  std::string subject;
};
void add_table_options(CLI::App* verb, TableOptions& table, const std::string& csv_option,
                       bool required);

/// The subject's measurements, converted to `unit`. Errors: those of ingest, naming the file.
Result<ingest::Subject> load_subject(const TableOptions& table, const std::string& unit);
/// Everybody's.
Result<std::vector<ingest::Subject>> load_subjects(const TableOptions& table,
                                                   const std::string& unit);

Result<ingest::Features> load_features(const std::filesystem::path& path);
/// As many as a ciphertext of the program has slots. Errors: those of read_patients.
Result<ingest::Patients> load_patients(const std::filesystem::path& path,
                                       const program::Program& program);

}  // namespace salus::cli
