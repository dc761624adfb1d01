#include "circuit/circuit.h"

#include <algorithm>
#include <array>
#include <bit>

namespace salus::circuit {

namespace {
constexpr std::array<std::string_view, 15> kNames = {
    "input",       "add",          "subtract",       "negate",
    "add_plain",   "multiply",     "multiply_plain", "rotate",
    "conjugate",   "rescale",      "drop_level",     "multiply_unrelinearized",
    "relinearize", "weighted_sum", "linear"};
}  // namespace

std::string_view name(Op op) { return kNames.at(static_cast<std::size_t>(op)); }

Result<Op> parse_op(std::string_view text) {
  const auto* found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) {
    return Error{ErrorCode::kParse, "unknown operation '" + std::string(text.substr(0, 40)) + "'"};
  }
  return static_cast<Op>(found - kNames.begin());
}

int operand_count(Op op) {
  switch (op) {
    case Op::kInput: return 0;
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kMultiplyUnrelinearized: return 2;
    case Op::kWeightedSum: return -1;
    default: return 1;
  }
}

bool uses_constant(Op op) {
  return op == Op::kAddPlain || op == Op::kMultiplyPlain || op == Op::kWeightedSum ||
         op == Op::kLinear;
}

int parts_of(const Node& node, const std::vector<int>& before) {
  if (node.op == Op::kMultiplyUnrelinearized) return 3;
  if (node.op == Op::kRelinearize) return 2;
  int parts = 2;
  for (const ValueId id : node.operands) parts = std::max(parts, before[id]);
  return parts;
}

std::vector<int> parts_of(const Circuit& circuit) {
  std::vector<int> out;
  for (const Node& node : circuit.nodes) out.push_back(parts_of(node, out));
  return out;
}

LinearShape linear_shape(const Node& node, const Constant& matrix, std::size_t slot_count) {
  LinearShape shape;
  shape.columns = std::bit_ceil(matrix.columns);
  shape.fold = static_cast<std::size_t>(node.fold);
  shape.baby = static_cast<std::size_t>(node.baby);
  shape.diagonals = shape.columns / shape.fold;
  const std::size_t part = slot_count / shape.fold;
  const bool spread =
      shape.columns <= part && matrix.rows + (shape.fold - 1) * shape.diagonals <= part;
  if (shape.fold > 1) shape.part_stride = spread ? part + shape.diagonals : shape.diagonals;
  return shape;
}

KeyRequirements required_keys(const Circuit& circuit, const ConstantTable& constants) {
  KeyRequirements need;
  const std::size_t slot_count = circuit.chain.slot_count();
  const auto rotation = [&](long steps, int level) {
    const long slots = static_cast<long>(slot_count);
    const int wrapped = static_cast<int>(((steps % slots) + slots) % slots);
    if (wrapped == 0) return;
    auto [entry, added] = need.rotation_levels.try_emplace(wrapped, level);
    if (!added) entry->second = std::max(entry->second, level);
  };

  for (const Node& node : circuit.nodes) {
    if (node.op == Op::kMultiply || node.op == Op::kRelinearize) {
      need.relinearization_level = std::max(need.relinearization_level, node.level);
    } else if (node.op == Op::kConjugate) {
      need.conjugation_level = std::max(need.conjugation_level, node.level);
    } else if (node.op == Op::kRotate) {
      rotation(node.steps, node.level);
    } else if (node.op == Op::kLinear) {
      const auto matrix = constants.find(node.constant);
      check(matrix != constants.end(), "required_keys: the circuit was not verified");
      const LinearShape shape = linear_shape(node, matrix->second, slot_count);
      for (std::size_t j = 1; j < shape.baby; ++j) rotation(static_cast<long>(j), node.level);
      for (std::size_t d = shape.baby; d < shape.diagonals; d += shape.baby) {
        rotation(static_cast<long>(d), node.level);
      }
      for (std::size_t parts = 1; parts < shape.fold; parts *= 2) {
        rotation(static_cast<long>(shape.part_stride * parts), node.level);
      }
    }
  }
  return need;
}

KeyRequirements both(KeyRequirements a, const KeyRequirements& b) {
  a.relinearization_level = std::max(a.relinearization_level, b.relinearization_level);
  a.conjugation_level = std::max(a.conjugation_level, b.conjugation_level);
  for (const auto& [steps, level] : b.rotation_levels) {
    const auto [place, added] = a.rotation_levels.emplace(steps, level);
    if (!added) place->second = std::max(place->second, level);
  }
  return a;
}

}  // namespace salus::circuit
