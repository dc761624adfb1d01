#include "support/tiny_world.h"

#include "arith/primes.h"
#include "circuit/interpret.h"
#include "runtime/encrypted.h"
#include "wire/container.h"

namespace salus::e2e {
namespace {

using circuit::Node;
using circuit::Op;

constexpr double kScale = 0x1p40;
constexpr int kTop = 2;
constexpr std::size_t kAnswers = 8;

circuit::Chain tiny_chain() {
  const auto large = must(arith::find_primes(50, 2, arith::Side::kBelow));
  const auto levels = must(arith::find_primes(40, 2, arith::Side::kAlternating));
  return {.log_n = 13, .q = {large[0], levels[0], levels[1]}, .p = {large[1]}, .dnum = 3};
}

program::Stage tiny_basis(const circuit::Chain& chain) {
  program::Stage stage;
  stage.constants["mask"] = {1, kAnswers, {0.5, -0.25, 1.0, 0.75, -1.0, 0.125, 0.25, -0.5}};
  const double scaled = kScale * kScale / static_cast<double>(chain.q[kTop]);
  circuit::Circuit& c = stage.circuit;
  c.name = "tiny_basis";
  c.chain = chain;
  const auto add = [&c](Node node) { c.nodes.push_back(std::move(node)); };
  add({.op = Op::kInput, .name = "x", .level = kTop, .scale = kScale, .bound = 1, .period = 1});
  add({.op = Op::kInput, .name = "y", .level = kTop, .scale = kScale, .bound = 1, .period = 1});
  add({.op = Op::kMultiply,
       .name = "xy",
       .operands = {0, 1},
       .level = kTop,
       .scale = kScale * kScale});
  add({.op = Op::kMultiplyPlain,
       .name = "xm",
       .operands = {0},
       .constant = "mask",
       .level = kTop,
       .scale = kScale * kScale});
  add({.op = Op::kAdd, .name = "sum", .operands = {2, 3}, .level = kTop, .scale = kScale * kScale});
  add({.op = Op::kRescale, .name = "basis", .operands = {4}, .level = kTop - 1, .scale = scaled});
  c.outputs = {5};
  return stage;
}

program::Stage tiny_readout(const circuit::Chain& chain, int variant) {
  program::Stage stage;
  std::vector<double> matrix;
  for (std::size_t i = 0; i < kAnswers * kAnswers; ++i) {
    matrix.push_back(
        static_cast<double>((i * 37 + static_cast<std::size_t>(variant) * 11) % 17) / 16.0 - 0.5);
  }
  stage.constants["A"] = {kAnswers, kAnswers, std::move(matrix)};
  const double scale = kScale * kScale / static_cast<double>(chain.q[kTop]);
  const double q1 = static_cast<double>(chain.q[1]);
  circuit::Circuit& c = stage.circuit;
  c.name = "tiny_readout";
  c.chain = chain;
  c.nodes.push_back({.op = Op::kInput,
                     .name = "basis",
                     .level = 1,
                     .scale = scale,
                     .bound = 4,
                     .period = kAnswers});
  c.nodes.push_back({.op = Op::kLinear,
                     .name = "y",
                     .operands = {0},
                     .constant = "A",
                     .baby = 4,
                     .level = 1,
                     .scale = scale * q1});
  c.nodes.push_back(
      {.op = Op::kRescale, .name = "out", .operands = {1}, .level = 0, .scale = scale * q1 / q1});
  c.outputs = {2};
  return stage;
}

keys::SecretKey derive(const ckks::ParametersPtr& params, const std::string& label) {
  const std::vector<std::byte> root(keys::kRootSeedBytes, std::byte{0x5a});
  return must(keys::SecretKey::derive(params, root, label));
}

Seed seed_of(std::uint64_t number) {
  Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::byte>(number >> (8 * i));
  return seed;
}

circuit::KeyRequirements needs_of(const program::Program& program) {
  return circuit::both(circuit::required_keys(program.basis.circuit, program.basis.constants),
                       circuit::required_keys(program.readout.circuit, program.readout.constants));
}

}  // namespace

program::Program tiny_program(int variant) {
  program::Program p;
  p.name = "tiny/question-" + std::to_string(variant);
  p.model = "tiny";
  p.question = "What is A (x y + x mask)?";
  p.citation = "none: a test";
  p.formula = "A (x y + x mask)";
  for (const char* name : {"x", "y"}) {
    p.parameters.push_back({.name = name,
                            .unit = "1",
                            .description = "a number",
                            .transform = program::Transform::kLinear,
                            .low = -1,
                            .typical = 0,
                            .high = 1});
    p.inputs.push_back({.name = name,
                        .unit = "1",
                        .description = "a number",
                        .formula = name,
                        .postfix = name,
                        .transform = program::Transform::kLinear,
                        .low = -1,
                        .typical = 0,
                        .high = 1});
  }
  p.output.outputs = {{"answer", "1", "answer", {}, ""}};
  p.output.dose_unit = "mg";
  p.output.regimens = {{.id = "a", .label = "first", .dose = 1},
                       {.id = "b", .label = "second", .dose = 2}};
  p.output.times_h = {0, 1, 2, 3};
  p.output.peak = {1, 1};
  const circuit::Chain chain = tiny_chain();
  p.basis = tiny_basis(chain);
  p.readout = tiny_readout(chain, variant);
  return p;
}

program::Program tiny_rotated(int steps) {
  program::Program p = tiny_program();
  p.name += "-rotated-" + std::to_string(steps);
  circuit::Circuit& readout = p.readout.circuit;
  const Node out = readout.nodes.back();
  readout.nodes.push_back({.op = Op::kRotate,
                           .name = "shifted",
                           .operands = {2},
                           .steps = steps,
                           .level = out.level,
                           .scale = out.scale});
  readout.outputs = {3};
  return p;
}

TinyPatient::TinyPatient(const program::Program& program, const std::string& label,
                         std::uint64_t seed)
    : params_(must(ckks::Parameters::create(runtime::literal_of(program.basis.circuit.chain)))),
      secret_(derive(params_, label)),
      random_(seed_of(seed), 0) {
  for (const auto& [element, level] : runtime::key_levels(needs_of(program), *params_)) {
    evaluation_keys_[ckks::key_name(params_->log_n(), element)] = make_key(element, level);
  }
}

Bytes TinyPatient::make_key(std::uint32_t element, int level) {
  return wire::write(*params_, element, keys::make_evaluation_key(secret_, element, level, random_),
                     secret_.id());
}

Bytes TinyPatient::encrypt(double value) {
  const ckks::Encoder encoder(params_);
  const std::vector<double> values{value};
  const ckks::Plaintext plain = must(encoder.encode_repeated(values, kTop, kScale));
  return wire::write(must(keys::encrypt(secret_, plain, random_)), secret_.id());
}

std::vector<double> TinyPatient::decrypt(ByteView result) const {
  const wire::ReadCiphertext read = must(wire::read_ciphertext(result, params_));
  std::vector<double> slots =
      ckks::Encoder(params_).decode_real(must(keys::decrypt(secret_, read.ciphertext)));
  slots.resize(kAnswers);
  return slots;
}

std::vector<double> in_the_clear(const program::Program& program, double x, double y) {
  const std::vector<circuit::Slots> basis =
      must(circuit::interpret(program.basis.circuit, program.basis.constants, {{x}, {y}}));
  circuit::Slots all = basis[program.basis.circuit.outputs[0]];
  all.resize(kAnswers);
  const std::vector<circuit::Slots> readout =
      must(circuit::interpret(program.readout.circuit, program.readout.constants, {all}));
  circuit::Slots answers = readout[program.readout.circuit.outputs[0]];
  answers.resize(kAnswers);
  return answers;
}

Bytes undisturbed_result(const program::Program& program, const TinyPatient& patient, ByteView x,
                         ByteView y) {
  const auto& params = patient.params();
  auto keys = std::make_shared<ckks::EvaluationKeys>();
  keys->params = params;
  for (const auto& [name, object] : patient.evaluation_keys()) {
    auto read = must(wire::read_evaluation_key(object, params));
    keys->put(read.element, std::make_shared<const ckks::KeySwitchKey>(std::move(read.key)));
  }
  const ckks::Evaluator evaluator(std::move(keys));
  std::vector<ckks::Ciphertext> values;
  for (const ByteView input : {x, y}) {
    values.push_back(must(wire::read_ciphertext(input, params)).ciphertext);
  }
  for (const program::Stage* stage : {&program.basis, &program.readout}) {
    const auto prepared =
        must(runtime::PreparedCircuit::create(stage->circuit, stage->constants, params));
    values = must(runtime::run_encrypted(*prepared, evaluator, values));
  }
  return wire::write(values.at(0), patient.secret().id());
}

}  // namespace salus::e2e
