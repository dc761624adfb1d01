// Genes: from a pair of star alleles to what the enzyme does. Tables are data files, one a gene; a
// client reads them, no server does.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::model {

struct Allele {
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

struct GeneTable {
  std::string gene;  ///< "CYP2C9"
  std::string title;
  std::string citation;
  bool copies = false;  ///< "*1x2" counts *1 twice
  std::map<std::string, Allele, std::less<>> alleles;
  std::vector<Phenotype> phenotypes;
};

/// What a diplotype means.
struct GeneCall {
  std::optional<double> activity_score;  ///< none where an allele's value is unknown
  std::string phenotype;                 ///< "Indeterminate" where the table does not say
};

/// Reads models/genes/<gene>.toml. Errors: kNotFound, kParse, kInvalidArgument, kLimit, naming
/// file, line and remedy.
Result<GeneTable> load_gene_table(const std::filesystem::path& path);
Result<GeneTable> parse_gene_table(std::string_view text, std::string_view file_name);

/// "*1/*4" or, in a table with copies, "*1x2/*4": score and phenotype. Errors: kInvalidArgument for
/// what is not two alleles; kNotFound naming the allele that the table lacks and those it has.
Result<GeneCall> call_gene(const GeneTable& table, std::string_view diplotype);

}  // namespace salus::model
