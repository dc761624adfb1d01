#include "compiler/cohort_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "compiler/builder.h"
#include "compiler/chain.h"

namespace salus::compiler {
namespace {

using circuit::ValueId;

// Functions that are summed at once: what is live at a time, and how often sums are added up.
constexpr std::size_t kGroup = 256;
constexpr int kSumLevel = 1;

int log2_up(int n) { return std::bit_width(std::bit_ceil(static_cast<unsigned>(n))) - 1; }

// How each function is made of others.
class Plan {
 public:
  explicit Plan(const std::vector<Degrees>& functions) {
    std::vector<Degrees> ordered = functions;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Degrees& a, const Degrees& b) { return a.size() < b.size(); });
    for (const Degrees& f : ordered) {
      if (f.size() > 1) split(f);
    }
  }

  using Halves = std::pair<Degrees, Degrees>;
  const Halves& halves(const Degrees& f) const { return halves_.at(f); }
  /// Something is made of it, so that it has to be relinearized.
  bool is_inner(const Degrees& f) const { return inner_.contains(f); }

  int depth(const Degrees& f) const {
    if (f.size() == 1) return log2_up(f[0].second);
    return f.empty() ? 0 : depths_.at(f);
  }

 private:
  // The shallowest split, and among those the one with the fewest functions that are not made
  // anyway.
  void split(const Degrees& f) {
    if (halves_.contains(f)) return;
    std::optional<Halves> best;
    int best_depth = 0, best_new = 0;
    for (unsigned mask = 1; mask + 1 < (1u << f.size()); mask += 2) {  // the first is on the left
      Halves tried;
      for (std::size_t i = 0; i < f.size(); ++i)
        ((mask >> i & 1u) != 0 ? tried.first : tried.second).push_back(f[i]);
      const int depth = 1 + std::max(least_depth(tried.first), least_depth(tried.second));
      const int added = is_new(tried.first) + is_new(tried.second);
      if (!best || depth < best_depth || (depth == best_depth && added < best_new)) {
        best = std::move(tried);
        best_depth = depth;
        best_new = added;
      }
    }
    for (const Degrees& half : {best->first, best->second}) {
      if (half.size() < 2) continue;
      split(half);
      inner_.insert(half);
    }
    depths_[f] = 1 + std::max(depth(best->first), depth(best->second));
    halves_.emplace(f, std::move(*best));
  }

  int is_new(const Degrees& f) const { return f.size() > 1 && !inner_.contains(f) ? 1 : 0; }

  int least_depth(const Degrees& f) {
    if (f.size() < 2) return depth(f);
    split(f);
    return depths_.at(f);
  }

  std::map<Degrees, Halves> halves_;
  std::map<Degrees, int> depths_;
  std::set<Degrees> inner_;
};

class CohortLayout {
 public:
  CohortLayout(const std::vector<std::string>& coordinates, const Series& series, const Plan& plan,
               const circuit::Chain& chain)
      : series_(series),
        plan_(plan),
        basis_("inputs", chain),
        readout_("cohort", chain),
        top_(static_cast<int>(chain.q.size()) - 1) {
    readout_.constant("one", {1, 1, {1}});
    readout_.constant("minus_one", {1, 1, {-1}});
    for (const std::string& name : coordinates) {
      const auto input = [&](CircuitBuilder& build) {
        return build.input("cohort_" + name, top_, std::exp2(kLogScale), 1, chain.slot_count());
      };
      handed_on_.push_back(input(basis_));
      inputs_.push_back(input(readout_));
    }
  }

  CohortStages run() {
    const long rows = series_.matrix.rows();
    sums_.assign(static_cast<std::size_t>(rows), 0);
    std::vector<long> group;
    std::optional<long> constant;
    for (long m = 0; m < series_.matrix.cols(); ++m) {
      if (series_.functions[static_cast<std::size_t>(m)].empty()) {
        constant = m;
        continue;
      }
      group.push_back(m);
      if (group.size() == kGroup) add_group(group);
    }
    if (!group.empty()) add_group(group);
    std::vector<ValueId> outputs;
    for (long r = 0; r < rows; ++r) {
      outputs.push_back(finished(r, constant ? series_.matrix(r, *constant) : 0));
    }
    CohortStages out;
    out.basis.circuit = basis_.finish(handed_on_);
    out.readout.circuit = readout_.finish(outputs);
    out.readout.constants = readout_.constants();
    return out;
  }

 private:
  ValueId lowered(ValueId x, int level) { return readout_.drop_level(x, level); }
  int level(ValueId x) const { return readout_.node(x).level; }

  ValueId product(ValueId x, ValueId y) {
    const int common = std::min(level(x), level(y));
    return readout_.rescale(readout_.multiply(lowered(x, common), lowered(y, common)));
  }

  // T_1 at the level and scale of `like`, which is lower.
  ValueId first_like(std::size_t coordinate, ValueId like) {
    const int to = level(like);
    const double scale = readout_.node(like).scale * readout_.prime(to + 1);
    return readout_.rescale(
        readout_.multiply_plain(lowered(inputs_[coordinate], to + 1), "one", scale));
  }

  // T_degree of one coordinate.
  ValueId single(std::size_t coordinate, int degree) {
    if (degree == 1) return inputs_[coordinate];
    const auto key = std::pair(coordinate, degree);
    if (const auto known = singles_.find(key); known != singles_.end()) return known->second;
    const ValueId half =
        product(single(coordinate, (degree + 1) / 2), single(coordinate, degree / 2));
    const ValueId doubled = readout_.add(half, half);
    const ValueId made = degree % 2 == 0
                             ? readout_.add_plain(doubled, "minus_one")
                             : readout_.subtract(doubled, first_like(coordinate, doubled));
    singles_.emplace(key, made);
    return made;
  }

  // Relinearized: something is made of it.
  ValueId inner(const Degrees& f) {
    if (f.size() == 1) return single(static_cast<std::size_t>(f[0].first), f[0].second);
    if (const auto known = inner_.find(f); known != inner_.end()) return known->second;
    const auto& [left, right] = plan_.halves(f);
    const ValueId x = inner(left);
    const ValueId made = product(x, inner(right));
    inner_.emplace(f, made);
    return made;
  }

  // As it goes into sums.
  ValueId summand(const Degrees& f) {
    if (f.size() == 1 || plan_.is_inner(f)) return inner(f);
    const auto& [left, right] = plan_.halves(f);
    const ValueId x = lowered(inner(left), kSumLevel + 1);
    const ValueId y = lowered(inner(right), kSumLevel + 1);
    return readout_.rescale(readout_.multiply_unrelinearized(x, y));
  }

  void add_group(std::vector<long>& group) {
    std::vector<ValueId> operands;
    circuit::Constant weights{sums_.size(), group.size(), {}};
    for (const long m : group)
      operands.push_back(summand(series_.functions[static_cast<std::size_t>(m)]));
    for (long r = 0; r < series_.matrix.rows(); ++r) {
      for (const long m : group) weights.values.push_back(series_.matrix(r, m));
    }
    const std::string name = "weights" + std::to_string(groups_);
    readout_.constant(name, std::move(weights));
    const double scale = std::exp2(kLogScale) * readout_.prime(kSumLevel);
    std::vector<ValueId> sums;
    for (std::size_t r = 0; r < sums_.size(); ++r) {
      sums.push_back(readout_.weighted_sum(operands, name, static_cast<int>(r), kSumLevel, scale));
    }
    for (std::size_t r = 0; r < sums_.size(); ++r)
      sums_[r] = groups_ == 0 ? sums[r] : readout_.add(sums_[r], sums[r]);
    ++groups_;
    group.clear();
  }

  ValueId finished(long row, double constant) {
    ValueId sum = sums_[static_cast<std::size_t>(row)];
    if (readout_.parts(sum) == 3) sum = readout_.relinearize(sum);
    sum = readout_.rescale(sum);
    if (constant == 0) return sum;
    const std::string name = "constant" + std::to_string(row);
    readout_.constant(name, {1, 1, {constant}});
    return readout_.add_plain(sum, name);
  }

  const Series& series_;
  const Plan& plan_;
  CircuitBuilder basis_, readout_;
  int top_;
  std::vector<ValueId> handed_on_, inputs_;
  std::map<std::pair<std::size_t, int>, ValueId> singles_;
  std::map<Degrees, ValueId> inner_;
  std::vector<ValueId> sums_;
  std::size_t groups_ = 0;
};

}  // namespace

Result<CohortStages> cohort_stages(const std::vector<std::string>& coordinates,
                                   const Series& series) {
  const Plan plan(series.functions);
  int depth = 0;
  bool any = false;
  for (const Degrees& f : series.functions) {
    depth = std::max(depth, plan.depth(f));
    any = any || !f.empty();
  }
  check(any, "a series with a function that is not constant");
  auto chain = chain_for(depth + kSumLevel);
  if (!chain) return chain.error();
  return CohortLayout(coordinates, series, plan, *chain).run();
}

}  // namespace salus::compiler
