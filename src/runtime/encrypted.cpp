#include "runtime/encrypted.h"

#include <cmath>
#include <optional>
#include <string>

#include "runtime/lifetimes.h"

namespace salus::runtime {
namespace {

using circuit::Node;
using circuit::Op;
using circuit::ValueId;

Error input_mismatch(const Node& node, const std::string& why) {
  return {ErrorCode::kMismatch, "input %" + node.name + ": " + why};
}

Status require_input(const Node& node, const ckks::ParametersPtr& params,
                     const ckks::Ciphertext& given) {
  if (!ckks::same_parameters(given.params, params)) {
    return input_mismatch(
        node, "encrypted under parameters " +
                  (given.params ? given.params->hash().hex().substr(0, 16) : std::string("none")) +
                  ", the program has " + params->hash().hex().substr(0, 16));
  }
  if (given.parts.size() != 2) return input_mismatch(node, "not a two-part ciphertext");
  if (given.level != node.level) {
    return input_mismatch(node, "encrypted at level " + std::to_string(given.level) +
                                    ", the program expects level " + std::to_string(node.level));
  }
  if (std::abs(given.scale - node.scale) > ckks::kScaleTolerance * node.scale) {
    return input_mismatch(node, "encrypted at scale 2^" + std::to_string(std::log2(given.scale)) +
                                    ", the program expects 2^" +
                                    std::to_string(std::log2(node.scale)));
  }
  return {};
}

Status require_inputs(const PreparedCircuit& prepared, std::span<const ckks::Ciphertext> inputs) {
  const circuit::Circuit& circuit = prepared.circuit();
  std::size_t used = 0;
  for (const Node& node : circuit.nodes) {
    if (node.op != Op::kInput) continue;
    if (used == inputs.size()) return input_mismatch(node, "not given");
    if (const Status fits = require_input(node, prepared.params(), inputs[used++]); !fits)
      return fits;
  }
  if (used == inputs.size()) return {};
  return Error{ErrorCode::kMismatch, "circuit " + circuit.name + " takes " + std::to_string(used) +
                                         " inputs, " + std::to_string(inputs.size()) +
                                         " were given"};
}

}  // namespace

ckks::ParametersLiteral literal_of(const circuit::Chain& chain) {
  return {.log_n = chain.log_n,
          .q = chain.q,
          .p = chain.p,
          .dnum = chain.dnum,
          .security = ckks::SecurityProfile::kClassical128};
}

PreparedCircuit::PreparedCircuit(circuit::Circuit circuit, const circuit::ConstantTable& constants,
                                 ckks::ParametersPtr params)
    : circuit_(std::move(circuit)),
      params_(std::move(params)),
      required_keys_(circuit::required_keys(circuit_, constants)) {}

Result<std::shared_ptr<const PreparedCircuit>> PreparedCircuit::create(
    circuit::Circuit circuit, const circuit::ConstantTable& constants,
    const ckks::ParametersPtr& params, const Progress& progress) {
  ckks::ParametersLiteral wanted = literal_of(circuit.chain);
  wanted.security = params->literal().security;
  if (!(wanted == params->literal())) {
    return Error{ErrorCode::kMismatch,
                 "circuit " + circuit.name + " is written for other parameters"};
  }
  std::shared_ptr<PreparedCircuit> out(new PreparedCircuit(std::move(circuit), constants, params));
  const ckks::Encoder encoder(params);
  const std::size_t count = out->circuit_.nodes.size();
  for (ValueId id = 0; id < count; ++id) {
    const Status encoded = out->encode(out->circuit_.nodes[id], id, constants, encoder);
    if (!encoded) return encoded.error();
    if (progress && !progress(static_cast<double>(id + 1) / static_cast<double>(count))) {
      return Error{ErrorCode::kCancelled,
                   "encoding of circuit " + out->circuit_.name + " cancelled"};
    }
  }
  return std::shared_ptr<const PreparedCircuit>(std::move(out));
}

Status PreparedCircuit::encode(const Node& node, ValueId id,
                               const circuit::ConstantTable& constants,
                               const ckks::Encoder& encoder) {
  if (node.op == Op::kWeightedSum) {
    weights_.try_emplace(node.constant, constants.find(node.constant)->second);
    return {};
  }
  if (node.op != Op::kAddPlain && node.op != Op::kMultiplyPlain && node.op != Op::kLinear)
    return {};
  const Node& operand = circuit_.nodes[node.operands[0]];
  const auto entry = constants.find(node.constant);
  check(entry != constants.end(), "constant of a verified circuit is missing");
  const circuit::Constant& constant = entry->second;
  if (node.op == Op::kLinear) {
    const routine::LinearShape shape{constant.rows, constant.columns, node.baby, node.fold};
    Result<routine::LinearTransform> transform = routine::LinearTransform::create(
        encoder, *params_, shape, constant.values, node.level, node.scale / operand.scale);
    if (!transform) return transform.error();
    linear_.emplace(id, std::move(*transform));
    return {};
  }
  const double scale = node.op == Op::kAddPlain ? node.scale : node.scale / operand.scale;
  Result<ckks::Plaintext> plain = encoder.encode_repeated(constant.values, node.level, scale);
  if (!plain) {
    return Error{plain.error().code, "constant @" + node.constant + ": " + plain.error().message};
  }
  plain_.emplace(id, std::move(*plain));
  return {};
}

std::size_t PreparedCircuit::byte_count() const {
  std::size_t sum = 0;
  for (const auto& [id, plain] : plain_) sum += plain.poly.words().size_bytes();
  for (const auto& [id, transform] : linear_) sum += transform.byte_count();
  for (const auto& [name, weights] : weights_) sum += weights.values.size() * sizeof(double);
  return sum;
}

/// One execution: the values computed so far.
class EncryptedRun {
 public:
  EncryptedRun(const PreparedCircuit& prepared, const ckks::Evaluator& evaluator)
      : prepared_(prepared),
        evaluator_(evaluator),
        lifetimes_(prepared.circuit_),
        values_(prepared.circuit_.nodes.size()) {}

  void set(ValueId id, ckks::Ciphertext value) { values_[id] = std::move(value); }
  const ckks::Ciphertext& get(ValueId id) const { return *values_[id]; }
  bool has(ValueId id) const { return values_[id].has_value(); }

  Status compute(ValueId id) {
    const Node& node = prepared_.circuit_.nodes[id];
    if (lifetimes_.deferred(id)) return {};
    if (const Status done = node.op == Op::kWeightedSum ? sum(id) : single(node, id); !done)
      return Error{done.error().code, "%" + node.name + ": " + done.error().message};
    lifetimes_.used_by(node, [this](ValueId operand) { values_[operand].reset(); });
    return {};
  }

 private:
  Status single(const Node& node, ValueId id) {
    Result<ckks::Ciphertext> value = evaluate(node, id);
    if (!value) return value.error();
    // The circuit's scale is exact to rounding; taking it over keeps chains of operations equal.
    value->scale = node.scale;
    values_[id] = std::move(*value);
    return {};
  }

  // The first of a group computes all.
  Status sum(ValueId first) {
    const circuit::Circuit& circuit = prepared_.circuit_;
    const std::size_t count = sums_from(circuit, first);
    const Node& node = circuit.nodes[first];
    const circuit::Constant& weights = prepared_.weights_.find(node.constant)->second;
    std::vector<double> rows;
    for (ValueId id = first; id < first + count; ++id) {
      const auto row = weights.values.begin() +
                       circuit.nodes[id].row * static_cast<std::ptrdiff_t>(weights.columns);
      rows.insert(rows.end(), row, row + static_cast<std::ptrdiff_t>(weights.columns));
    }
    if (rows.empty()) return {};
    std::vector<const ckks::Ciphertext*> operands;
    for (const ValueId operand : node.operands) operands.push_back(&get(operand));
    auto sums = evaluator_.weighted_sums(operands, rows, node.level, node.scale);
    if (!sums) return sums.error();
    for (std::size_t i = 0; i < count; ++i) values_[first + i] = std::move((*sums)[i]);
    return {};
  }

  Result<ckks::Ciphertext> evaluate(const Node& node, ValueId id) const {
    if (const auto fused = lifetimes_.fused(node)) {
      const Node& product = prepared_.circuit_.nodes[fused->product];
      const ckks::Ciphertext& x = get(product.operands[0]);
      if (product.op == Op::kLinear)
        return prepared_.linear_.at(fused->product).apply_rescale(evaluator_, x, fused->primes);
      if (product.op == Op::kRelinearize) return evaluator_.relinearize_rescale(x, fused->primes);
      return evaluator_.multiply_rescale(x, get(product.operands[1]), fused->primes);
    }
    const ckks::Ciphertext& x = get(node.operands[0]);
    switch (node.op) {
      case Op::kAdd: return evaluator_.add(x, get(node.operands[1]));
      case Op::kSubtract: return evaluator_.subtract(x, get(node.operands[1]));
      case Op::kNegate: return evaluator_.negate(x);
      case Op::kAddPlain: return evaluator_.add_plain(x, prepared_.plain_.at(id));
      case Op::kMultiply: return evaluator_.multiply(x, get(node.operands[1]));
      case Op::kMultiplyUnrelinearized:
        return evaluator_.multiply_unrelinearized(x, get(node.operands[1]));
      case Op::kRelinearize: return evaluator_.relinearize(x);
      case Op::kMultiplyPlain: return evaluator_.multiply_plain(x, prepared_.plain_.at(id));
      case Op::kRotate: return evaluator_.rotate(x, node.steps);
      case Op::kConjugate: return evaluator_.conjugate(x);
      case Op::kRescale: return evaluator_.rescale(x);
      case Op::kDropLevel: return evaluator_.drop_level(x, node.level);
      case Op::kLinear: return prepared_.linear_.at(id).apply(evaluator_, x);
      case Op::kWeightedSum:
      case Op::kInput: break;
    }
    throw_defect("inputs and sums are not evaluated one by one", std::source_location::current());
  }

  const PreparedCircuit& prepared_;
  const ckks::Evaluator& evaluator_;
  Lifetimes lifetimes_;
  std::vector<std::optional<ckks::Ciphertext>> values_;
};

Result<std::vector<ckks::Ciphertext>> run_encrypted(const PreparedCircuit& prepared,
                                                    const ckks::Evaluator& evaluator,
                                                    std::span<const ckks::Ciphertext> inputs,
                                                    const Progress& progress,
                                                    const OnValue& on_value) {
  const circuit::Circuit& circuit = prepared.circuit();
  if (!ckks::same_parameters(prepared.params(), evaluator.params())) {
    return Error{ErrorCode::kMismatch,
                 "circuit " + circuit.name + " and evaluation keys have different parameters"};
  }
  if (const Status fit = require_inputs(prepared, inputs); !fit) return fit.error();
  const ckks::Parameters& params = *evaluator.params();
  const std::string missing =
      missing_keys(params, key_levels(prepared.required_keys(), params), evaluator.keys().levels());
  if (!missing.empty()) {
    return Error{
        ErrorCode::kMissingKey,
        "circuit " + circuit.name + " needs evaluation keys that are not there: " + missing};
  }
  EncryptedRun run(prepared, evaluator);
  std::size_t used = 0;
  for (ValueId id = 0; id < circuit.nodes.size(); ++id) {
    const Node& node = circuit.nodes[id];
    if (node.op == Op::kInput) {
      ckks::Ciphertext input = inputs[used++];
      input.scale = node.scale;
      run.set(id, std::move(input));
    } else if (const Status done = run.compute(id); !done) {
      return done.error();
    } else if (on_value && run.has(id)) {
      on_value(id, run.get(id));
    }
    const double fraction = static_cast<double>(id + 1) / static_cast<double>(circuit.nodes.size());
    if (progress && !progress(fraction)) {
      return Error{ErrorCode::kCancelled, "circuit " + circuit.name + " was cancelled"};
    }
  }
  std::vector<ckks::Ciphertext> outputs;
  for (const ValueId id : circuit.outputs) outputs.push_back(run.get(id));
  return outputs;
}

std::map<std::uint32_t, int> key_levels(const circuit::KeyRequirements& required,
                                        const ckks::Parameters& params) {
  return ckks::key_levels(params.log_n(), required.relinearization_level, required.rotation_levels,
                          required.conjugation_level);
}

std::string missing_keys(const ckks::Parameters& params,
                         const std::map<std::uint32_t, int>& required,
                         const std::map<std::uint32_t, int>& present) {
  std::string missing;
  for (const auto& [element, level] : required) {
    const auto found = present.find(element);
    if (found != present.end() && found->second >= level) continue;
    if (!missing.empty()) missing += ", ";
    missing += ckks::key_name(params.log_n(), element) + " at level " + std::to_string(level) +
               " (" + std::to_string(ckks::KeySwitchKey::byte_count(params, level, true)) +
               " bytes)";
  }
  return missing;
}

}  // namespace salus::runtime
