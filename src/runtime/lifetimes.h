// Which values of a circuit live when, shared by the encrypted run and by what predicts its memory.
#pragma once

#include <vector>

#include "circuit/circuit.h"

namespace salus::runtime {

/// A value is freed after its last use; an operation that only a rescale uses is computed together
/// with it, by one division.
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
      const circuit::Op op = circuit.nodes[made].op;
      deferred_[made] =
          (op == circuit::Op::kMultiply || op == circuit::Op::kLinear) && uses_[made] == 1;
    }
  }

  bool deferred(circuit::ValueId id) const { return deferred_[id]; }

  /// `node` has been computed: free(id) for each operand that nothing uses any more.
  template <class Free>
  void used_by(const circuit::Node& node, const Free& free) {
    for (const circuit::ValueId operand : node.operands) {
      if (deferred_[operand]) used_by(circuit_.nodes[operand], free);
      if (--uses_[operand] == 0) free(operand);
    }
  }

 private:
  const circuit::Circuit& circuit_;
  std::vector<int> uses_;
  std::vector<bool> deferred_;
};

}  // namespace salus::runtime
