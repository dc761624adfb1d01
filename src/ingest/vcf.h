// VCF (samtools hts-specs, versions 4.1 to 4.5), text: what one sample's genotypes are at the
// places asked for. What they mean is diplotype.h's business.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

/// Named limits of a VCF from outside.
inline constexpr std::size_t kMaxVcfBytes = 256u << 20;
inline constexpr std::size_t kMaxVcfLine = 4u << 20;
inline constexpr std::size_t kMaxVcfRecords = 5'000'000;
inline constexpr std::size_t kMaxVcfSamples = 100'000;
inline constexpr std::size_t kMaxVcfAlternatives = 256;
inline constexpr std::size_t kMaxVcfPloidy = 16;

/// Chromosome and position, "chr10" and 94781859.
using Place = std::pair<std::string, std::int64_t>;

/// One record, one sample.
struct VcfCall {
  std::size_t line = 0;
  Place place;
  std::string ref;                ///< upper case, as are the alternatives
  std::vector<std::string> alts;  ///< none for "."
  std::string genotype;           ///< GT as written; empty: the record has none
  /// Of `genotype`: 0 is ref, 1 the first alternative; nothing for ".". As many as it names.
  std::vector<std::optional<std::size_t>> alleles;
  bool phased = false;                    ///< no "/" in it
  std::optional<std::int64_t> phase_set;  ///< PS, of phased ones
  std::vector<std::int64_t> depths;       ///< AD, without missing ones
};

struct Vcf {
  std::string sample;
  std::size_t records = 0;     ///< in the file
  std::vector<VcfCall> calls;  ///< at the places asked for, in the file's order
};

/// The sample called `sample`; empty: the only one. Places not in `wanted` are counted only (none
/// wanted: all are kept). QUAL, FILTER and INFO are not interpreted.
///
/// Errors: kParse with the line (no VCF, columns, numbers, a genotype that names an alternative
/// that is not there); kNotFound (no such sample, with those there are); kInvalidArgument (several
/// samples and none named; another assembly than GRCh38; chromosomes without "chr"; compressed);
/// kLimit.
Result<Vcf> read_vcf(std::string_view text, std::string_view sample,
                     const std::set<Place>& wanted = {});

/// Whether a file starts like a VCF, compressed or not.
bool looks_like_vcf(std::string_view text);
/// Whether it starts like gzip or BGZF.
bool looks_compressed(std::string_view text);

}  // namespace salus::ingest
