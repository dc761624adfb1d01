// SBML files, Level 2 and Level 3 core, as models: what a file says, and what it becomes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

inline constexpr std::uint64_t kMaxSbmlBytes = 16u << 20;
/// Elements of the XML, and how deep they may lie in each other.
inline constexpr std::size_t kMaxSbmlElements = 200'000;
inline constexpr std::size_t kMaxXmlDepth = 250;
/// Of one formula: libSBML nests the terms of a sum in each other, and walks them by recursion.
inline constexpr std::size_t kMaxMathElements = 5'000;
/// The reference solver holds a dense matrix of states x states.
inline constexpr std::size_t kMaxSbmlStates = 1024;
/// Compartments, species, parameters and named stoichiometries.
inline constexpr std::size_t kMaxSbmlSymbols = 20'000;
/// Terms of all formulas together, functions expanded.
inline constexpr std::size_t kMaxSbmlNodes = 1'000'000;

/// How much of a species there is, whatever its symbol means.
struct SbmlSpecies {
  std::string name;
  Expression amount;
  Expression concentration;
};

/// A model with what only SBML knows of it.
struct SbmlImport {
  Model model;
  int level = 0;
  int version = 0;
  std::size_t reactions = 0;
  std::vector<SbmlSpecies> species;
  /// What a reader should know: assumptions made, parts of the file that were left out.
  std::vector<std::string> notes;
};

/// Reads SBML Level 2 and 3 core. Numbers become public parameters: constants by their id, initial
/// values as ID_0; a sidecar makes some of them private. Species, where something changes them, are
/// states by amount (ID_amount where the symbol ID is the concentration). Outputs are all species,
/// and the compartments and parameters that change. One unit of SBML time is what the file
/// declares, or 1 h.
/// Errors, each naming file, line, element and remedy: kParse (not XML, not SBML), kLimit,
/// kNotBuilt (delays, algebraic rules, fast reactions, required packages), kInvalidArgument
/// (unknown or repeated ids, rules that depend on each other).
Result<SbmlImport> import_sbml(std::string_view xml, std::string_view file_name);
/// The model of import_sbml.
Result<Model> read_sbml(std::string_view xml, std::string_view file_name);
/// A file, with NAME.sidecar.toml applied where it lies beside NAME.xml.
/// Errors: as above; kNotFound, kIo; those of apply_sidecar.
Result<Model> load_sbml(const std::filesystem::path& path);
bool is_sbml_path(const std::filesystem::path& path);  ///< .xml or .sbml

inline constexpr std::uint64_t kMaxSidecarBytes = 1u << 20;

/// Adds what SBML cannot say: title, citation, time unit, which numbers are private with their
/// boxes, which outputs to keep, where doses go. docs/formats/sidecar.md has the keys.
/// Errors: kParse, kLimit, kInvalidArgument naming file, line and remedy.
Result<Model> apply_sidecar(Model model, std::string_view text, std::string_view file_name);

}  // namespace salus::model
