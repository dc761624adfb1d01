#include "runtime/memory.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ckks/memory.h"
#include "routine/linear_transform.h"
#include "runtime/lifetimes.h"

namespace salus::runtime {
namespace {

using circuit::Node;
using circuit::Op;
using circuit::ValueId;

class Estimate {
 public:
  Estimate(const circuit::Circuit& circuit, const circuit::ConstantTable& constants,
           const ckks::Parameters& params, int threads)
      : circuit_(circuit),
        constants_(constants),
        parts_(circuit::parts_of(circuit)),
        model_(params, threads) {}

  MemoryEstimate run() {
    MemoryEstimate out;
    for (const Node& node : circuit_.nodes) out.tables += table(node);
    Lifetimes lifetimes(circuit_);
    std::vector<std::size_t> size(circuit_.nodes.size(), 0);
    std::size_t live = 0;
    for (ValueId id = 0; id < circuit_.nodes.size(); ++id) {
      const Node& node = circuit_.nodes[id];
      if (lifetimes.deferred(id)) continue;
      size[id] = result(node, id, lifetimes);
      if (node.op == Op::kWeightedSum) {
        live += sums_from(circuit_, id) * size[id];  // of the whole group, at its first
        out.values = std::max(out.values, live);
      } else {
        out.values = std::max(out.values, live + peak(node, id, lifetimes));
        live += size[id];
      }
      lifetimes.used_by(node, [&](ValueId operand) { live -= size[operand]; });
    }
    // Outputs are copied out.
    for (const ValueId id : circuit_.outputs)
      out.outputs += model_.ciphertext(circuit_.nodes[id].level);
    out.values = std::max(out.values, live + out.outputs);
    return out;
  }

 private:
  const circuit::Constant& constant(const Node& node) const {
    return constants_.find(node.constant)->second;
  }
  routine::LinearShape shape(const Node& node) const {
    return {constant(node).rows, constant(node).columns, node.baby, node.fold};
  }

  std::size_t table(const Node& node) {
    if (node.op == Op::kWeightedSum) {
      return weights_.insert(node.constant).second ? constant(node).values.size() * sizeof(double)
                                                   : 0;
    }
    if (node.op == Op::kAddPlain || node.op == Op::kMultiplyPlain)
      return model_.ciphertext(node.level, 1);
    if (node.op != Op::kLinear) return 0;
    const auto diagonals =
        circuit::linear_shape(node, constant(node), circuit_.chain.slot_count()).diagonals;
    return diagonals * model_.extended_plaintext(node.level);
  }

  // What the value keeps.
  std::size_t result(const Node& node, ValueId id, const Lifetimes& lifetimes) const {
    const auto parts = static_cast<std::size_t>(parts_[id]);
    switch (node.op) {
      case Op::kMultiply:
      case Op::kRelinearize:
      case Op::kRotate:
      case Op::kConjugate:
      case Op::kLinear: return model_.switched(node.level);
      case Op::kRescale:
        if (const auto fused = lifetimes.fused(node))
          return model_.switched(circuit_.nodes[fused->product].level);
        return model_.ciphertext(node.level, parts);
      // Copied before the limbs are forgotten.
      case Op::kDropLevel: return model_.ciphertext(circuit_.nodes[node.operands[0]].level, parts);
      default: return model_.ciphertext(node.level, parts);
    }
  }

  // The most that computing it takes, with the value.
  std::size_t peak(const Node& node, ValueId id, const Lifetimes& lifetimes) const {
    switch (node.op) {
      case Op::kRelinearize:
      case Op::kMultiply: return model_.multiply(node.level);
      case Op::kRotate:
      case Op::kConjugate: return model_.rotate(node.level);
      case Op::kLinear:
        return routine::LinearTransform::peak_bytes(model_, shape(node), node.level);
      case Op::kRescale:
        if (const auto fused = lifetimes.fused(node))
          return peak(circuit_.nodes[fused->product], fused->product, lifetimes);
        // A third part takes half as much again.
        return model_.rescale(node.level + 1) * static_cast<std::size_t>(parts_[id]) / 2;
      case Op::kNegate: return model_.ciphertext(node.level, 3);
      case Op::kSubtract: return model_.ciphertext(node.level, 4);
      default: return result(node, id, lifetimes);
    }
  }

  const circuit::Circuit& circuit_;
  const circuit::ConstantTable& constants_;
  std::vector<int> parts_;
  std::set<std::string> weights_;  // counted once
  ckks::MemoryModel model_;
};

// Expanded evaluation keys.
std::size_t key_bytes(const circuit::KeyRequirements& keys, const ckks::Parameters& params) {
  const ckks::MemoryModel model(params, 1);
  std::size_t sum = 0;
  if (keys.relinearization_level >= 0) sum += model.evaluation_key(keys.relinearization_level);
  if (keys.conjugation_level >= 0) sum += model.evaluation_key(keys.conjugation_level);
  for (const auto& [steps, level] : keys.rotation_levels) sum += model.evaluation_key(level);
  return sum;
}

}  // namespace

MemoryEstimate estimate_memory(const circuit::Circuit& circuit,
                               const circuit::ConstantTable& constants,
                               const ckks::Parameters& params, int threads) {
  MemoryEstimate out = Estimate(circuit, constants, params, threads).run();
  out.keys = key_bytes(circuit::required_keys(circuit, constants), params);
  return out;
}

MemoryEstimate estimate_memory(const CircuitAndConstants& first, const CircuitAndConstants& second,
                               const ckks::Parameters& params, int threads) {
  const MemoryEstimate a = Estimate(first.circuit, first.constants, params, threads).run();
  const MemoryEstimate b = Estimate(second.circuit, second.constants, params, threads).run();
  const circuit::KeyRequirements keys =
      circuit::both(circuit::required_keys(first.circuit, first.constants),
                    circuit::required_keys(second.circuit, second.constants));
  return {.tables = a.tables + b.tables,
          .keys = key_bytes(keys, params),
          .values = std::max(a.values, a.outputs + b.values),
          .outputs = b.outputs};
}

}  // namespace salus::runtime
