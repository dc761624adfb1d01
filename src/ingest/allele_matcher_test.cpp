// Goal:   the matcher, which never lists a sample's permutations, finds what listing them finds.
// Method: random samples of the shipped genes (unphased, phased, phase sets, absent places), held
//         against the definition of the method: every permutation is a sequence, an allele has the
//         sequences it fits, a pair is two sequences that add up to the sample.
#include "ingest/allele_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "ingest/gene_table.h"

namespace salus::ingest {
namespace {

using Sequence = std::vector<std::string>;

AlleleDefinition definition_of(const std::string& gene) {
  return *must(load_gene_table(std::string(SALUS_SOURCE_DIR) + "/models/genes/" + gene + ".toml"))
              .definition;
}

// Both strands for each choice of which way round the tied places are.
std::set<std::pair<Sequence, Sequence>> permutations(const std::vector<SampleLocus>& sample) {
  const PhaseGroups groups = phase_groups(sample);
  std::set<std::pair<Sequence, Sequence>> out;
  for (std::size_t choice = 0; choice < std::size_t{1} << groups.size(); ++choice) {
    Sequence a, b;
    for (std::size_t i = 0; i < sample.size(); ++i) {
      std::size_t strand = 0;
      for (std::size_t g = 0; g < groups.size(); ++g) {
        if (std::ranges::find(groups[g], i) != groups[g].end()) strand = choice >> g & 1;
      }
      a.push_back(sample[i].bases[strand]);
      b.push_back(sample[i].bases[1 - strand]);
    }
    out.emplace(a, b);
  }
  return out;
}

struct Fit {
  const NamedAllele* allele = nullptr;
  std::map<std::size_t, std::string> says;  // index into the sample -> code
  std::set<Sequence> sequences;
};

class Enumeration {
 public:
  Enumeration(const AlleleDefinition& definition, const std::vector<SampleLocus>& sample)
      : definition_(definition), sample_(sample), pairs_(permutations(sample)) {
    for (const NamedAllele& allele : definition.alleles) {
      Fit fit{.allele = &allele, .says = {}, .sequences = {}};
      for (std::size_t i = 0; i < sample.size(); ++i) {
        for (const Reads& r : allele.reads) {
          if (r.locus == sample[i].locus) fit.says[i] = r.bases;
        }
      }
      for (const auto& [a, b] : pairs_) {
        if (fits(fit, a)) fit.sequences.insert(a);
      }
      if (!fit.says.empty() && !fit.sequences.empty()) fits_.push_back(std::move(fit));
    }
  }

  std::map<std::string, int> best() const {
    std::map<std::string, int> scores, out;
    for (std::size_t i = 0; i < fits_.size(); ++i) {
      for (std::size_t j = i; j < fits_.size(); ++j) {
        for (const auto& [a, b] : pairs_) {
          if (!fits_[i].sequences.contains(a) || !fits_[j].sequences.contains(b)) continue;
          const std::string x = fits_[i].allele->name, y = fits_[j].allele->name;
          const std::string name = allele_before(y, x) ? y + "/" + x : x + "/" + y;
          const bool same = i == j;
          const int score = score_of(fits_[i], a, b, same) + score_of(fits_[j], b, a, same);
          const auto [known, fresh] = scores.try_emplace(name, score);
          known->second = std::max(known->second, score);
        }
      }
    }
    int most = 0;
    for (const auto& [name, score] : scores) most = std::max(most, score);
    for (const auto& [name, score] : scores) {
      if (score == most) out.emplace(name, score);
    }
    return out;
  }

 private:
  bool fits(const Fit& fit, const Sequence& s) const {
    for (std::size_t i = 0; i < s.size(); ++i) {
      const auto said = fit.says.find(i);
      const std::string& ref = definition_.loci[sample_[i].locus].ref;
      if (!stands_for(said == fit.says.end() ? ref : said->second, s[i])) return false;
    }
    return true;
  }

  // A code for either base counts where one of the allele's own sequences of the pair has the
  // other.
  int score_of(const Fit& fit, const Sequence& mine, const Sequence& other, bool same) const {
    std::vector<const Sequence*> own = {&mine};
    if (!same && fit.sequences.contains(other)) own.push_back(&other);
    int score = 0;
    for (const auto& [i, code] : fit.says) {
      const std::string& ref = definition_.loci[sample_[i].locus].ref;
      const bool either = code != ref && stands_for(code, ref);
      const auto is_ref = [&, i = i](const Sequence* s) { return (*s)[i] == ref; };
      score += static_cast<int>(!either || !std::ranges::all_of(own, is_ref));
    }
    return score;
  }

  const AlleleDefinition& definition_;
  const std::vector<SampleLocus>& sample_;
  std::set<std::pair<Sequence, Sequence>> pairs_;
  std::vector<Fit> fits_;
};

// Mostly two alleles of the table laid over each other, so that pairs are found; a few other
// changes.
std::vector<SampleLocus> random_sample(const AlleleDefinition& definition, std::mt19937_64& rng) {
  const auto below = [&](std::size_t n) { return rng() % n; };
  std::array<std::vector<std::string>, 2> strands;
  for (auto& strand : strands) {
    for (const Locus& l : definition.loci) strand.push_back(l.ref);
    for (const Reads& r : definition.alleles[below(definition.alleles.size())].reads) {
      const Locus& l = definition.loci[r.locus];
      strand[r.locus] = stands_for(r.bases, l.ref) && below(2) == 0 ? l.ref
                        : stands_for(r.bases, l.alts[0])            ? l.alts[0]
                                                                    : r.bases;
    }
  }
  const std::size_t kind = below(4);  // unphased, phased, phase sets, some of each
  std::vector<SampleLocus> out;
  std::size_t open = 0;
  for (std::size_t i = 0; i < definition.loci.size(); ++i) {
    const Locus& l = definition.loci[i];
    if (below(40) == 0) strands[below(2)][i] = l.alts[below(l.alts.size())];
    SampleLocus s{.locus = i, .bases = {strands[0][i], strands[1][i]}, .phase = {}};
    if (below(15) == 0 || (s.heterozygous() && ++open > 7)) continue;
    if (kind == 1 || (kind == 3 && below(2) == 0)) s.phase = 0;
    if (kind == 2) s.phase = 1 + below(3);
    out.push_back(std::move(s));
  }
  return out;
}

TEST(AlleleMatcher, FindsWhatListingPermutationsFinds) {
  std::mt19937_64 rng(20261122);
  std::size_t found = 0, several = 0;
  for (const char* gene : {"CYP2C19", "CYP2C9", "CYP3A5", "TPMT", "UGT1A1", "VKORC1"}) {
    const AlleleDefinition definition = definition_of(gene);
    for (int round = 0; round < 150; ++round) {
      const auto sample = random_sample(definition, rng);
      std::map<std::string, int> matched;
      for (const Diplotype& d : match_diplotypes(definition, sample)) matched[d.name()] = d.score;
      EXPECT_EQ(matched, Enumeration(definition, sample).best()) << gene << " round " << round;
      found += static_cast<std::size_t>(!matched.empty());
      several += static_cast<std::size_t>(matched.size() > 1);
    }
  }
  EXPECT_GT(found, 500u);
  EXPECT_GT(several, 20u);
}

TEST(AlleleMatcher, EveryPlaceHeterozygousIsNoMoreWork) {
  const AlleleDefinition definition = definition_of("CYP2C9");
  std::vector<SampleLocus> sample;
  for (std::size_t i = 0; i < definition.loci.size(); ++i)
    sample.push_back({i, {definition.loci[i].ref, definition.loci[i].alts[0]}, {}});
  EXPECT_EQ(phase_groups(sample).size(), 83u);
  EXPECT_TRUE(match_diplotypes(definition, sample).empty());
}

TEST(AlleleMatcher, NamesAreListedAsPeopleListThem) {
  std::vector<std::string> names = {"[c.1A>G + c.2C>T]",
                                    "*10",
                                    "*2",
                                    "Reference",
                                    "c.85T>C (*9A)",
                                    "c.496A>G",
                                    "*80+*28",
                                    "*80",
                                    "*3B",
                                    "*3A",
                                    "[c.61C>T + c.1129-5923C>G, c.1236G>A (HapB3)]",
                                    "[c.61C>T + c.1129-5923C>G]"};
  std::ranges::sort(names, allele_before);
  EXPECT_EQ(names, (std::vector<std::string>{"*2", "*3A", "*3B", "*10", "*80", "*80+*28",
                                             "Reference", "c.85T>C (*9A)", "c.496A>G",
                                             "[c.1A>G + c.2C>T]", "[c.61C>T + c.1129-5923C>G]",
                                             "[c.61C>T + c.1129-5923C>G, c.1236G>A (HapB3)]"}));
}

}  // namespace
}  // namespace salus::ingest
