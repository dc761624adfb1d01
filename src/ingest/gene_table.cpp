#include "ingest/gene_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/file.h"
#include "ingest/toml_reader.h"

namespace salus::ingest {
namespace {

constexpr std::uint64_t kMaxGeneBytes = 1u << 20;
constexpr int kMaxCopies = 12;
constexpr double kScoreSlack = 1e-9;  // scores are sums of quarters

void read_function(TomlReader& t, GeneTable& out) {
  AlleleFunction allele;
  allele.function = t.text("name");
  allele.value = t.number("value");
  if (allele.value && *allele.value < 0) t.refuse("value", "must not be negative");
  for (const std::string& name : t.texts("alleles")) {
    if (name.empty() || name.find('/') != std::string::npos)
      t.refuse("alleles", "names the allele '" + name + "'; a name is not empty and has no '/'");
    if (!out.alleles.emplace(name, allele).second) t.refuse("alleles", "names " + name + " twice");
  }
  t.finish();
}

void read_phenotype(TomlReader& t, GeneTable& out) {
  Phenotype p;
  p.name = t.text("name");
  p.functions = t.texts("functions");
  if (p.functions.empty()) {
    const auto from = t.number("from"), to = t.number("to");
    if (!from || !to) t.refuse("from", "and 'to', or 'functions', are missing");
    if (*from > *to) t.refuse("from", "must not exceed 'to'");
    p.from = *from;
    p.to = *to;
  }
  t.finish();
  out.phenotypes.push_back(std::move(p));
}

void read_feature(TomlReader& t, GeneTable& out) {
  GenotypeFeature f;
  f.name = t.text("name");
  f.diplotypes = t.numbers("diplotypes");
  f.phenotypes = t.numbers("phenotypes");
  f.copies_of = t.texts("copies_of");
  f.at_most = t.number("at_most");
  f.otherwise = t.number("otherwise");
  f.among = t.texts("among");
  f.no_call = t.number("no_call");
  if (f.no_call) f.no_call_with = t.text("no_call_with");
  t.finish();
  out.features.push_back(std::move(f));
}

// "94761900 rs12248560 C T,A"
Locus read_locus(TomlReader& t, const std::string& text) {
  std::array<std::string, 4> words;
  std::size_t from = 0;
  for (std::string& word : words) {
    const auto end = std::min(text.find(' ', from), text.size());
    word = text.substr(from, end - from);
    if (word.empty()) t.refuse("positions", "holds \"" + text + "\", not \"POSITION ID REF ALTS\"");
    from = std::min(end + 1, text.size());
  }
  Locus out;
  const char* end = words[0].data() + words[0].size();
  const auto read = std::from_chars(words[0].data(), end, out.position);
  if (read.ec != std::errc{} || read.ptr != end || from != text.size())
    t.refuse("positions", "holds \"" + text + "\", not \"POSITION ID REF ALTS\"");
  if (words[1] != "-") out.id = words[1];
  out.ref = words[2];
  for (std::size_t at = 0; at <= words[3].size();) {
    const auto comma = std::min(words[3].find(',', at), words[3].size());
    out.alts.push_back(words[3].substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::size_t read_position(TomlReader& t, std::string_view key, const AlleleDefinition& definition,
                          std::int64_t position) {
  const std::size_t locus = definition.locus_at(position);
  if (locus == definition.loci.size())
    t.refuse(key, "names " + std::to_string(position) + ", which is none of 'positions'");
  return locus;
}

// "94761900 T" for each locus that the allele speaks of.
NamedAllele read_allele(TomlReader& t, const AlleleDefinition& definition, const std::string& name,
                        const std::vector<std::string>& texts, bool complete) {
  NamedAllele out{name, {}};
  for (const std::string& text : texts) {
    std::int64_t position = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), position);
    const auto used = static_cast<std::size_t>(read.ptr - text.data());
    if (read.ec != std::errc{} || used + 1 >= text.size() || text[used] != ' ')
      t.refuse("alleles", "says \"" + text + "\" of " + name + ", not \"POSITION BASES\"");
    out.reads.push_back({read_position(t, "alleles", definition, position), text.substr(used + 1)});
  }
  if (out.reads.empty()) t.refuse("alleles", "says nothing of " + name);
  const auto locus_of = [](const Reads& r) { return r.locus; };
  for (std::size_t i = 0; complete && i < definition.loci.size(); ++i) {
    if (std::ranges::find(out.reads, i, locus_of) == out.reads.end())
      out.reads.push_back({i, definition.loci[i].ref});
  }
  std::ranges::sort(out.reads, {}, locus_of);
  if (std::ranges::adjacent_find(out.reads, {}, locus_of) != out.reads.end())
    t.refuse("alleles", "names a position of " + name + " twice");
  return out;
}

void read_tagged(TomlReader& t, AlleleDefinition& out) {
  TaggedAllele tagged;
  tagged.allele = t.text("allele");
  tagged.alone = t.text("alone");
  tagged.cause = read_position(t, "cause", out, t.whole("cause"));
  tagged.tag = read_position(t, "tag", out, t.whole("tag"));
  t.finish();
  for (const std::string& name : {tagged.allele, tagged.alone}) {
    const auto named = [&](const NamedAllele& a) { return a.name == name; };
    if (std::ranges::none_of(out.alleles, named)) t.refuse("allele", "knows no allele " + name);
  }
  out.tagged = std::move(tagged);
}

AlleleDefinition read_definition(TomlReader& t) {
  AlleleDefinition out;
  out.chromosome = t.text("chromosome");
  out.source = t.text("source");
  out.undocumented_is_reference = t.flag("undocumented_is_reference");
  out.by_strand = t.flag("by_strand");
  NamedAllele reference{t.text("reference"), {}};
  for (const std::string& text : t.texts("positions")) {
    out.loci.push_back(read_locus(t, text));
    if (out.loci.size() > 1 && out.loci[out.loci.size() - 2].position >= out.loci.back().position)
      t.refuse("positions", "must ascend");
    reference.reads.push_back({out.loci.size() - 1, out.loci.back().ref});
  }
  if (out.loci.empty()) t.refuse("positions", "is missing; add at least one");
  out.alleles.push_back(std::move(reference));
  const std::vector<std::string> complete = t.texts("complete");
  for (const auto& [name, texts] : t.text_lists("alleles")) {
    const bool whole = std::ranges::find(complete, name) != complete.end();
    out.alleles.push_back(read_allele(t, out, name, texts, whole));
  }
  for (const std::int64_t position : t.wholes("tier_1"))
    out.tier_1.push_back(read_position(t, "tier_1", out, position));
  if (auto tagged = t.table("tagged")) read_tagged(*tagged, out);
  t.finish();
  return out;
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

bool is_defined(const GeneTable& table, std::string_view name) {
  return table.definition &&
         std::ranges::find(table.definition->alleles, name, &NamedAllele::name) !=
             table.definition->alleles.end();
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

bool GeneTable::scored() const {
  return std::ranges::all_of(phenotypes, [](const Phenotype& p) { return p.functions.empty(); });
}

Result<GeneTable> parse_gene_table(std::string_view text, std::string_view file_name) {
  const auto parsed = parse_toml(text, file_name, kMaxGeneBytes);
  if (!parsed) return parsed.error();
  try {
    TomlReader root(*parsed, file_name, "gene table");
    GeneTable out;
    out.gene = root.text("gene");
    out.title = root.text("title");
    out.citation = root.text("citation");
    out.copies = root.flag("copies");
    for (TomlReader& t : root.tables("function")) read_function(t, out);
    for (TomlReader& t : root.tables("phenotype")) read_phenotype(t, out);
    for (TomlReader& t : root.tables("feature")) read_feature(t, out);
    if (auto t = root.table("definition")) out.definition = read_definition(*t);
    root.finish();
    if (out.alleles.empty()) root.refuse("function", "is missing; add alleles");
    if (out.phenotypes.empty()) root.refuse("phenotype", "is missing; add one [[phenotype]]");
    return out;
  } catch (const TomlRefusal& refusal) {
    return refusal.error;
  }
}

Result<GeneTable> load_gene_table(const std::filesystem::path& path) {
  const auto text = read_text_file(path, kMaxGeneBytes);
  if (!text) return text.error();
  return parse_gene_table(*text, path.filename().string());
}

Result<std::vector<GeneTable>> load_gene_tables(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().extension() == ".toml") files.insert(entry.path());
  }
  if (failed || files.empty()) {
    return Error{ErrorCode::kNotFound, "no gene tables in folder " + folder.string() +
                                           "; say where the models are with --models"};
  }
  std::vector<GeneTable> out;
  for (const auto& file : files) {
    auto table = load_gene_table(file);
    if (!table) return table.error();
    out.push_back(std::move(table).value());
  }
  return out;
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
    if (found == table.alleles.end()) {
      if (!is_defined(table, copies.allele)) return unknown_allele(table, names[i]);
      return GeneCall{std::nullopt, "n/a"};
    }
    functions[i] = found->second.function;
    if (!found->second.value) out.activity_score.reset();
    if (out.activity_score) *out.activity_score += copies.count * *found->second.value;
  }
  std::sort(functions.begin(), functions.end());
  out.phenotype = phenotype_of(table, out, functions[0] + "/" + functions[1]);
  return out;
}

std::string phenotype_for_score(const GeneTable& table, double score) {
  return phenotype_of(table, {score, ""}, "");
}

}  // namespace salus::ingest
