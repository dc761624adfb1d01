// Which values of a circuit live when, shared by the encrypted run and by what predicts its memory.
#pragma once

#include <optional>
#include <vector>

#include "circuit/circuit.h"

namespace salus::runtime {

/// How many weighted sums, from value `id` on, differ in their rows alone: they are computed
/// together. 0 for another operation, and within such a group.
inline std::size_t sums_from(const circuit::Circuit& circuit, circuit::ValueId id) {
  const auto together = [&](circuit::ValueId a, circuit::ValueId b) {
    const circuit::Node &x = circuit.nodes[a], &y = circuit.nodes[b];
    return y.op == circuit::Op::kWeightedSum && x.op == y.op && x.constant == y.constant &&
           x.level == y.level && x.scale == y.scale && x.operands == y.operands;
  };
  if (circuit.nodes[id].op != circuit::Op::kWeightedSum) return 0;
  if (id > 0 && together(id - 1, id)) return 0;
  circuit::ValueId end = id + 1;
  while (end < circuit.nodes.size() && together(id, end)) ++end;
  return end - id;
}

/// A value is freed after its last use; an operation that only rescales use, one or two in a row,
/// is computed together with the last of them, by one division.
class Lifetimes {
 public:
  explicit Lifetimes(const circuit::Circuit& circuit) : circuit_(circuit) {
    const std::size_t count = circuit.nodes.size();
    uses_.resize(count);
    for (const circuit::Node& node : circuit.nodes) {
      for (const circuit::ValueId operand : node.operands) ++uses_[operand];
    }
    for (const circuit::ValueId output : circuit.outputs) ++uses_[output];
    deferred_.resize(count);
    for (const circuit::Node& node : circuit.nodes) {
      if (node.op != circuit::Op::kRescale) continue;
      const circuit::ValueId made = node.operands[0];
      if (uses_[made] > 1) continue;
      const circuit::Node& maker = circuit.nodes[made];
      deferred_[made] =
          is_product(maker) || (maker.op == circuit::Op::kRescale && deferred_[maker.operands[0]] &&
                                is_product(circuit.nodes[maker.operands[0]]));
    }
  }

  bool deferred(circuit::ValueId id) const { return deferred_[id]; }

  /// What a rescale is computed together with, and how many primes are taken off.
  struct Fused {
    circuit::ValueId product;
    int primes;
  };
  std::optional<Fused> fused(const circuit::Node& node) const {
    if (node.op != circuit::Op::kRescale || !deferred_[node.operands[0]]) return std::nullopt;
    const circuit::Node& maker = circuit_.nodes[node.operands[0]];
    if (is_product(maker)) return Fused{node.operands[0], 1};
    return Fused{maker.operands[0], 2};
  }

  /// `node` has been computed: free(id) for each operand that nothing uses any more.
  template <class Free>
  void used_by(const circuit::Node& node, const Free& free) {
    for (const circuit::ValueId operand : node.operands) {
      if (deferred_[operand]) used_by(circuit_.nodes[operand], free);
      if (--uses_[operand] == 0) free(operand);
    }
  }

 private:
  static bool is_product(const circuit::Node& node) {
    return node.op == circuit::Op::kMultiply || node.op == circuit::Op::kRelinearize ||
           node.op == circuit::Op::kLinear;
  }

  const circuit::Circuit& circuit_;
  std::vector<int> uses_;
  std::vector<bool> deferred_;
};

}  // namespace salus::runtime
