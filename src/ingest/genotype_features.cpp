// Genotypes as the numbers that models ask for, and calls that were made elsewhere.
#include <algorithm>
#include <charconv>

#include "ingest/genotype.h"

namespace salus::ingest {
namespace {

std::string word(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter || capital) {
      out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  return out;
}

std::vector<std::string> alleles_of(std::string_view pair) {
  const auto slash = pair.find('/');
  std::vector<std::string> out = {std::string(pair.substr(0, slash))};
  if (slash != std::string_view::npos) out.emplace_back(pair.substr(slash + 1));
  return out;
}

std::optional<double> value_for(const GenotypeFeature& feature, const CalledDiplotype& d) {
  if (const auto found = feature.diplotypes.find(d.pair); found != feature.diplotypes.end())
    return found->second;
  if (const auto found = feature.phenotypes.find(d.phenotype); found != feature.phenotypes.end())
    return found->second;
  const std::vector<std::string> alleles = alleles_of(d.pair);
  if (d.pair.empty() || alleles.size() != 2) return std::nullopt;
  for (const std::string& a : alleles) {
    if (!feature.among.empty() && std::ranges::find(feature.among, a) == feature.among.end())
      return std::nullopt;
  }
  if (feature.copies_of.empty()) return feature.otherwise;
  const auto counted = std::ranges::count_if(alleles, [&](const std::string& a) {
    return std::ranges::find(feature.copies_of, a) != feature.copies_of.end();
  });
  return std::min(static_cast<double>(counted), feature.at_most.value_or(2.0));
}

std::string names_of(const Genotype& genotype) {
  std::string out;
  for (const CalledDiplotype& d : genotype.diplotypes)
    out += (out.empty() ? "" : " or ") + (d.name.empty() ? d.phenotype : d.name);
  return out;
}

class FeatureMaker {
 public:
  FeatureMaker(const GeneTable& table, const Genotype& genotype, const std::set<std::string>& asked,
               std::vector<Unused>* unused)
      : table_(table), genotype_(genotype), asked_(asked), unused_(unused) {}

  std::vector<Chosen> make() {
    const std::string why =
        !genotype_.no_call.empty() ? genotype_.no_call : genotype_.not_for_models;
    if (!why.empty()) {
      refuse(why);
      unknown(why);
      return std::move(out_);
    }
    from_ = genotype_.source + ", " + table_.gene + " " + names_of(genotype_);
    score();
    phenotypes();
    for (const GenotypeFeature& f : table_.features) listed(f);
    return std::move(out_);
  }

 private:
  void refuse(const std::string& why) {
    if (unused_ != nullptr) unused_->push_back({genotype_.source, table_.gene, why});
  }
  void add(const std::string& name, double value) {
    out_.push_back({{table_.gene + "_" + name, value, "1"}, from_});
  }

  void score() {
    if (!table_.scored()) return;
    if (const auto score = genotype_.activity_score()) {
      add("activity_score", *score);
    } else {
      refuse("no activity score: alleles of unknown function, or pairs with different scores");
    }
  }

  void phenotypes() {
    const std::string mine = genotype_.phenotype();
    const bool known =
        std::ranges::find(table_.phenotypes, mine, &Phenotype::name) != table_.phenotypes.end();
    if (!known) {
      std::string each;
      for (const CalledDiplotype& d : genotype_.diplotypes)
        each += (each.empty() ? "" : ", ") + d.name + " " +
                (d.phenotype.empty() ? "of no known phenotype" : d.phenotype);
      return refuse("its phenotype is not known: " + each);
    }
    for (const Phenotype& p : table_.phenotypes) {
      const std::string name = word(p.name);
      if (name.empty() || (name[0] >= '0' && name[0] <= '9')) continue;  // "-1639 AG": a feature
      add(name, p.name == mine ? 1.0 : 0.0);
    }
  }

  void listed(const GenotypeFeature& feature) {
    std::optional<double> value;
    for (std::size_t i = 0; i < genotype_.diplotypes.size(); ++i) {
      const auto one = value_for(feature, genotype_.diplotypes[i]);
      if (i == 0) value = one;
      if (!one || one != value)
        return refuse(feature.name + " has no value for " + names_of(genotype_));
    }
    if (value) out_.push_back({{feature.name, *value, "1"}, from_});
  }

  // A program with a category of its own for what is not known gets that.
  void unknown(const std::string& why) {
    for (const GenotypeFeature& f : table_.features) {
      if (!f.no_call || !asked_.contains(f.no_call_with)) continue;
      out_.push_back({{f.name, *f.no_call, "1"}, table_.gene + " is not known: " + why});
    }
  }

  const GeneTable& table_;
  const Genotype& genotype_;
  const std::set<std::string>& asked_;
  std::vector<Unused>* unused_;
  std::string from_;
  std::vector<Chosen> out_;
};

}  // namespace

std::vector<Chosen> genotype_features(const GeneTable& table, const Genotype& genotype,
                                      const std::set<std::string>& asked,
                                      std::vector<Unused>* unused) {
  return FeatureMaker(table, genotype, asked, unused).make();
}

Genotype take_outside_call(const std::vector<GeneTable>& tables, const OutsideCall& call) {
  Genotype out;
  out.gene = call.gene;
  out.source = "outside call, line " + std::to_string(call.line);
  out.notes = call.notes;
  const auto table = std::ranges::find(tables, call.gene, &GeneTable::gene);
  if (table == tables.end()) {
    out.no_call = "no model uses this gene: there is no table of it";
    return out;
  }
  if (call.diplotype.empty() && call.phenotype.empty() && call.activity_score.empty()) {
    out.no_call = "the call says that there is none";
    return out;
  }
  CalledDiplotype one{.name = call.diplotype, .pair = call.diplotype};
  if (const auto two = alleles_of(call.diplotype); two.size() == 2) {
    one.name = one.pair = allele_before(two[1], two[0]) ? two[1] + "/" + two[0] : call.diplotype;
    if (const auto looked_up = call_gene(*table, one.pair)) {
      one.phenotype = looked_up->phenotype;
      if (table->scored()) one.activity_score = looked_up->activity_score;
    } else {
      out.notes.push_back(looked_up.error().message.substr(0, 200));
    }
  }
  if (!call.phenotype.empty()) {
    if (!one.phenotype.empty() && one.phenotype != call.phenotype)
      out.notes.push_back("the call's phenotype " + call.phenotype +
                          " is used; the diplotype's is " + one.phenotype);
    one.phenotype = call.phenotype;
  }
  if (!call.activity_score.empty() && table->scored()) {
    double score = 0;
    const char* end = call.activity_score.data() + call.activity_score.size();
    const auto read = std::from_chars(call.activity_score.data(), end, score);
    if (read.ec != std::errc{} || read.ptr != end || !(score >= 0) || score > 100) {
      out.notes.push_back("the activity score is no number from 0 to 100 and is not used");
    } else {
      if (one.activity_score && *one.activity_score != score)
        out.notes.push_back("the call's activity score is used; the diplotype's differs");
      one.activity_score = score;
      if (one.phenotype.empty()) one.phenotype = phenotype_for_score(*table, score);
    }
  }
  out.diplotypes.push_back(std::move(one));
  return out;
}

}  // namespace salus::ingest
