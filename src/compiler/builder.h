// Writes circuits statement by statement, with every level and scale worked out.
#pragma once

#include <string>
#include <vector>

#include "circuit/circuit.h"

namespace salus::compiler {

/// Owns the circuit and the constants that it builds. Names are given by prefix and number.
class CircuitBuilder {
 public:
  CircuitBuilder(std::string name, circuit::Chain chain);

  circuit::ValueId input(std::string name, int level, double scale, double bound,
                         std::size_t period);
  circuit::ValueId add(circuit::ValueId x, circuit::ValueId y);
  circuit::ValueId subtract(circuit::ValueId x, circuit::ValueId y);
  circuit::ValueId add_plain(circuit::ValueId x, const std::string& constant);
  circuit::ValueId multiply(circuit::ValueId x, circuit::ValueId y);
  circuit::ValueId multiply_unrelinearized(circuit::ValueId x, circuit::ValueId y);
  circuit::ValueId relinearize(circuit::ValueId x);
  circuit::ValueId weighted_sum(std::vector<circuit::ValueId> operands, const std::string& weights,
                                int row, int level, double scale);
  /// The constant is encoded at the scale that makes the result's scale `scale`.
  circuit::ValueId multiply_plain(circuit::ValueId x, const std::string& constant, double scale);
  circuit::ValueId rotate(circuit::ValueId x, int steps);
  circuit::ValueId rescale(circuit::ValueId x);
  /// x itself if it is at `level` already.
  circuit::ValueId drop_level(circuit::ValueId x, int level);
  circuit::ValueId linear(circuit::ValueId x, const std::string& matrix, int baby, int fold,
                          double scale);

  void constant(const std::string& name, circuit::Constant value);
  const circuit::Node& node(circuit::ValueId id) const { return circuit_.nodes[id]; }
  double prime(int level) const;
  /// Of a value's ciphertext: 2, or 3 until it is relinearized.
  int parts(circuit::ValueId id) const { return parts_[id]; }

  /// The circuit that returns `outputs`. Once.
  circuit::Circuit finish(std::vector<circuit::ValueId> outputs);
  circuit::ConstantTable constants() { return std::move(constants_); }

 private:
  circuit::ValueId append(circuit::Node node, char prefix);
  circuit::Circuit circuit_;
  std::vector<int> parts_;
  circuit::ConstantTable constants_;
};

}  // namespace salus::compiler
