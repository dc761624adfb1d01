#include "service/ckks_executor.h"

#include <ctime>

#include "program/program.h"
#include "runtime/encrypted.h"
#include "service/byte_cache.h"
#include "service/state_bytes.h"
#include "wire/container.h"

namespace salus::service {
namespace {

/// CPU seconds of this thread.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct LoadedProgram {
  program::Program program;
  ckks::ParametersPtr params;
  Digest basis_digest;
  Digest readout_digest;
  circuit::KeyRequirements keys;
};

struct LoadedKeys {
  Digest key_id;
  std::shared_ptr<const ckks::EvaluationKeys> keys;
};

using ProgramPtr = std::shared_ptr<const LoadedProgram>;
using KeysPtr = std::shared_ptr<const LoadedKeys>;
using CircuitPtr = std::shared_ptr<const runtime::PreparedCircuit>;

/// Keys for both circuits, each at the higher of the two levels.
circuit::KeyRequirements both(circuit::KeyRequirements a, const circuit::KeyRequirements& b) {
  a.relinearization_level = std::max(a.relinearization_level, b.relinearization_level);
  a.conjugation_level = std::max(a.conjugation_level, b.conjugation_level);
  for (const auto& [steps, level] : b.rotation_levels) {
    const auto [place, added] = a.rotation_levels.emplace(steps, level);
    if (!added) place->second = std::max(place->second, level);
  }
  return a;
}

std::uint64_t bytes_of(const ckks::KeySwitchKey& key) {
  std::uint64_t bytes = 0;
  for (const auto& digit : key.digits) {
    bytes += digit.a.words().size_bytes() + digit.b.words().size_bytes();
  }
  return bytes;
}

std::uint64_t bytes_of(const ckks::EvaluationKeys& keys) {
  std::uint64_t bytes = keys.relinearization ? bytes_of(*keys.relinearization) : 0;
  for (const auto& [element, key] : keys.galois) bytes += bytes_of(*key);
  return bytes;
}

Result<ckks::ParametersPtr> parameters_in(ByteView bytes, wire::Kind wanted,
                                          std::string_view what) {
  const Result<wire::Header> header = wire::read_header(bytes);
  if (!header) return header.error();
  if (header->kind != wanted) {
    return Error{ErrorCode::kMismatch, "its bytes are another kind of object (" +
                                           std::to_string(static_cast<int>(header->kind)) +
                                           "), not " + std::string(what)};
  }
  // An object that lies about its size shall not make us compute tables for its parameters.
  if (const Status whole = wire::require_announced_size(bytes); !whole) return whole.error();
  return wire::parameters_of(*header);
}

Result<ProgramPtr> load_program(ByteView bytes) {
  Result<program::Program> parsed = program::parse(bytes);
  if (!parsed) return parsed.error();
  const circuit::Chain& chain = parsed->basis.circuit.chain;
  if (!(chain == parsed->readout.circuit.chain)) {
    return Error{ErrorCode::kMismatch, "basis and readout have different modulus chains"};
  }
  Result<ckks::ParametersPtr> params = ckks::Parameters::create(runtime::literal_of(chain));
  if (!params) return params.error();
  auto loaded = std::make_shared<LoadedProgram>();
  loaded->params = *params;
  loaded->basis_digest = parsed->basis.digest();
  loaded->readout_digest = parsed->readout.digest();
  loaded->keys = both(circuit::required_keys(parsed->basis.circuit, parsed->basis.constants),
                      circuit::required_keys(parsed->readout.circuit, parsed->readout.constants));
  loaded->program = std::move(*parsed);
  return ProgramPtr(std::move(loaded));
}

Result<KeysPtr> load_keys(ByteView bytes, const ckks::ParametersPtr& params) {
  Result<wire::ReadEvaluationKeys> read = wire::read_evaluation_keys(bytes, params);
  if (!read) return read.error();
  auto loaded = std::make_shared<LoadedKeys>();
  loaded->key_id = read->key_id;
  loaded->keys = std::make_shared<const ckks::EvaluationKeys>(std::move(read->keys));
  return KeysPtr(std::move(loaded));
}

/// One run on its way through the stages.
struct Job {
  const RunInput& input;
  const store::ObjectStore& objects;
  StateCache& states;
  const Progress& progress;
  ProgramPtr program;
  KeysPtr keys;
  store::Timing timing;

  bool report(double fraction, std::string_view stage) const { return progress(fraction, stage); }
};

class CkksExecutor final : public Executor {
 public:
  explicit CkksExecutor(std::uint64_t cache_bytes)
      : programs_(cache_bytes), keys_(cache_bytes), circuits_(cache_bytes) {}

  Result<store::Facts> inspect(store::ObjectKind kind, const Digest& digest,
                               ByteView bytes) const override;
  Status check(const RunInput& input, const store::ObjectStore& objects) const override;
  Result<RunOutput> execute(const RunInput& input, const store::ObjectStore& objects,
                            StateCache& states, const Progress& progress) const override;

 private:
  Result<ProgramPtr> program_of(const Digest& digest, const store::ObjectStore& objects) const;
  Result<KeysPtr> keys_of(const Digest& digest, const LoadedProgram& program,
                          const store::ObjectStore& objects) const;
  Result<CircuitPtr> prepare(Job& job, const program::Stage& stage, const Digest& digest) const;
  Result<std::vector<ckks::Ciphertext>> basis_of(Job& job) const;
  Result<std::vector<ckks::Ciphertext>> inputs_of(const Job& job) const;

  mutable ByteCache<LoadedProgram> programs_;
  mutable ByteCache<LoadedKeys> keys_;
  mutable ByteCache<runtime::PreparedCircuit> circuits_;
};

Result<store::Facts> CkksExecutor::inspect(store::ObjectKind kind, const Digest& digest,
                                           ByteView bytes) const {
  if (kind == store::ObjectKind::kProgram) {
    const Result<ProgramPtr> loaded = load_program(bytes);
    if (!loaded) return loaded.error();
    programs_.put(digest, *loaded, bytes.size());
    return store::Facts{.parameters = (*loaded)->params->hash().hex(), .key = {}};
  }
  if (kind == store::ObjectKind::kEvaluationKeys) {
    const auto params = parameters_in(bytes, wire::Kind::kEvaluationKeys, "evaluation keys");
    if (!params) return params.error();
    const Result<KeysPtr> loaded = load_keys(bytes, *params);
    if (!loaded) return loaded.error();
    keys_.put(digest, *loaded, bytes_of(*(*loaded)->keys));
    return store::Facts{.parameters = (*loaded)->keys->params->hash().hex(),
                        .key = (*loaded)->key_id.hex()};
  }
  const auto params = parameters_in(bytes, wire::Kind::kCiphertext, "a ciphertext");
  if (!params) return params.error();
  const Result<wire::ReadCiphertext> read = wire::read_ciphertext(bytes, *params);
  if (!read) return read.error();
  return store::Facts{.parameters = (*params)->hash().hex(), .key = read->key_id.hex()};
}

Result<ProgramPtr> CkksExecutor::program_of(const Digest& digest,
                                            const store::ObjectStore& objects) const {
  if (ProgramPtr known = programs_.find(digest)) return known;
  const auto bytes = objects.read(digest);
  if (!bytes) return bytes.error();
  const ByteView view = (*bytes)->view();
  Result<ProgramPtr> loaded = load_program(view);
  if (loaded) programs_.put(digest, *loaded, view.size());
  return loaded;
}

Status require_parameters(const LoadedProgram& program, const Digest& found) {
  const Digest& wanted = program.params->hash();
  if (found == wanted) return {};
  return Error{ErrorCode::kMismatch, "program " + program.program.name +
                                         " is written for parameter set " + wanted.hex() +
                                         ", the twin's keys have " + found.hex() +
                                         ": make keys and features for this program's set"};
}

Result<KeysPtr> CkksExecutor::keys_of(const Digest& digest, const LoadedProgram& program,
                                      const store::ObjectStore& objects) const {
  if (KeysPtr known = keys_.find(digest)) {
    const Status fits = require_parameters(program, known->keys->params->hash());
    if (!fits) return fits.error();
    return known;
  }
  const auto bytes = objects.read(digest);
  if (!bytes) return bytes.error();
  const ByteView view = (*bytes)->view();
  const Result<wire::Header> header = wire::read_header(view);
  if (!header) return header.error();
  // The header alone tells that keys are of another set: nothing is read for them.
  const Status fits = require_parameters(program, ckks::hash_of(header->parameters));
  if (!fits) return fits.error();
  Result<KeysPtr> loaded = load_keys(view, program.params);
  if (loaded) keys_.put(digest, *loaded, bytes_of(*(*loaded)->keys));
  return loaded;
}

/// The program's input features, which the twin must have; what else the twin has is left alone.
Status check_features(const RunInput& input, const program::Program& program) {
  std::string missing;
  for (const program::Input& needed : program.inputs) {
    if (input.features.contains(needed.name)) continue;
    missing += (missing.empty() ? "\"" : ", \"") + needed.name + "\" [" + needed.unit + "]";
  }
  if (missing.empty()) return {};
  std::string present;
  for (const auto& [name, digest] : input.features) {
    present += (present.empty() ? "\"" : ", \"") + name + "\"";
  }
  return Error{ErrorCode::kMismatch,
               "program " + program.name + " needs " + std::to_string(program.inputs.size()) +
                   " features; the twin lacks " + missing + " and has " + present +
                   ": encrypt what is missing and create the twin's next version"};
}

Status CkksExecutor::check(const RunInput& input, const store::ObjectStore& objects) const {
  const Result<ProgramPtr> program = program_of(input.program, objects);
  if (!program) return program.error();
  if (Status fits = check_features(input, (*program)->program); !fits) return fits;
  const Result<KeysPtr> keys = keys_of(input.evaluation_keys, **program, objects);
  if (!keys) return keys.error();
  const ckks::Parameters& params = *(*program)->params;
  const std::string missing = runtime::missing_keys(
      params, runtime::key_levels((*program)->keys, params), (*keys)->keys->levels());
  if (missing.empty()) return {};
  return Error{ErrorCode::kMissingKey,
               "program " + (*program)->program.name +
                   " needs evaluation keys that the twin lacks: " + missing +
                   "; make them and create the twin's next version"};
}

Result<CircuitPtr> CkksExecutor::prepare(Job& job, const program::Stage& stage,
                                         const Digest& digest) const {
  if (CircuitPtr known = circuits_.find(digest)) return known;
  const double begun = cpu_seconds();
  Result<CircuitPtr> prepared =
      runtime::PreparedCircuit::create(stage.circuit, stage.constants, job.program->params,
                                       [&](double) { return job.report(0, "encode"); });
  job.timing.encode_seconds += cpu_seconds() - begun;
  if (prepared) circuits_.put(digest, *prepared, (*prepared)->byte_count());
  return prepared;
}

Result<std::vector<ckks::Ciphertext>> CkksExecutor::inputs_of(const Job& job) const {
  std::vector<ckks::Ciphertext> inputs;
  for (const program::Input& needed : job.program->program.inputs) {
    const Digest& digest = job.input.features.at(needed.name);
    const auto bytes = job.objects.read(digest);
    if (!bytes) return bytes.error();
    Result<wire::ReadCiphertext> read =
        wire::read_ciphertext((*bytes)->view(), job.program->params);
    if (!read) {
      return Error{read.error().code, "feature \"" + needed.name + "\" (" + digest.hex() +
                                          "): " + read.error().message};
    }
    if (read->key_id != job.keys->key_id) {
      return Error{ErrorCode::kMismatch, "feature \"" + needed.name + "\" (" + digest.hex() +
                                             ") belongs to another key than the twin's"};
    }
    inputs.push_back(std::move(read->ciphertext));
  }
  return inputs;
}

Result<std::vector<ckks::Ciphertext>> CkksExecutor::basis_of(Job& job) const {
  std::vector<Digest> names;
  for (const program::Input& needed : job.program->program.inputs) {
    names.push_back(job.input.features.at(needed.name));
  }
  const Digest key = state_key(job.program->basis_digest, job.input.evaluation_keys, names);
  if (const auto cached = job.states.find(key)) {
    Result<std::vector<ckks::Ciphertext>> basis = read_state(cached->view(), job.program->params);
    job.timing.basis_reused = basis.has_value();
    if (basis) return basis;
  }
  const Result<CircuitPtr> prepared =
      prepare(job, job.program->program.basis, job.program->basis_digest);
  if (!prepared) return prepared.error();
  const double begun = cpu_seconds();
  const Result<std::vector<ckks::Ciphertext>> inputs = inputs_of(job);
  if (!inputs) return inputs.error();
  Result<std::vector<ckks::Ciphertext>> basis = runtime::run_encrypted(
      **prepared, ckks::Evaluator(job.keys->keys), *inputs,
      [&](double fraction) { return job.report(0.05 + 0.65 * fraction, "basis"); });
  job.timing.basis_seconds = cpu_seconds() - begun;
  // Without a cached state the next question costs more; this one goes on.
  if (basis) (void)job.states.put(key, write_state(*basis, job.keys->key_id));
  return basis;
}

Result<RunOutput> CkksExecutor::execute(const RunInput& input, const store::ObjectStore& objects,
                                        StateCache& states, const Progress& progress) const {
  const double begun = cpu_seconds();
  if (Status fits = check(input, objects); !fits) return fits.error();
  Result<ProgramPtr> program = program_of(input.program, objects);
  if (!program) return program.error();
  Result<KeysPtr> keys = keys_of(input.evaluation_keys, **program, objects);
  if (!keys) return keys.error();
  Job job{.input = input,
          .objects = objects,
          .states = states,
          .progress = progress,
          .program = std::move(*program),
          .keys = std::move(*keys),
          .timing = {}};
  const Result<std::vector<ckks::Ciphertext>> basis = basis_of(job);
  if (!basis) return basis.error();
  const Result<CircuitPtr> prepared =
      prepare(job, job.program->program.readout, job.program->readout_digest);
  if (!prepared) return prepared.error();
  const double readout_begun = cpu_seconds();
  const Result<std::vector<ckks::Ciphertext>> outputs = runtime::run_encrypted(
      **prepared, ckks::Evaluator(job.keys->keys), *basis,
      [&](double fraction) { return job.report(0.75 + 0.25 * fraction, "readout"); });
  if (!outputs) return outputs.error();
  job.timing.readout_seconds = cpu_seconds() - readout_begun;
  if (outputs->size() != 1) {
    return Error{ErrorCode::kMismatch, "the readout has " + std::to_string(outputs->size()) +
                                           " outputs, a program has one"};
  }
  RunOutput output{.result = wire::write(outputs->front(), job.keys->key_id), .timing = job.timing};
  output.timing.server_seconds = cpu_seconds() - begun;
  return output;
}

}  // namespace

std::shared_ptr<const Executor> make_ckks_executor(std::uint64_t cache_bytes) {
  return std::make_shared<CkksExecutor>(cache_bytes);
}

Digest state_key(const Digest& stage, const Digest& evaluation_keys,
                 const std::vector<Digest>& inputs) {
  Bytes name = to_bytes(as_bytes("salus-state-key 1\n"));
  append(name, stage.bytes);
  append(name, evaluation_keys.bytes);
  for (const Digest& input : inputs) append(name, input.bytes);
  return sha256(name);
}

}  // namespace salus::service
