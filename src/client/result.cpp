#include "client/result.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "circuit/interpret.h"
#include "ckks/encoder.h"
#include "client/curve.h"
#include "wire/container.h"

namespace salus::client {
namespace {

/// Names the value that no patient inside the box can have.
Status require_range(const std::vector<std::vector<double>>& curves,
                     const program::Program& program) {
  const std::optional<std::string> beyond = program::beyond_range(program.output, curves);
  if (!beyond) return {};
  return Error{ErrorCode::kMismatch,
               "result: " + *beyond + "; program " + program.name +
                   " cannot give that: the result belongs to another key or another program, an "
                   "input lay outside its box, or a value on the way outgrew the modulus"};
}

/// The outputs of one stage in the clear.
Result<std::vector<circuit::Slots>> clear_stage(const program::Stage& stage,
                                                const std::vector<circuit::Slots>& inputs) {
  Result<std::vector<circuit::Slots>> all =
      circuit::interpret(stage.circuit, stage.constants, inputs);
  if (!all) return all.error();
  std::vector<circuit::Slots> outputs;
  for (const circuit::ValueId id : stage.circuit.outputs) outputs.push_back((*all)[id]);
  return outputs;
}

}  // namespace

Result<std::vector<std::vector<double>>> curves_of(const program::Program& program,
                                                   const std::vector<double>& slots) {
  if (slots.size() < program.output.slots()) {
    return Error{ErrorCode::kMismatch, "result: " + std::to_string(slots.size()) +
                                           " slots, program " + program.name + " has " +
                                           std::to_string(program.output.slots())};
  }
  Result<std::vector<std::vector<double>>> curves = program::expand(program.output, slots);
  if (!curves) return curves.error();
  if (const Status fine = require_range(*curves, program); !fine) return fine.error();
  return curves;
}

Result<Opened> open_result(ByteView result, const KeyFile& key, const program::Program& program) {
  const Result<keys::SecretKey> secret = expand_key(key);
  if (!secret) return secret.error();
  const Result<wire::ReadCiphertext> read = wire::read_ciphertext(result, secret->params());
  if (!read) return read.error();
  if (read->key_id != secret->id()) {
    return Error{ErrorCode::kMismatch, "result: encrypted under key " + read->key_id.hex() +
                                           ", the given key is " + secret->id().hex()};
  }
  const Result<ckks::Plaintext> plain = keys::decrypt(*secret, read->ciphertext);
  if (!plain) return plain.error();
  const ckks::Encoder encoder(secret->params());
  Opened opened;
  opened.slots = encoder.decode_real(*plain);
  Result<std::vector<std::vector<double>>> curves = curves_of(program, opened.slots);
  if (!curves) return curves.error();
  opened.curves = std::move(curves).value();
  return opened;
}

Result<double> error_against_clear(const Opened& opened, const program::Program& program,
                                   const std::vector<program::NamedValue>& values) {
  const Result<std::vector<double>> inputs = program::normalise(program, values);
  if (!inputs) return inputs.error();
  const Result<std::vector<circuit::Slots>> basis =
      clear_stage(program.basis, program::input_slots(program, *inputs));
  if (!basis) return basis.error();
  const Result<std::vector<circuit::Slots>> readout = clear_stage(program.readout, *basis);
  if (!readout) return readout.error();
  const auto clear = program::expand(program.output, readout->front());
  if (!clear) return clear.error();
  double worst = 0;
  for (std::size_t r = 0; r < clear->size(); ++r) {
    worst = std::max(worst, relative_error(opened.curves[r], (*clear)[r]));
  }
  return worst;
}

int declared_decimals(double error) {
  if (!(error > 0)) return 9;
  return std::clamp(static_cast<int>(std::ceil(-std::log10(error))), 0, 9);
}

}  // namespace salus::client
