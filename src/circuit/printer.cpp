#include <array>
#include <charconv>

#include "circuit/circuit.h"
#include "circuit/text.h"

namespace salus::circuit {

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (!letter(text[0])) return false;
  for (const char c : text) {
    if (!letter(c) && !(c >= '0' && c <= '9')) return false;
  }
  return true;
}

std::string number_text(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

namespace {

void append_primes(std::string& out, std::string_view label,
                   const std::vector<std::uint64_t>& primes) {
  out += " " + std::string(label) + " [";
  for (std::size_t i = 0; i < primes.size(); ++i) {
    out += (i == 0 ? "" : ", ") + std::to_string(primes[i]);
  }
  out += "]";
}

void append_node(std::string& out, const Circuit& circuit, const Node& node) {
  if (node.op == Op::kInput) {
    out += "  input %" + node.name;
  } else {
    out += "  %" + node.name + " = " + std::string(name(node.op));
    bool first = true;
    for (const ValueId id : node.operands) {
      out += (first ? " %" : ", %") + circuit.nodes.at(id).name;
      first = false;
    }
  }
  if (uses_constant(node.op)) out += ", @" + node.constant;
  if (node.op == Op::kRotate) out += ", " + std::to_string(node.steps);
  if (node.op == Op::kWeightedSum) out += ", row " + std::to_string(node.row);
  if (node.op == Op::kLinear) {
    out += ", baby " + std::to_string(node.baby) + ", fold " + std::to_string(node.fold);
  }
  out += " : level " + std::to_string(node.level) + " scale " + number_text(node.scale);
  if (node.op == Op::kInput) {
    out += " bound " + number_text(node.bound) + " period " + std::to_string(node.period);
  }
  out += "\n";
}

}  // namespace

std::string print(const Circuit& circuit) {
  const Chain& chain = circuit.chain;
  std::string out = "circuit " + circuit.name + " {\n  chain log_n " + std::to_string(chain.log_n) +
                    " dnum " + std::to_string(chain.dnum);
  append_primes(out, "q", chain.q);
  append_primes(out, "p", chain.p);
  out += "\n";
  for (const Node& node : circuit.nodes) append_node(out, circuit, node);
  out += "  return";
  for (std::size_t i = 0; i < circuit.outputs.size(); ++i) {
    out += (i == 0 ? " %" : ", %") + circuit.nodes.at(circuit.outputs[i]).name;
  }
  return out + "\n}\n";
}

}  // namespace salus::circuit
