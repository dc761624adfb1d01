// Genes whose alleles are single changes, of which a strand may carry several (DPYD).
#include <algorithm>
#include <map>
#include <set>

#include "ingest/allele_matcher.h"

namespace salus::ingest {
namespace {

constexpr std::size_t kMaxOpenPhases = 10;  // 512 pairs of strands

class StrandMatcher {
 public:
  StrandMatcher(const AlleleDefinition& definition, const std::vector<SampleLocus>& sample)
      : definition_(definition), sample_(sample), groups_(phase_groups(sample)) {
    for (std::size_t i = 0; i < sample.size(); ++i) index_.emplace(sample[i].locus, i);
  }

  StrandCalls match() {
    const bool sets = std::ranges::any_of(
        sample_, [](const SampleLocus& s) { return s.phase.has_value() && *s.phase > 0; });
    if (groups_.size() <= 1 || (sets && groups_.size() <= kMaxOpenPhases)) {
      by_strand();
    } else {
      unphased();
    }
    std::ranges::sort(out_.notes);
    out_.notes.erase(std::unique(out_.notes.begin(), out_.notes.end()), out_.notes.end());
    return std::move(out_);
  }

 private:
  void by_strand() {
    const std::size_t open = groups_.empty() ? 0 : groups_.size() - 1;
    for (std::size_t choice = 0; choice < (std::size_t{1} << open); ++choice) {
      std::vector<std::size_t> flipped(sample_.size(), 0);
      for (std::size_t g = 1; g < groups_.size(); ++g) {
        for (const std::size_t i : groups_[g]) flipped[i] = choice >> (g - 1) & 1;
      }
      StrandCalls::Pair pair;
      for (const std::size_t strand : {0u, 1u}) {
        std::vector<std::string> bases;
        for (std::size_t i = 0; i < sample_.size(); ++i)
          bases.push_back(sample_[i].bases[strand ^ flipped[i]]);
        pair.alleles[strand] = carried(bases);
      }
      pair.named = {name(pair.alleles[0]), name(pair.alleles[1]), 0};
      if (allele_before(pair.named.second, pair.named.first)) {
        std::swap(pair.named.first, pair.named.second);
        std::swap(pair.alleles[0], pair.alleles[1]);
      }
      const auto same = [&](const StrandCalls::Pair& p) { return p.named == pair.named; };
      if (std::ranges::none_of(out_.pairs, same)) out_.pairs.push_back(std::move(pair));
    }
    std::ranges::sort(out_.pairs, [](const auto& a, const auto& b) {
      if (a.named.first != b.named.first) return allele_before(a.named.first, b.named.first);
      return allele_before(a.named.second, b.named.second);
    });
  }

  std::string name(const std::vector<std::string>& alleles) const {
    if (alleles.size() == 1) return alleles[0];
    std::string out;
    for (const std::string& a : alleles) out += (out.empty() ? "[" : " + ") + a;
    return out + "]";
  }

  bool is_tagged(const NamedAllele& allele) const {
    return definition_.tagged &&
           (allele.name == definition_.tagged->allele || allele.name == definition_.tagged->alone);
  }

  // The alleles of one strand, the reference's name where there is none.
  std::vector<std::string> carried(const std::vector<std::string>& bases) {
    std::vector<std::string> out;
    for (std::size_t a = 1; a < definition_.alleles.size(); ++a) {
      const NamedAllele& allele = definition_.alleles[a];
      const bool here = std::ranges::all_of(allele.reads, [&](const Reads& r) {
        const auto at = index_.find(r.locus);
        return at != index_.end() && stands_for(r.bases, bases[at->second]);
      });
      if (here && !is_tagged(allele)) out.push_back(allele.name);
    }
    if (const std::string tagged = tagged_on(bases); !tagged.empty()) out.push_back(tagged);
    if (out.empty()) out.push_back(definition_.alleles[0].name);
    std::ranges::sort(out, allele_before);
    return out;
  }

  enum class Seen { kNo, kYes, kNotCalled };
  Seen seen(std::size_t locus, const std::vector<std::string>& bases) const {
    const auto at = index_.find(locus);
    if (at == index_.end() || bases[at->second] == ".") return Seen::kNotCalled;
    return bases[at->second] == definition_.loci[locus].ref ? Seen::kNo : Seen::kYes;
  }

  std::string tagged_on(const std::vector<std::string>& bases) {
    if (!definition_.tagged) return {};
    const TaggedAllele& t = *definition_.tagged;
    const Seen cause = seen(t.cause, bases), tag = seen(t.tag, bases);
    if (cause == Seen::kYes) return tag == Seen::kYes ? t.allele : t.alone;
    if (tag != Seen::kYes) return {};
    if (cause == Seen::kNo) {
      out_.notes.push_back(clash());
      return {};
    }
    out_.notes.push_back(stand_in());
    return t.allele;
  }

  std::string clash() const {
    return where(definition_.tagged->tag) + " is changed where " +
           where(definition_.tagged->cause) + ", the cause of " + definition_.tagged->allele +
           ", is not: the cause decides";
  }
  std::string stand_in() const {
    return where(definition_.tagged->cause) + " was not called: " + definition_.tagged->allele +
           " is told by " + where(definition_.tagged->tag) + " alone; type the former";
  }
  std::string where(std::size_t locus) const {
    return definition_.chromosome + ":" + std::to_string(definition_.loci[locus].position);
  }

  // Copies of a change at a locus that is typed.
  std::size_t copies(std::size_t locus, std::string_view bases) const {
    const auto at = index_.find(locus);
    if (at == index_.end()) return 0;
    const SampleLocus& s = sample_[at->second];
    return static_cast<std::size_t>(stands_for(bases, s.bases[0])) +
           static_cast<std::size_t>(stands_for(bases, s.bases[1]));
  }

  void unphased() {
    for (std::size_t a = 1; a < definition_.alleles.size(); ++a) {
      const NamedAllele& allele = definition_.alleles[a];
      if (is_tagged(allele)) continue;
      std::size_t least = 2;
      for (const Reads& r : allele.reads) least = std::min(least, copies(r.locus, r.bases));
      out_.unphased.insert(out_.unphased.end(), least, allele.name);
    }
    unphased_tagged();
    const std::size_t kinds =
        std::set<std::string>(out_.unphased.begin(), out_.unphased.end()).size();
    // One strand may be without any change only if every locus has the genome's base.
    const bool reference = std::ranges::all_of(sample_, [&](const SampleLocus& s) {
      return copies(s.locus, definition_.loci[s.locus].ref) > 0;
    });
    if (reference && kinds < 2 && out_.unphased.size() < 2)
      out_.unphased.push_back(definition_.alleles[0].name);
    std::ranges::sort(out_.unphased, allele_before);
  }

  void unphased_tagged() {
    if (!definition_.tagged) return;
    const TaggedAllele& t = *definition_.tagged;
    const auto changed = [&](std::size_t locus) {
      std::size_t count = 0;
      if (!index_.contains(locus)) return count;
      for (const std::string& b : sample_[index_.at(locus)].bases)
        count += static_cast<std::size_t>(b != "." && b != definition_.loci[locus].ref);
      return count;
    };
    const std::size_t tag = changed(t.tag);
    std::size_t with = tag, alone = 0;
    if (index_.contains(t.cause)) {
      const std::size_t cause = changed(t.cause);
      with = std::min(cause, tag);
      alone = cause - with;
      if (tag > cause) out_.notes.push_back(clash());
    } else if (tag > 0) {
      out_.notes.push_back(stand_in());
    }
    out_.unphased.insert(out_.unphased.end(), with, t.allele);
    out_.unphased.insert(out_.unphased.end(), alone, t.alone);
  }

  const AlleleDefinition& definition_;
  const std::vector<SampleLocus>& sample_;
  PhaseGroups groups_;
  std::map<std::size_t, std::size_t> index_;  // locus -> index into the sample
  StrandCalls out_;
};

}  // namespace

StrandCalls match_by_strand(const AlleleDefinition& definition,
                            const std::vector<SampleLocus>& sample) {
  return StrandMatcher(definition, sample).match();
}

}  // namespace salus::ingest
