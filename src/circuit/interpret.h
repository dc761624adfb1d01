// What a circuit means, in double precision: the yardstick for every runtime and for noise bounds.
#pragma once

#include <vector>

#include "circuit/circuit.h"

namespace salus::circuit {

using Slots = std::vector<double>;

/// The slots of every value of a verified circuit. `inputs` are in the order of the input nodes;
/// each has 1 .. slot_count entries, a power of two, and is repeated. Levels and scales play no
/// part.
///
/// Errors: kMismatch for a wrong count or length of inputs; kOutsideBox for a value above the
/// declared bound (not its value); kInvalidArgument for NaN.
Result<std::vector<Slots>> interpret(const Circuit& circuit, const ConstantTable& constants,
                                     const std::vector<Slots>& inputs);

}  // namespace salus::circuit
