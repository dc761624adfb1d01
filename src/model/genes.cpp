#include "model/genes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/file.h"
#include "model/toml_table.h"

namespace salus::model {
namespace {

constexpr std::uint64_t kMaxGeneBytes = 1u << 20;
constexpr std::size_t kMaxGroups = 64;
constexpr int kMaxCopies = 12;
constexpr double kScoreSlack = 1e-9;  // scores are sums of quarters

void read_function(TomlTable& t, GeneTable& out) {
  Allele allele;
  allele.function = t.text("name");
  if (t.has("value")) {
    allele.value = t.number("value");
    if (*allele.value < 0) t.complain("value", "must not be negative");
  }
  for (const std::string& name : t.texts("alleles")) {
    if (name.empty() || name.find('/') != std::string::npos) {
      t.complain("alleles", "names the allele '" + name + "'; a name is not empty and has no '/'");
    }
    if (!out.alleles.emplace(name, allele).second)
      t.complain("alleles", "names " + name + " twice");
  }
  t.finish();
}

void read_phenotype(TomlTable& t, GeneTable& out) {
  Phenotype p;
  p.name = t.text("name");
  if (t.has("functions")) {
    p.functions = t.texts("functions");
  } else {
    p.from = t.number("from");
    p.to = t.number("to");
    if (p.from > p.to) t.complain("from", "must not exceed to");
  }
  t.finish();
  out.phenotypes.push_back(std::move(p));
}

struct Copies {
  std::string_view allele;
  int count = 1;
};

// "*4x2" -> "*4", 2.
Copies split_copies(const GeneTable& table, std::string_view name) {
  const std::size_t x = name.rfind('x');
  if (!table.copies || x == std::string_view::npos || x + 1 == name.size()) return {name, 1};
  int count = 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + x + 1, end, count);
  const bool fine = read.ec == std::errc{} && read.ptr == end && count >= 1 && count <= kMaxCopies;
  return fine ? Copies{name.substr(0, x), count} : Copies{name, 1};
}

Error unknown_allele(const GeneTable& table, std::string_view name) {
  std::string all;
  for (const auto& [known, allele] : table.alleles) all += (all.empty() ? "" : ", ") + known;
  return {ErrorCode::kNotFound,
          table.gene + " has no allele '" + std::string(name) + "' here; known are " + all};
}

std::string phenotype_of(const GeneTable& table, const GeneCall& call,
                         const std::string& functions) {
  for (const Phenotype& p : table.phenotypes) {
    if (!p.functions.empty()) {
      if (std::find(p.functions.begin(), p.functions.end(), functions) != p.functions.end()) {
        return p.name;
      }
    } else if (call.activity_score && *call.activity_score >= p.from - kScoreSlack &&
               *call.activity_score <= p.to + kScoreSlack) {
      return p.name;
    }
  }
  return "Indeterminate";
}

}  // namespace

Result<GeneTable> parse_gene_table(std::string_view text, std::string_view file_name) {
  auto parsed = parse_toml(text, file_name, kMaxGeneBytes);
  if (!parsed) return parsed.error();
  try {
    TomlTable root(*parsed, file_name, "gene table");
    GeneTable out;
    out.gene = root.text("gene");
    out.title = root.text("title");
    out.citation = root.text("citation");
    out.copies = root.boolean_or("copies", false);
    for (TomlTable& t : root.tables("function", kMaxGroups)) read_function(t, out);
    for (TomlTable& t : root.tables("phenotype", kMaxGroups)) read_phenotype(t, out);
    root.finish();
    if (out.alleles.empty()) root.complain("function", "is missing; add alleles");
    if (out.phenotypes.empty()) root.complain("phenotype", "is missing; add one [[phenotype]]");
    return out;
  } catch (const TomlComplaint& complaint) {
    return complaint.error;
  }
}

Result<GeneTable> load_gene_table(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxGeneBytes);
  if (!text) return text.error();
  return parse_gene_table(*text, path.filename().string());
}

Result<GeneCall> call_gene(const GeneTable& table, std::string_view diplotype) {
  const std::size_t slash = diplotype.find('/');
  if (slash == std::string_view::npos || diplotype.find('/', slash + 1) != std::string_view::npos) {
    return Error{ErrorCode::kInvalidArgument, table.gene + ": '" + std::string(diplotype) +
                                                  "' is not a pair of alleles like *1/*2"};
  }
  GeneCall out;
  out.activity_score = 0;
  std::array<std::string, 2> functions;
  const std::array<std::string_view, 2> names = {diplotype.substr(0, slash),
                                                 diplotype.substr(slash + 1)};
  for (std::size_t i = 0; i < 2; ++i) {
    const Copies copies = split_copies(table, names[i]);
    const auto found = table.alleles.find(copies.allele);
    if (found == table.alleles.end()) return unknown_allele(table, names[i]);
    functions[i] = found->second.function;
    if (!found->second.value) out.activity_score.reset();
    if (out.activity_score) *out.activity_score += copies.count * *found->second.value;
  }
  std::sort(functions.begin(), functions.end());
  out.phenotype = phenotype_of(table, out, functions[0] + "/" + functions[1]);
  return out;
}

}  // namespace salus::model
