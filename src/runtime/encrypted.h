// Executes a circuit on ciphertexts.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "circuit/circuit.h"
#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "routine/linear_transform.h"

namespace salus::runtime {

/// The parameter literal that a circuit was written for.
ckks::ParametersLiteral literal_of(const circuit::Chain& chain);

/// Called now and then with the fraction done; returns false to stop.
using Progress = std::function<bool(double)>;

/// Told of the values of a run as they are computed, inputs left out: what a transcript is made of.
using OnValue = std::function<void(circuit::ValueId, const ckks::Ciphertext&)>;

/// A verified circuit with its constants encoded: made once a program, shared by all its runs.
/// Encoding depends on nothing but circuit and constants, so results stay equal word for word.
class PreparedCircuit {
 public:
  /// `circuit` must have passed circuit::verify with these constants.
  /// Errors: kMismatch (parameters), kLevelExhausted (a constant does not fit), kCancelled.
  static Result<std::shared_ptr<const PreparedCircuit>> create(
      circuit::Circuit circuit, const circuit::ConstantTable& constants,
      const ckks::ParametersPtr& params, const Progress& progress = {});

  const circuit::Circuit& circuit() const { return circuit_; }
  const ckks::ParametersPtr& params() const { return params_; }
  /// The evaluation keys that a run needs.
  const circuit::KeyRequirements& required_keys() const { return required_keys_; }
  std::size_t byte_count() const;

 private:
  friend class EncryptedRun;
  PreparedCircuit(circuit::Circuit circuit, const circuit::ConstantTable& constants,
                  ckks::ParametersPtr params);
  Status encode(const circuit::Node& node, circuit::ValueId id,
                const circuit::ConstantTable& constants, const ckks::Encoder& encoder);

  circuit::Circuit circuit_;
  ckks::ParametersPtr params_;
  circuit::KeyRequirements required_keys_;
  std::map<circuit::ValueId, ckks::Plaintext> plain_;
  std::map<circuit::ValueId, routine::LinearTransform> linear_;
  circuit::ConstantTable weights_;  // of weighted sums, as they are
};

/// The circuit's outputs. Inputs are in the order of its input nodes.
///
/// Cost is that of the operations; a value is freed after its last use. What does not fit is
/// refused before the first operation. Errors: kMismatch (count, parameters, level or scale of an
/// input, naming it), kMissingKey (all that are missing, with their sizes), kCancelled, and those
/// of ckks::Evaluator.
Result<std::vector<ckks::Ciphertext>> run_encrypted(const PreparedCircuit& prepared,
                                                    const ckks::Evaluator& evaluator,
                                                    std::span<const ckks::Ciphertext> inputs,
                                                    const Progress& progress = {},
                                                    const OnValue& on_value = {});

/// `required` as level by element: ckks::key_levels of its fields.
std::map<std::uint32_t, int> key_levels(const circuit::KeyRequirements& required,
                                        const ckks::Parameters& params);

/// The evaluation keys that are required (element -> level) and not there or at too low a level,
/// by name with their sizes; empty when nothing is missing.
std::string missing_keys(const ckks::Parameters& params,
                         const std::map<std::uint32_t, int>& required,
                         const std::map<std::uint32_t, int>& present);

}  // namespace salus::runtime
