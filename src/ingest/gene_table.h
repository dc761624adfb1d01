// Genes: from a pair of star alleles to what the enzyme does, and to what models ask. Tables are
// data files, one a gene; a client reads them, no server does.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/allele_definition.h"

namespace salus::ingest {

struct AlleleFunction {
  std::string function;         ///< "no function"
  std::optional<double> value;  ///< share of a normal allele's activity; none where unknown
};

/// A phenotype holds for activity scores from..to, or for pairs of functions ("a/b", sorted).
struct Phenotype {
  std::string name;
  double from = 0;
  double to = 0;
  std::vector<std::string> functions;
};

/// A number that models ask for, of a diplotype: by the pair, else by its phenotype, else the
/// copies of some alleles, else `otherwise`; none at all for alleles that are not `among`.
struct GenotypeFeature {
  std::string name;  ///< "CYP2C9_12"
  std::map<std::string, double> diplotypes;
  std::map<std::string, double> phenotypes;
  std::vector<std::string> copies_of;
  std::optional<double> at_most;  ///< copies above it count as it
  std::optional<double> otherwise;
  std::vector<std::string> among;  ///< empty: all
  std::optional<double> no_call;   ///< what it is without a call, in a program that has ...
  std::string no_call_with;        ///< ... this parameter too
};

struct GeneTable {
  std::string gene;  ///< "CYP2C9"
  std::string title;
  std::string citation;
  bool copies = false;  ///< "*1x2" counts *1 twice
  std::map<std::string, AlleleFunction, std::less<>> alleles;
  std::vector<Phenotype> phenotypes;
  std::vector<GenotypeFeature> features;
  std::optional<AlleleDefinition> definition;  ///< none: called elsewhere (CYP2D6)

  /// Whether CPIC uses an activity score: its phenotypes are ranges of it.
  bool scored() const;
};

/// What a diplotype means.
struct GeneCall {
  std::optional<double> activity_score;  ///< none where an allele's value is unknown
  std::string phenotype;  ///< "Indeterminate" where the table does not say; "n/a" where an allele
                          ///< is defined and no function assigned to it
};

/// Reads models/genes/<gene>.toml. Errors: kNotFound, kParse, kInvalidArgument, kLimit, naming
/// file, line and remedy.
Result<GeneTable> load_gene_table(const std::filesystem::path& path);
Result<GeneTable> parse_gene_table(std::string_view text, std::string_view file_name);
/// All of a folder, by name. Errors: as above; kNotFound where there are none.
Result<std::vector<GeneTable>> load_gene_tables(const std::filesystem::path& folder);

/// "*1/*4" or, in a table with copies, "*1x2/*4": score and phenotype. Errors: kInvalidArgument for
/// what is not two alleles; kNotFound naming the allele that the table lacks and those it has.
Result<GeneCall> call_gene(const GeneTable& table, std::string_view diplotype);

/// The phenotype of an activity score; "Indeterminate" where the table does not say.
std::string phenotype_for_score(const GeneTable& table, double score);

}  // namespace salus::ingest
