#include "compiler/builder.h"

namespace salus::compiler {

using circuit::Node;
using circuit::Op;
using circuit::ValueId;

CircuitBuilder::CircuitBuilder(std::string name, circuit::Chain chain) {
  circuit_.name = std::move(name);
  circuit_.chain = std::move(chain);
}

ValueId CircuitBuilder::append(Node node, char prefix) {
  const auto id = static_cast<ValueId>(circuit_.nodes.size());
  if (node.name.empty()) node.name = std::string(1, prefix) + std::to_string(id);
  parts_.push_back(circuit::parts_of(node, parts_));
  circuit_.nodes.push_back(std::move(node));
  return id;
}

double CircuitBuilder::prime(int level) const {
  return static_cast<double>(circuit_.chain.q.at(static_cast<std::size_t>(level)));
}

ValueId CircuitBuilder::input(std::string name, int level, double scale, double bound,
                              std::size_t period) {
  Node node;
  node.name = std::move(name);
  node.level = level;
  node.scale = scale;
  node.bound = bound;
  node.period = period;
  return append(std::move(node), 'x');
}

ValueId CircuitBuilder::add(ValueId x, ValueId y) {
  Node out{.op = Op::kAdd, .operands = {x, y}};
  out.level = node(x).level;
  out.scale = node(x).scale;
  return append(std::move(out), 's');
}

ValueId CircuitBuilder::subtract(ValueId x, ValueId y) {
  Node out{.op = Op::kSubtract, .operands = {x, y}};
  out.level = node(x).level;
  out.scale = node(x).scale;
  return append(std::move(out), 's');
}

ValueId CircuitBuilder::add_plain(ValueId x, const std::string& constant) {
  Node out{.op = Op::kAddPlain, .operands = {x}, .constant = constant};
  out.level = node(x).level;
  out.scale = node(x).scale;
  return append(std::move(out), 'f');
}

ValueId CircuitBuilder::multiply(ValueId x, ValueId y) {
  Node out{.op = Op::kMultiply, .operands = {x, y}};
  out.level = node(x).level;
  out.scale = node(x).scale * node(y).scale;
  return append(std::move(out), 'p');
}

ValueId CircuitBuilder::multiply_unrelinearized(ValueId x, ValueId y) {
  Node out{.op = Op::kMultiplyUnrelinearized, .operands = {x, y}};
  out.level = node(x).level;
  out.scale = node(x).scale * node(y).scale;
  return append(std::move(out), 'u');
}

ValueId CircuitBuilder::relinearize(ValueId x) {
  Node out{.op = Op::kRelinearize, .operands = {x}};
  out.level = node(x).level;
  out.scale = node(x).scale;
  return append(std::move(out), 'l');
}

ValueId CircuitBuilder::weighted_sum(std::vector<ValueId> operands, const std::string& weights,
                                     int row, int level, double scale) {
  Node out{.op = Op::kWeightedSum, .operands = std::move(operands), .constant = weights};
  out.row = row;
  out.level = level;
  out.scale = scale;
  return append(std::move(out), 'w');
}

ValueId CircuitBuilder::multiply_plain(ValueId x, const std::string& constant, double scale) {
  Node out{.op = Op::kMultiplyPlain, .operands = {x}, .constant = constant};
  out.level = node(x).level;
  out.scale = scale;
  return append(std::move(out), 'm');
}

ValueId CircuitBuilder::rotate(ValueId x, int steps) {
  Node out{.op = Op::kRotate, .operands = {x}};
  out.steps = steps;
  out.level = node(x).level;
  out.scale = node(x).scale;
  return append(std::move(out), 't');
}

ValueId CircuitBuilder::rescale(ValueId x) {
  Node out{.op = Op::kRescale, .operands = {x}};
  out.level = node(x).level - 1;
  out.scale = node(x).scale / prime(node(x).level);
  return append(std::move(out), 'r');
}

ValueId CircuitBuilder::drop_level(ValueId x, int level) {
  if (node(x).level == level) return x;
  Node out{.op = Op::kDropLevel, .operands = {x}};
  out.level = level;
  out.scale = node(x).scale;
  return append(std::move(out), 'd');
}

ValueId CircuitBuilder::linear(ValueId x, const std::string& matrix, int baby, int fold,
                               double scale) {
  Node out{.op = Op::kLinear, .operands = {x}, .constant = matrix};
  out.baby = baby;
  out.fold = fold;
  out.level = node(x).level;
  out.scale = scale;
  return append(std::move(out), 'y');
}

void CircuitBuilder::constant(const std::string& name, circuit::Constant value) {
  constants_.insert_or_assign(name, std::move(value));
}

circuit::Circuit CircuitBuilder::finish(std::vector<ValueId> outputs) {
  circuit_.outputs = std::move(outputs);
  return std::move(circuit_);
}

}  // namespace salus::compiler
