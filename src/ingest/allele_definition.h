// What defines the named alleles of a gene: places on the genome and the bases that are read there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// A place where a gene varies, as VCF writes it: GRCh38, forward strand, left-aligned.
struct Locus {
  std::int64_t position = 0;
  std::string id;  ///< dbSNP; empty: none
  std::string ref;
  std::vector<std::string> alts;
};

/// "At this locus the allele reads these bases"; one letter may be R, Y, M, ... for either base.
struct Reads {
  std::size_t locus = 0;
  std::string bases;
};

struct NamedAllele {
  std::string name;
  std::vector<Reads> reads;  ///< ascending loci; what it does not say is as on the genome
};

/// An allele with a cause and a tag that travels with it: the cause decides where it was typed, the
/// tag stands in where it was not (DPYD HapB3).
struct TaggedAllele {
  std::string allele;  ///< cause and tag
  std::string alone;   ///< the cause without the tag
  std::size_t cause = 0;
  std::size_t tag = 0;  ///< loci
};

struct AlleleDefinition {
  std::string chromosome;  ///< "chr10"
  std::string source;
  std::vector<Locus> loci;                 ///< ascending positions
  std::vector<NamedAllele> alleles;        ///< the first is the reference, which reads every locus
  std::vector<std::size_t> tier_1;         ///< loci that a minimal test looks at; empty: all
  bool undocumented_is_reference = false;  ///< other bases at a locus count as the genome's
  bool by_strand = false;  ///< strands carry any number of single changes, the weakest counts
  std::optional<TaggedAllele> tagged;

  /// The locus at `position`, or loci.size().
  std::size_t locus_at(std::int64_t position) const;
};

/// Whether `code` (bases, or one IUPAC letter) stands for `bases`.
bool stands_for(std::string_view code, std::string_view bases);

/// The order in which people list alleles: numbers by value ("*2" before "*10"), "[a + b]" behind
/// single ones and by the number of their parts.
bool allele_before(std::string_view a, std::string_view b);

}  // namespace salus::ingest
