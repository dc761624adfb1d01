#include "ingest/allele_matcher.h"

#include <algorithm>
#include <map>

namespace salus::ingest {
namespace {

// An allele on the sample's loci.
struct Candidate {
  const NamedAllele* allele = nullptr;
  int score = 0;
  std::vector<std::array<bool, 2>> explains;  // per locus of the sample, per strand
  std::vector<bool> either;                   // the definition allows the genome's base and another
  bool both = true;  // at every heterozygous locus it explains either strand
};

std::string code_at(const AlleleDefinition& definition, const NamedAllele& allele,
                    std::size_t locus, bool& said) {
  const auto found = std::ranges::lower_bound(allele.reads, locus, {}, &Reads::locus);
  said = found != allele.reads.end() && found->locus == locus;
  return said ? found->bases : definition.loci[locus].ref;
}

Candidate restrict_to(const AlleleDefinition& definition, const NamedAllele& allele,
                      const std::vector<SampleLocus>& sample) {
  Candidate out;
  out.allele = &allele;
  for (const SampleLocus& s : sample) {
    bool said = false;
    const std::string code = code_at(definition, allele, s.locus, said);
    const std::string& ref = definition.loci[s.locus].ref;
    out.score += static_cast<int>(said);
    out.explains.push_back({stands_for(code, s.bases[0]), stands_for(code, s.bases[1])});
    out.either.push_back(said && code != ref && stands_for(code, ref));
    if (s.heterozygous()) out.both = out.both && out.explains.back()[0] && out.explains.back()[1];
  }
  return out;
}

class PairScorer {
 public:
  PairScorer(const AlleleDefinition& definition, const std::vector<SampleLocus>& sample)
      : definition_(definition), sample_(sample), groups_(phase_groups(sample)) {}

  // Nothing where the two do not explain the sample together.
  std::optional<int> score(const Candidate& a, const Candidate& b) const {
    int score = a.score + b.score;
    for (std::size_t i = 0; i < sample_.size(); ++i) {
      if (sample_[i].heterozygous()) continue;
      if (!a.explains[i][0] || !b.explains[i][0]) return std::nullopt;
      const bool ref = is_ref(i, 0);
      score -= static_cast<int>(a.either[i] && ref) + static_cast<int>(b.either[i] && ref);
    }
    for (const auto& group : groups_) {
      std::optional<int> least;
      for (const std::size_t strand : {0u, 1u}) {
        const auto lost = loss(a, b, group, strand);
        if (lost && (!least || *lost < *least)) least = lost;
      }
      if (!least) return std::nullopt;
      score -= *least;
    }
    return score;
  }

 private:
  bool is_ref(std::size_t i, std::size_t strand) const {
    return sample_[i].bases[strand] == definition_.loci[sample_[i].locus].ref;
  }

  // A place where either base is right counts only where the sample has the other one. Nothing
  // where `a` on `strand` and `b` on the other do not explain the group.
  std::optional<int> loss(const Candidate& a, const Candidate& b,
                          const std::vector<std::size_t>& group, std::size_t strand) const {
    int lost = 0;
    const bool same = a.allele == b.allele;
    for (const std::size_t i : group) {
      if (!a.explains[i][strand] || !b.explains[i][1 - strand]) return std::nullopt;
      lost += static_cast<int>(a.either[i] && (same || !a.both) && is_ref(i, strand));
      lost += static_cast<int>(b.either[i] && (same || !b.both) && is_ref(i, 1 - strand));
    }
    return lost;
  }

  const AlleleDefinition& definition_;
  const std::vector<SampleLocus>& sample_;
  PhaseGroups groups_;
};

}  // namespace

PhaseGroups phase_groups(const std::vector<SampleLocus>& sample) {
  PhaseGroups out;
  std::map<std::size_t, std::size_t> of_phase;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    if (!sample[i].heterozygous()) continue;
    std::size_t group = out.size();
    if (sample[i].phase) group = of_phase.try_emplace(*sample[i].phase, out.size()).first->second;
    if (group == out.size()) out.emplace_back();
    out[group].push_back(i);
  }
  return out;
}

std::vector<Diplotype> match_diplotypes(const AlleleDefinition& definition,
                                        const std::vector<SampleLocus>& sample) {
  std::vector<Candidate> candidates;
  for (const NamedAllele& allele : definition.alleles) {
    Candidate one = restrict_to(definition, allele, sample);
    if (one.score > 0) candidates.push_back(std::move(one));
  }
  const PairScorer scorer(definition, sample);
  std::vector<Diplotype> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t j = i; j < candidates.size(); ++j) {
      const auto score = scorer.score(candidates[i], candidates[j]);
      if (!score || (!best.empty() && *score < best[0].score)) continue;
      if (!best.empty() && *score > best[0].score) best.clear();
      std::string first = candidates[i].allele->name, second = candidates[j].allele->name;
      if (allele_before(second, first)) std::swap(first, second);
      best.push_back({std::move(first), std::move(second), *score});
    }
  }
  std::ranges::sort(best, [](const Diplotype& a, const Diplotype& b) {
    if (a.first != b.first) return allele_before(a.first, b.first);
    return allele_before(a.second, b.second);
  });
  return best;
}

}  // namespace salus::ingest
