#include "runtime/simulated.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace salus::runtime {

using circuit::Circuit;
using circuit::Node;
using circuit::Slots;

namespace {

double largest(const Slots& slots) {
  double out = 0;
  for (const double v : slots) out = std::max(out, std::abs(v));
  return out;
}

// A polynomial's coefficients are averages of its slots, so scale * largest slot bounds them.
SimulatedValue weigh(const Circuit& circuit, const Node& node, const Slots& values,
                     const Slots& noise) {
  SimulatedValue out{node.name,       node.level,     std::log2(node.scale),
                     largest(values), largest(noise), 0};
  double modulus_bits = -1;
  for (int l = 0; l <= node.level; ++l) {
    modulus_bits += std::log2(static_cast<double>(circuit.chain.q[static_cast<std::size_t>(l)]));
  }
  out.room_bits =
      modulus_bits - out.log_scale - std::log2(std::max(out.largest + out.noise, 1e-300));
  return out;
}

}  // namespace

Result<SimulatedInput> fresh_input(const Circuit& circuit, std::size_t index, Slots slots,
                                   circuit::Encryption encryption) {
  std::size_t seen = 0;
  for (const Node& node : circuit.nodes) {
    if (node.op != circuit::Op::kInput || seen++ != index) continue;
    const double noise = circuit::NoiseLedger(circuit.chain).fresh(encryption, node.scale);
    return SimulatedInput{std::move(slots), {noise}};
  }
  return Error{ErrorCode::kMismatch, "circuit " + circuit.name + " has " + std::to_string(seen) +
                                         " inputs, not one at " + std::to_string(index)};
}

Result<SimulatedRun> run_simulated(const Circuit& circuit, const circuit::ConstantTable& constants,
                                   const std::vector<SimulatedInput>& inputs) {
  if (Status s = circuit::verify(circuit, constants); !s) return s.error();
  std::vector<Slots> slots, input_noise;
  for (const SimulatedInput& input : inputs) {
    if (!std::has_single_bit(input.noise.size()) ||
        input.noise.size() > circuit.chain.slot_count()) {
      return Error{ErrorCode::kMismatch, "an input's noise has " +
                                             std::to_string(input.noise.size()) +
                                             " entries, not a power of two up to the slot count"};
    }
    slots.push_back(input.slots);
    input_noise.push_back(input.noise);
  }
  const auto values = circuit::interpret(circuit, constants, slots);
  if (!values) return values.error();
  const auto noise = circuit::propagate_noise(circuit, constants, *values, input_noise);

  SimulatedRun out;
  out.least_room_bits = INFINITY;
  for (std::size_t i = 0; i < circuit.nodes.size(); ++i) {
    out.values.push_back(weigh(circuit, circuit.nodes[i], (*values)[i], noise[i]));
    const SimulatedValue& value = out.values.back();
    out.least_room_bits = std::min(out.least_room_bits, value.room_bits);
    if (value.room_bits < 0) {
      return Error{ErrorCode::kLevelExhausted,
                   "%" + value.name + " at level " + std::to_string(value.level) +
                       " with scale 2^" + std::to_string(value.log_scale) +
                       " overflows its modulus by " + std::to_string(-value.room_bits) +
                       " bits; use a smaller scale"};
    }
  }
  for (const circuit::ValueId id : circuit.outputs) {
    out.outputs.push_back((*values)[id]);
    out.noise.push_back(noise[id]);
  }
  return out;
}

std::string SimulatedRun::report() const {
  std::string out = "value level log_scale largest noise room_bits\n";
  for (const SimulatedValue& v : values) {
    char line[200];
    std::snprintf(line, sizeof line, "%%%s %d %.3f %.3g %.3g %.1f\n", v.name.c_str(), v.level,
                  v.log_scale, v.largest, v.noise, v.room_bits);
    out += line;
  }
  return out;
}

}  // namespace salus::runtime
