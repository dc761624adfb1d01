// Which pairs of named alleles explain what a sample reads at a gene's places.
//
// The rules are those of PharmCAT's Named Allele Matcher (its documentation, "101"): an allele
// reads as the genome where its definition is silent; a place the sample has no call for is left
// out of every definition, and an allele of which nothing is left is not considered; a pair has to
// explain both strands at every place at once; it scores one for each place that its two
// definitions speak of, and the pairs of the best score are the answer.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ingest/allele_definition.h"

namespace salus::ingest {

/// What a sample reads at one locus. Strands are only those of one person where phased.
struct SampleLocus {
  std::size_t locus = 0;             ///< of the definition
  std::array<std::string, 2> bases;  ///< "." where only the other strand was called
  /// Loci of one phase keep their strands together: none where it is not phased, 0 where it is
  /// without a phase set, 1 ... by phase set.
  std::optional<std::size_t> phase;

  bool heterozygous() const { return bases[0] != bases[1]; }
};

/// Heterozygous loci whose strands are tied: they swap together or not at all.
using PhaseGroups = std::vector<std::vector<std::size_t>>;  ///< indices into the sample
PhaseGroups phase_groups(const std::vector<SampleLocus>& sample);

struct Diplotype {
  std::string first, second;  ///< in the order of allele_before
  int score = 0;

  std::string name() const { return first + "/" + second; }
  bool operator==(const Diplotype&) const = default;
};

/// The best pairs, sorted; none where nothing explains the sample. `sample` by ascending locus.
std::vector<Diplotype> match_diplotypes(const AlleleDefinition& definition,
                                        const std::vector<SampleLocus>& sample);

/// For a definition by strand: every change of a strand is named ("[c.85T>C (*9A) + c.496A>G]").
struct StrandCalls {
  /// Pairs of strands, with the alleles that each carries; several where phase sets leave it open.
  struct Pair {
    std::array<std::vector<std::string>, 2> alleles;
    Diplotype named;
  };
  std::vector<Pair> pairs;
  /// Where strands cannot be told apart: all alleles found, one with both copies twice.
  std::vector<std::string> unphased;
  std::vector<std::string> notes;
};
StrandCalls match_by_strand(const AlleleDefinition& definition,
                            const std::vector<SampleLocus>& sample);

}  // namespace salus::ingest
