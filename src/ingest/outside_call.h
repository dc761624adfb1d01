// Calls of genes that were made elsewhere, as PharmCAT takes them: a line for each gene, with gene,
// diplotype, phenotype and activity score, separated by tabs; blanks allowed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::ingest {

inline constexpr std::size_t kMaxOutsideCallBytes = 1u << 20;
inline constexpr std::size_t kMaxOutsideCalls = 1'000;

struct OutsideCall {
  std::size_t line = 0;
  std::string gene;            ///< "CYP2D6"
  std::string diplotype;       ///< "*1/*3", without the gene's name; empty: not given, or no call
  std::string phenotype;       ///< in CPIC's words: "Poor Metabolizer"; empty: not given
  std::string activity_score;  ///< as written; empty: not given
  std::vector<std::string> notes;  ///< what was rewritten
  bool operator==(const OutsideCall&) const = default;
};

/// Lines that start with # and blank lines are skipped. The gene's name in front of an allele goes;
/// sub-alleles become their allele (CYP2D6 *4.024, HLA-B *07:02:01); "PM", "poor metaboliser" and
/// the like become CPIC's terms; "." and "./." are no call.
/// Errors: kParse with the line (a single column, more than four, no gene, nothing said of a gene,
/// three alleles, a control character); kInvalidArgument (a gene twice; no call at all); kLimit.
Result<std::vector<OutsideCall>> parse_outside_calls(std::string_view text);

}  // namespace salus::ingest
