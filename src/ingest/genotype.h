// From a VCF, or from calls made elsewhere, to genotypes: diplotypes, activity scores, phenotypes,
// and the numbers that models ask for. What was not called is said with its reason; nothing that is
// missing counts as the reference.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/allele_matcher.h"
#include "ingest/fhir.h"
#include "ingest/gene_table.h"
#include "ingest/outside_call.h"
#include "ingest/vcf.h"

namespace salus::ingest {

/// A pair of alleles and what it means.
struct CalledDiplotype {
  std::string name;       ///< "*1/*2"; for strands with several changes "Reference/[a + b]"
  int score = 0;          ///< of the match; 0: none
  std::string pair;       ///< what the meaning is looked up by: the weakest of each strand
  std::string phenotype;  ///< empty: not known
  std::optional<double> activity_score;  ///< in genes that use one
};

struct Genotype {
  std::string gene;
  std::string source;                       ///< "VCF, sample S" or "outside call, line 3"
  std::vector<CalledDiplotype> diplotypes;  ///< all that explain the sample equally well
  std::vector<std::string> unphased;  ///< instead of a diplotype's name: alleles of unknown strands
  std::string no_call;                ///< why there is none; empty: called
  std::string not_for_models;         ///< why models get no number of it, although it is called
  std::vector<std::string> notes;
  std::size_t loci = 0, called_loci = 0;

  /// Of all diplotypes; empty, or nothing, where they differ.
  std::string phenotype() const;
  std::optional<double> activity_score() const;
};

/// The places that the tables' definitions speak of.
std::set<Place> places_of(const std::vector<GeneTable>& tables);

/// The genotype of `table`'s gene, which has a definition.
Genotype call_genotype(const GeneTable& table, const Vcf& vcf);
/// Of a call made elsewhere: its phenotype and score are used as they stand where given, and
/// otherwise looked up. A gene without a table gets a `no_call` that says so.
Genotype take_outside_call(const std::vector<GeneTable>& tables, const OutsideCall& call);

/// What models can use: "GENE_activity_score" where the gene uses one, "GENE_poor_metabolizer" and
/// the like as 0 or 1 for each phenotype, and the features that the table lists. `asked` are the
/// parameters of a program, whose own category for an unknown genotype is filled where it has one.
/// Each feature that cannot be made is added to `unused` with the reason.
std::vector<Chosen> genotype_features(const GeneTable& table, const Genotype& genotype,
                                      const std::set<std::string>& asked,
                                      std::vector<Unused>* unused);

}  // namespace salus::ingest
