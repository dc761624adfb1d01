// Executes a circuit in double precision: what the encrypted run approximates.
#pragma once

#include <vector>

#include "circuit/interpret.h"

namespace salus::runtime {

/// The slots of the circuit's outputs. Inputs in the order of its input nodes, each 1 .. slot_count
/// entries (a power of two), repeated.
/// Errors: those of circuit::verify and circuit::interpret.
Result<std::vector<circuit::Slots>> run_clear(const circuit::Circuit& circuit,
                                              const circuit::ConstantTable& constants,
                                              const std::vector<circuit::Slots>& inputs);

}  // namespace salus::runtime
