// links: salus_ingest
// VCFs, outside calls and gene tables from anywhere are read or refused with a message; a gene is
// called with pairs of alleles that its table has, or says why not; alleles have a strict order.
#include <cstdint>
#include <set>

#include "ingest/genotype.h"

namespace {

// A small gene of each kind: pairs, a wobble, an insertion; strands with a tag.
constexpr std::string_view kPairs = R"(
gene = "G"
title = "t"
citation = "c"
function = [{name = "n", value = 1.0, alleles = ["*1", "*2", "*3"]}]
phenotype = [{name = "N", from = 0.0, to = 2.0}]
definition = {chromosome = "chr1", reference = "*1", source = "s",
  positions = ["5 - A G", "9 - C T,CT"], alleles = {"*2" = ["5 R", "9 T"], "*3" = ["9 CT"]}}
)";
constexpr std::string_view kStrands = R"(
gene = "H"
title = "t"
citation = "c"
function = [{name = "n", value = 0.5, alleles = ["ref", "a", "b", "ab"]}]
phenotype = [{name = "N", from = 0.0, to = 2.0}]
definition = {chromosome = "chr1", reference = "ref", source = "s", by_strand = true,
  undocumented_is_reference = true, positions = ["5 - A G", "7 - C T", "9 - C T"],
  alleles = {"a" = ["5 G"], "b" = ["7 T"], "ab" = ["7 T", "9 T"]},
  tagged = {allele = "ab", alone = "b", cause = 7, tag = 9}}
)";

std::string one_line(std::string_view text) {
  // TOML wants inline tables on one line.
  std::string out;
  bool inside = false;
  for (const char c : text) {
    inside = inside ? c != '\n' || out.back() == ',' || out.back() == '{' : c == '{';
    out += c == '\n' && inside ? ' ' : c;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  static const std::vector<ingest::GeneTable> tables = {
      must(ingest::parse_gene_table(one_line(kPairs), "g")),
      must(ingest::parse_gene_table(one_line(kStrands), "h"))};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto vcf = ingest::read_vcf(text, "", ingest::places_of(tables));
  check(vcf || !vcf.error().message.empty(), "an error says why");
  for (const ingest::GeneTable& table : tables) {
    if (!vcf) break;
    const ingest::Genotype g = ingest::call_genotype(table, *vcf);
    check(g.diplotypes.empty() != g.no_call.empty(), "called, or why not");
    for (const auto& d : g.diplotypes)
      check(ingest::call_gene(table, d.pair).has_value(), "of alleles that the table has");
    for (const auto& c : ingest::genotype_features(table, g, {}, nullptr))
      check(!c.from.empty(), "a feature says where it comes from");
  }
  if (const auto calls = ingest::parse_outside_calls(text)) {
    for (const auto& call : *calls) (void)ingest::take_outside_call(tables, call);
  }
  if (const auto table = ingest::parse_gene_table(text, "f"); table && vcf && table->definition)
    (void)ingest::call_genotype(*table, *vcf);
  const auto cut = text.find('\n');
  const std::string_view a = text.substr(0, cut);
  const std::string_view b = cut == std::string_view::npos ? a : text.substr(cut + 1);
  check(!ingest::allele_before(a, b) || !ingest::allele_before(b, a), "one of them is first");
  return 0;
}
