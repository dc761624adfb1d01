// How much memory an encrypted run takes, before anything is encrypted.
#pragma once

#include "circuit/circuit.h"
#include "ckks/parameters.h"

namespace salus::runtime {

/// Bytes of polynomials that a server holds for a circuit.
struct MemoryEstimate {
  std::size_t tables = 0;  ///< encoded constants: PreparedCircuit::byte_count()
  std::size_t keys = 0;    ///< the evaluation keys that it needs, expanded, at the levels it needs
  /// The most that run_encrypted holds of values at a time, its copies of the inputs included.
  /// Never below what is taken (random_circuits_test.cpp).
  std::size_t values = 0;
  std::size_t outputs = 0;  ///< what its outputs keep
  std::size_t total() const { return tables + keys + values; }
};

/// On `threads` threads. `circuit` must have passed circuit::verify with these constants, and
/// `params` be those of its chain.
MemoryEstimate estimate_memory(const circuit::Circuit& circuit,
                               const circuit::ConstantTable& constants,
                               const ckks::Parameters& params, int threads);

struct CircuitAndConstants {
  const circuit::Circuit& circuit;
  const circuit::ConstantTable& constants;
};

/// Of two circuits, the second on the outputs of the first, with the keys of both.
MemoryEstimate estimate_memory(const CircuitAndConstants& first, const CircuitAndConstants& second,
                               const ckks::Parameters& params, int threads);

}  // namespace salus::runtime
