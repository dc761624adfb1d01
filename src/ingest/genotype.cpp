#include "ingest/genotype.h"

#include <algorithm>
#include <map>

namespace salus::ingest {
namespace {

bool is_bases(std::string_view text) {
  return !text.empty() && text.find_first_not_of("ACGT") == std::string_view::npos;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between,
                   std::size_t most = 6) {
  std::string out;
  for (std::size_t i = 0; i < std::min(texts.size(), most); ++i)
    out += (i == 0 ? "" : std::string(between)) + texts[i];
  if (texts.size() > most) out += std::string(between) + "...";
  return out;
}

/// The sample's calls at the loci of one gene, and what was wrong with the others.
class SampleReader {
 public:
  SampleReader(const AlleleDefinition& definition, const Vcf& vcf, Genotype& out)
      : definition_(definition), out_(out) {
    for (const VcfCall& call : vcf.calls) calls_.emplace(call.place, &call);
  }

  std::vector<SampleLocus> read() {
    std::vector<SampleLocus> sample;
    for (std::size_t i = 0; i < definition_.loci.size(); ++i) {
      const auto [from, to] =
          calls_.equal_range({definition_.chromosome, definition_.loci[i].position});
      bool used = false;
      for (auto call = from; call != to; ++call) {
        if (used) {
          note(i, "a second record (line " + std::to_string(call->second->line) +
                      ") is not used; the first that can be counts");
          continue;
        }
        SampleLocus one{.locus = i, .bases = {}, .phase = {}};
        used = take(*call->second, one);
        if (used) sample.push_back(std::move(one));
      }
    }
    return sample;
  }

  bool half_called() const { return half_called_; }

 private:
  void note(std::size_t locus, const std::string& what) {
    out_.notes.push_back(definition_.chromosome + ":" +
                         std::to_string(definition_.loci[locus].position) + ": " + what);
  }

  // False: the place counts as not called.
  bool take(const VcfCall& call, SampleLocus& out) {
    const Locus& locus = definition_.loci[out.locus];
    const auto not_called = [&](const std::string& why) {
      note(out.locus, why + ": not called");
      return false;
    };
    if (call.ref != locus.ref) {
      return not_called("REF is " + call.ref.substr(0, 40) + ", expected " + locus.ref +
                        " (left-align and split the record)");
    }
    if (call.alleles.empty()) return not_called("no GT");
    std::vector<std::size_t> named;
    for (const auto& a : call.alleles) {
      if (a) named.push_back(*a);
    }
    if (named.empty()) return not_called("GT " + call.genotype);
    if (named.size() == 1 && named[0] == 0)
      return not_called("GT " + call.genotype + ", one strand only, as on the genome");
    if (call.alleles.size() > 2)
      note(out.locus, "GT " + call.genotype + " has more than two alleles, the first two are used");
    std::array<std::optional<std::size_t>, 2> pair = {call.alleles[0], std::nullopt};
    if (call.alleles.size() > 1) pair[1] = call.alleles[1];
    for (const auto& a : pair) {
      if (a && *a > 0 && !is_bases(call.alts[*a - 1]))
        return not_called("ALT " + call.alts[*a - 1].substr(0, 40) + " is not a sequence");
    }
    if (only_one_read(call, named))
      return not_called("GT " + call.genotype + " names two alleles, AD has reads of one");
    read_bases(call, pair, out);
    if (call.phased) out.phase = phase_of(call);
    return true;
  }

  // Some callers write every place as heterozygous and say by the reads what it is.
  static bool only_one_read(const VcfCall& call, const std::vector<std::size_t>& named) {
    const bool two = std::ranges::any_of(named, [&](std::size_t a) { return a != named[0]; });
    return two && std::ranges::count_if(call.depths, [](auto d) { return d > 0; }) == 1;
  }

  void read_bases(const VcfCall& call, const std::array<std::optional<std::size_t>, 2>& pair,
                  SampleLocus& out) {
    const Locus& locus = definition_.loci[out.locus];
    const auto is_long = [](const std::string& s) { return s.size() > 1; };
    // An insertion that is written as a change of one base is not what the definition means.
    const bool misfit =
        std::ranges::any_of(locus.alts, is_long) && std::ranges::none_of(call.alts, is_long);
    for (std::size_t s = 0; s < 2; ++s) {
      std::string& bases = out.bases[s];
      bases = !pair[s] ? "." : *pair[s] == 0 ? call.ref : call.alts[*pair[s] - 1];
      if (!pair[s]) half_called_ = true;
      if (!pair[s] || *pair[s] == 0 || std::ranges::find(locus.alts, bases) != locus.alts.end())
        continue;
      const bool replaced = definition_.undocumented_is_reference && !misfit;
      note(out.locus, bases.substr(0, 40) + " is in no definition (" + joined(locus.alts, ", ") +
                          ")" + (replaced ? ", counts as " + locus.ref : ""));
      if (replaced) bases = locus.ref;
    }
    if (pair[0] == std::nullopt || pair[1] == std::nullopt)
      note(out.locus, "GT " + call.genotype + ", one strand only");
  }

  std::size_t phase_of(const VcfCall& call) {
    if (!call.phase_set) return 0;
    return phases_.try_emplace(*call.phase_set, phases_.size() + 1).first->second;
  }

  const AlleleDefinition& definition_;
  Genotype& out_;
  std::multimap<Place, const VcfCall*> calls_;
  std::map<std::int64_t, std::size_t> phases_;
  bool half_called_ = false;
};

// Models are not told of what was not looked for: places of a minimal test, or else all.
void check_coverage(const AlleleDefinition& definition, const std::vector<SampleLocus>& sample,
                    Genotype& out) {
  const auto called = [&](std::size_t locus) {
    return std::ranges::find(sample, locus, &SampleLocus::locus) != sample.end();
  };
  std::vector<std::string> missing, unseen;
  for (std::size_t i = 0; i < definition.loci.size(); ++i) {
    const bool needed = definition.tier_1.empty() ||
                        std::ranges::find(definition.tier_1, i) != definition.tier_1.end();
    if (needed && !called(i)) missing.push_back(std::to_string(definition.loci[i].position));
  }
  for (const NamedAllele& a : definition.alleles) {
    if (std::ranges::none_of(a.reads, [&](const Reads& r) { return called(r.locus); }))
      unseen.push_back(a.name);
  }
  if (!unseen.empty())
    out.notes.push_back("no place of " + joined(unseen, ", ") + " was called: cannot be found");
  if (missing.empty()) return;
  out.not_for_models = "not called at " + definition.chromosome + ":" + joined(missing, ", ") +
                       ", which a minimal test looks at; an absent place is no reference";
}

std::string weakest(const GeneTable& table, const std::vector<std::string>& alleles,
                    std::size_t nth = 0) {
  const auto value = [&](const std::string& name) {
    const auto found = table.alleles.find(name);
    return found == table.alleles.end() ? 2.0 : found->second.value.value_or(2.0);
  };
  std::vector<std::string> sorted = alleles;
  std::ranges::sort(sorted, [&](const std::string& a, const std::string& b) {
    return value(a) != value(b) ? value(a) < value(b) : allele_before(a, b);
  });
  return sorted[std::min(nth, sorted.size() - 1)];
}

std::string pair_of(std::string a, std::string b) {
  if (allele_before(b, a)) std::swap(a, b);
  return a + "/" + b;
}

void look_up(const GeneTable& table, CalledDiplotype& diplotype, std::vector<std::string>& notes) {
  const auto call = call_gene(table, diplotype.pair);
  if (!call) {
    notes.push_back(call.error().message.substr(0, 200));
    return;
  }
  diplotype.phenotype = call->phenotype;
  if (table.scored()) diplotype.activity_score = call->activity_score;
}

// Of strands that several phasings leave open, the one of the least activity stands for all.
void take_strands(const GeneTable& table, const StrandCalls& calls, Genotype& out) {
  std::vector<CalledDiplotype> found;
  for (const StrandCalls::Pair& p : calls.pairs) {
    CalledDiplotype one{
        .name = p.named.name(),
        .pair = pair_of(weakest(table, p.alleles[0]), weakest(table, p.alleles[1]))};
    look_up(table, one, out.notes);
    found.push_back(std::move(one));
  }
  if (!calls.unphased.empty()) {
    out.unphased = calls.unphased;
    CalledDiplotype one{
        .name = joined(calls.unphased, " and ", 100),
        .pair = pair_of(weakest(table, calls.unphased, 0), weakest(table, calls.unphased, 1))};
    look_up(table, one, out.notes);
    found.push_back(std::move(one));
  }
  const auto least = std::ranges::min_element(
      found, {}, [](const CalledDiplotype& d) { return d.activity_score.value_or(2.0 * 2); });
  for (CalledDiplotype& d : found) {
    if (&d == &*least) continue;
    d.pair = least->pair;
    d.phenotype = least->phenotype;
    d.activity_score = least->activity_score;
  }
  if (found.size() > 1)
    out.notes.push_back("phase sets leave " + std::to_string(found.size()) +
                        " pairs open; the least active one counts: " + least->pair);
  out.diplotypes = std::move(found);
  out.notes.insert(out.notes.end(), calls.notes.begin(), calls.notes.end());
}

}  // namespace

std::string Genotype::phenotype() const {
  const auto differs = [&](const CalledDiplotype& d) {
    return d.phenotype != diplotypes[0].phenotype;
  };
  return diplotypes.empty() || std::ranges::any_of(diplotypes, differs) ? ""
                                                                        : diplotypes[0].phenotype;
}

std::optional<double> Genotype::activity_score() const {
  const auto differs = [&](const CalledDiplotype& d) {
    return d.activity_score != diplotypes[0].activity_score;
  };
  if (diplotypes.empty() || std::ranges::any_of(diplotypes, differs)) return std::nullopt;
  return diplotypes[0].activity_score;
}

std::set<Place> places_of(const std::vector<GeneTable>& tables) {
  std::set<Place> out;
  for (const GeneTable& t : tables) {
    if (!t.definition) continue;
    for (const Locus& l : t.definition->loci) out.emplace(t.definition->chromosome, l.position);
  }
  return out;
}

Genotype call_genotype(const GeneTable& table, const Vcf& vcf) {
  check(table.definition.has_value(), "a gene that is called here has a definition");
  const AlleleDefinition& definition = *table.definition;
  Genotype out;
  out.gene = table.gene;
  out.source = "VCF, sample " + vcf.sample;
  SampleReader reader(definition, vcf, out);
  const std::vector<SampleLocus> sample = reader.read();
  out.loci = definition.loci.size();
  out.called_loci = sample.size();
  if (sample.empty()) {
    out.no_call = "none of its " + std::to_string(out.loci) + " places on " +
                  definition.chromosome + " is called; an absent place is no reference";
    return out;
  }
  check_coverage(definition, sample, out);
  if (definition.by_strand) {
    take_strands(table, match_by_strand(definition, sample), out);
    return out;
  }
  if (reader.half_called()) {
    out.no_call = "a place is called on one strand only";
    return out;
  }
  for (const Diplotype& d : match_diplotypes(definition, sample)) {
    CalledDiplotype one{.name = d.name(), .score = d.score, .pair = d.name()};
    look_up(table, one, out.notes);
    out.diplotypes.push_back(std::move(one));
  }
  if (out.diplotypes.empty()) {
    std::vector<std::string> changed;
    for (const SampleLocus& s : sample) {
      const Locus& l = definition.loci[s.locus];
      if (s.bases[0] != l.ref || s.bases[1] != l.ref)
        changed.push_back(std::to_string(l.position) + " " + s.bases[0] + "/" + s.bases[1]);
    }
    out.no_call =
        "no pair of named alleles explains " + definition.chromosome + ":" + joined(changed, ", ");
  }
  return out;
}

}  // namespace salus::ingest
