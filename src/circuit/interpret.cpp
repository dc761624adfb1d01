#include "circuit/interpret.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace salus::circuit {
namespace {

Result<Slots> spread(const Node& node, const Slots& given, std::size_t slot_count) {
  if (given.empty() || given.size() > slot_count || !std::has_single_bit(given.size())) {
    return Error{ErrorCode::kMismatch, "input %" + node.name + ": " + std::to_string(given.size()) +
                                           " slots are not a power of two up to " +
                                           std::to_string(slot_count)};
  }
  Slots out(slot_count);
  for (std::size_t s = 0; s < slot_count; ++s) {
    out[s] = given[s % given.size()];
    if (!std::isfinite(out[s])) {
      return Error{ErrorCode::kInvalidArgument, "input %" + node.name + " holds a NaN"};
    }
    if (std::abs(out[s]) > node.bound * (1 + 1e-12)) {
      return Error{ErrorCode::kOutsideBox, "input %" + node.name + " is above its bound"};
    }
  }
  return out;
}

Slots linear(const Node& node, const Constant& matrix, const Slots& x) {
  const std::size_t columns = linear_shape(node, matrix, x.size()).columns;
  Slots out(x.size(), 0.0);
  for (std::size_t r = 0; r < matrix.rows; ++r) {
    const double* row = matrix.values.data() + r * matrix.columns;
    double sum = 0;
    for (std::size_t m = 0; m < matrix.columns; ++m) sum += row[m] * x[m % columns];
    out[r] = sum;
  }
  return out;
}

Slots rotate(const Slots& x, int steps) {
  const long slots = static_cast<long>(x.size());
  Slots out(x);
  std::rotate(out.begin(), out.begin() + ((steps % slots) + slots) % slots, out.end());
  return out;
}

Slots weighted_sum(const Node& node, const Constant& weights, const std::vector<Slots>& values) {
  Slots out(values[node.operands[0]].size(), 0.0);
  const double* row = weights.values.data() + static_cast<std::size_t>(node.row) * weights.columns;
  for (std::size_t k = 0; k < node.operands.size(); ++k) {
    const Slots& x = values[node.operands[k]];
    for (std::size_t s = 0; s < out.size(); ++s) out[s] += row[k] * x[s];
  }
  return out;
}

Slots apply(const Node& node, const Constant* constant, const Slots& x, const Slots* y) {
  if (node.op == Op::kLinear) return linear(node, *constant, x);
  if (node.op == Op::kRotate) return rotate(x, node.steps);
  Slots out(x);
  for (std::size_t s = 0; s < x.size(); ++s) {
    switch (node.op) {
      case Op::kAdd: out[s] += (*y)[s]; break;
      case Op::kSubtract: out[s] -= (*y)[s]; break;
      case Op::kMultiply:
      case Op::kMultiplyUnrelinearized: out[s] *= (*y)[s]; break;
      case Op::kNegate: out[s] = -out[s]; break;
      case Op::kAddPlain: out[s] += constant->values[s % constant->columns]; break;
      case Op::kMultiplyPlain: out[s] *= constant->values[s % constant->columns]; break;
      default:  // conjugate, rescale, relinearize, drop_level: the same numbers
        break;
    }
  }
  return out;
}

}  // namespace

Result<std::vector<Slots>> interpret(const Circuit& circuit, const ConstantTable& constants,
                                     const std::vector<Slots>& inputs) {
  const std::size_t slot_count = circuit.chain.slot_count();
  std::vector<Slots> values;
  std::size_t next = 0;
  for (const Node& node : circuit.nodes) {
    if (node.op == Op::kInput) {
      if (next == inputs.size()) break;
      auto slots = spread(node, inputs[next++], slot_count);
      if (!slots) return slots.error();
      values.push_back(std::move(*slots));
      continue;
    }
    const Constant* constant =
        uses_constant(node.op) ? &constants.find(node.constant)->second : nullptr;
    if (node.op == Op::kWeightedSum) {
      values.push_back(weighted_sum(node, *constant, values));
      continue;
    }
    const Slots* second = node.operands.size() > 1 ? &values[node.operands[1]] : nullptr;
    values.push_back(apply(node, constant, values[node.operands[0]], second));
  }
  if (values.size() != circuit.nodes.size() || next != inputs.size()) {
    return Error{ErrorCode::kMismatch, "circuit " + circuit.name + ": " +
                                           std::to_string(inputs.size()) +
                                           " inputs do not match its input statements"};
  }
  return values;
}

}  // namespace salus::circuit
