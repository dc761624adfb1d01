// Executes a circuit on numbers that carry level, scale and noise: what an encrypted run would do,
// without a key. Predicts before anything is encrypted whether a run fits its modulus and how exact
// it is.
#pragma once

#include <string>
#include <vector>

#include "circuit/noise.h"

namespace salus::runtime {

/// An input's slots (repeated) and a bound on their errors; noise may have one entry for all slots.
struct SimulatedInput {
  circuit::Slots slots;
  circuit::Slots noise;
};

/// Of one value of the circuit.
struct SimulatedValue {
  std::string name;
  int level = 0;
  double log_scale = 0;
  double largest = 0;    ///< largest absolute value of a slot
  double noise = 0;      ///< largest bound on a slot's error
  double room_bits = 0;  ///< log2 of (q_0 .. q_level / 2) / (scale * (largest + noise))
};

struct SimulatedRun {
  std::vector<circuit::Slots> outputs;  ///< exact
  std::vector<circuit::Slots> noise;    ///< bounds, slot by slot, on |encrypted - exact|
  std::vector<SimulatedValue> values;
  double least_room_bits = 0;

  /// One line a value: name, level, scale, size, noise, room.
  std::string report() const;
};

/// An input as a client encrypts it. Errors: kMismatch if the circuit has no such input.
Result<SimulatedInput> fresh_input(const circuit::Circuit& circuit, std::size_t index,
                                   circuit::Slots slots, circuit::Encryption encryption);

/// Errors: those of run_clear; kLevelExhausted naming the value whose scale times size does not fit
/// the modulus at its level, with both numbers of bits.
Result<SimulatedRun> run_simulated(const circuit::Circuit& circuit,
                                   const circuit::ConstantTable& constants,
                                   const std::vector<SimulatedInput>& inputs);

}  // namespace salus::runtime
