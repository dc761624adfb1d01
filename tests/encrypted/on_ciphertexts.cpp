#include "on_ciphertexts.h"

#include "circuit/circuit.h"
#include "circuit/interpret.h"
#include "keys/secret_key.h"
#include "runtime/encrypted.h"

namespace salus {
namespace {

using Patients = std::vector<std::vector<program::NamedValue>>;

// Keys and encoded circuits of one program.
class Runner {
 public:
  explicit Runner(const program::Program& p)
      : program_(p),
        params_(must(ckks::Parameters::create(runtime::literal_of(p.basis.circuit.chain)))),
        secret_(must(keys::SecretKey::derive(params_, std::vector<std::byte>(32, std::byte{5}),
                                             "encrypted test"))),
        stream_(Seed{std::byte{9}}, 0),
        encoder_(params_) {}

  Status prepare() {
    for (const program::Stage* stage : {&program_.basis, &program_.readout}) {
      auto made = runtime::PreparedCircuit::create(stage->circuit, stage->constants, params_);
      if (!made) return made.error();
      stages_.push_back(std::move(*made));
    }
    auto keys = keys::make_evaluation_keys(
        secret_, circuit::both(stages_[0]->required_keys(), stages_[1]->required_keys()), stream_);
    if (!keys) return keys.error();
    evaluator_.emplace(std::make_shared<const ckks::EvaluationKeys>(std::move(*keys)));
    return {};
  }

  Result<Curves> run(const std::vector<program::NamedValue>& values) {
    const auto u = program::normalise(program_, values);
    if (!u) return u.error();
    std::vector<ckks::Ciphertext> current;
    const auto slots = program::input_slots(program_, *u);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const circuit::Node& node = program_.basis.circuit.nodes[i];
      const auto plain = must(encoder_.encode_repeated(slots[i], node.level, node.scale));
      current.push_back(must(keys::encrypt(secret_, plain, stream_)).expand());
    }
    for (const auto& stage : stages_) {
      auto out = runtime::run_encrypted(*stage, *evaluator_, current);
      if (!out) return out.error();
      current = std::move(*out);
    }
    return program::expand(program_.output,
                           encoder_.decode_real(must(keys::decrypt(secret_, current[0]))));
  }

 private:
  const program::Program& program_;
  ckks::ParametersPtr params_;
  keys::SecretKey secret_;
  RandomStream stream_;
  ckks::Encoder encoder_;
  std::vector<std::shared_ptr<const runtime::PreparedCircuit>> stages_;
  std::optional<ckks::Evaluator> evaluator_;
};

}  // namespace

Result<std::vector<Curves>> on_ciphertexts(const program::Program& program,
                                           const Patients& patients) {
  Runner runner(program);
  if (Status s = runner.prepare(); !s) return s.error();
  std::vector<Curves> out;
  for (const auto& patient : patients) {
    auto curves = runner.run(patient);
    if (!curves) return curves.error();
    out.push_back(std::move(*curves));
  }
  return out;
}

Result<std::vector<Curves>> in_the_clear(const program::Program& program,
                                         const Patients& patients) {
  std::vector<Curves> out;
  for (const auto& patient : patients) {
    const auto u = program::normalise(program, patient);
    if (!u) return u.error();
    std::vector<circuit::Slots> current = program::input_slots(program, *u);
    for (const program::Stage* stage : {&program.basis, &program.readout}) {
      const auto values = circuit::interpret(stage->circuit, stage->constants, current);
      if (!values) return values.error();
      current.clear();
      for (const circuit::ValueId id : stage->circuit.outputs) current.push_back((*values)[id]);
    }
    auto curves = program::expand(program.output, current[0]);
    if (!curves) return curves.error();
    out.push_back(std::move(*curves));
  }
  return out;
}

}  // namespace salus
