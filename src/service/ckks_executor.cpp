#include "service/ckks_executor.h"

#include <chrono>
#include <mutex>

#include "base/parallel.h"
#include "program/program.h"
#include "receipt/transcript.h"
#include "runtime/encrypted.h"
#include "runtime/memory.h"
#include "service/key_cache.h"
#include "wire/ciphertexts.h"
#include "wire/container.h"

namespace salus::service {
namespace {

/// Seconds by the clock. A thread's CPU time would leave out what the pool's other threads compute.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begun_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begun_ = Clock::now();
};

struct LoadedProgram {
  program::Program program;
  ckks::ParametersPtr params;
  Digest basis_digest;
  Digest readout_digest;
  KeyLevels basis_keys;
  KeyLevels readout_keys;
  KeyLevels keys;  // of both
  runtime::MemoryEstimate memory;
};

using ProgramPtr = std::shared_ptr<const LoadedProgram>;
using KeysPtr = std::shared_ptr<const ckks::EvaluationKeys>;
using CircuitPtr = std::shared_ptr<const runtime::PreparedCircuit>;

/// The header of an object of that kind which has the size that it announces: an object that lies
/// about its size shall not make us compute anything for its parameters.
Result<wire::Header> header_in(ByteView bytes, wire::Kind wanted, std::string_view what) {
  const Result<wire::Header> header = wire::read_header(bytes);
  if (!header) return header.error();
  if (header->kind != wanted) {
    return Error{ErrorCode::kMismatch, "its bytes are another kind of object (" +
                                           std::to_string(static_cast<int>(header->kind)) +
                                           "), not " + std::string(what)};
  }
  if (const Status whole = wire::require_announced_size(bytes); !whole) return whole.error();
  return header;
}

Status require_memory(const LoadedProgram& program, std::uint64_t limit) {
  const runtime::MemoryEstimate& needed = program.memory;
  if (needed.total() <= limit) return {};
  return Error{ErrorCode::kLimit,
               "program " + program.program.name + " takes " + std::to_string(needed.total()) +
                   " bytes of memory (keys " + std::to_string(needed.keys) + ", tables " +
                   std::to_string(needed.tables) + ", values " + std::to_string(needed.values) +
                   "); this server gives a run " + std::to_string(limit) +
                   ": ask fewer regimens or times, or its operator for a larger --max-run-bytes"};
}

// Without special primes nothing can be asked of a key switch, not even its cost.
Status require_special_primes(const program::Program& program) {
  if (!program.basis.circuit.chain.p.empty()) return {};
  for (const program::Stage* stage : {&program.basis, &program.readout}) {
    for (const circuit::Node& node : stage->circuit.nodes) {
      using circuit::Op;
      if (node.op != Op::kMultiply && node.op != Op::kRotate && node.op != Op::kConjugate &&
          node.op != Op::kLinear)
        continue;
      return Error{ErrorCode::kMismatch,
                   "program " + program.name + ": %" + node.name +
                       " needs an evaluation key, and the chain has no special primes to make one"};
    }
  }
  return {};
}

Result<ProgramPtr> load_program(ByteView bytes) {
  Result<program::Program> parsed = program::parse(bytes);
  if (!parsed) return parsed.error();
  const circuit::Chain& chain = parsed->basis.circuit.chain;
  if (!(chain == parsed->readout.circuit.chain)) {
    return Error{ErrorCode::kMismatch, "basis and readout have different modulus chains"};
  }
  if (const Status can = require_special_primes(*parsed); !can) return can.error();
  Result<ckks::ParametersPtr> params = ckks::Parameters::create(runtime::literal_of(chain));
  if (!params) return params.error();
  auto loaded = std::make_shared<LoadedProgram>();
  loaded->params = *params;
  loaded->basis_digest = parsed->basis.digest();
  loaded->readout_digest = parsed->readout.digest();
  const auto levels = [&](const circuit::KeyRequirements& needed) {
    return runtime::key_levels(needed, **params);
  };
  const auto basis = circuit::required_keys(parsed->basis.circuit, parsed->basis.constants);
  const auto readout = circuit::required_keys(parsed->readout.circuit, parsed->readout.constants);
  loaded->basis_keys = levels(basis);
  loaded->readout_keys = levels(readout);
  loaded->keys = levels(circuit::both(basis, readout));
  loaded->memory = runtime::estimate_memory({parsed->basis.circuit, parsed->basis.constants},
                                            {parsed->readout.circuit, parsed->readout.constants},
                                            **params, thread_count());
  loaded->program = std::move(*parsed);
  return ProgramPtr(std::move(loaded));
}

/// What an evaluation key is. All of it is checked: by reading it where the cache has room for it
/// and a program of its parameters is known, so that the first run finds it, and in the memory of
/// one limb otherwise.
Result<store::Facts> inspect_key(const Digest& digest, ByteView bytes, KeyCache& keys,
                                 const ckks::ParametersPtr& known) {
  const auto header = header_in(bytes, wire::Kind::kEvaluationKey, "an evaluation key");
  if (!header) return header.error();
  const ckks::ParametersLiteral& literal = header->parameters;
  if (const Status safe = ckks::Parameters::validate(literal); !safe) return safe.error();
  const Result<wire::KeyListing> listing = wire::list_evaluation_keys(bytes);
  if (!listing) return listing.error();
  const auto [element, level] = *listing->levels.begin();
  std::string purpose = ckks::key_name(literal.log_n, element);
  if (purpose.empty()) {
    return Error{ErrorCode::kMismatch, "Galois element " + std::to_string(element) +
                                           " is neither a rotation nor the conjugation: no"
                                           " operation uses such a key"};
  }
  Result<bool> kept = false;
  if (known && known->hash() == ckks::hash_of(literal))
    kept = keys.welcome(digest, bytes, known, level);
  if (!kept) return kept.error();
  if (!*kept) {
    const Status sound = wire::verify_evaluation_key(bytes, literal);
    if (!sound) return sound.error();
  }
  return store::Facts{.parameters = ckks::hash_of(literal).hex(),
                      .key = header->key_id.hex(),
                      .purpose = std::move(purpose)};
}

Result<store::Facts> inspect_ciphertext(ByteView bytes) {
  const auto header = header_in(bytes, wire::Kind::kCiphertext, "a ciphertext");
  if (!header) return header.error();
  const Result<ckks::ParametersPtr> params = wire::parameters_of(*header);
  if (!params) return params.error();
  const Result<wire::ReadCiphertext> read = wire::read_ciphertext(bytes, *params);
  if (!read) return read.error();
  return store::Facts{
      .parameters = (*params)->hash().hex(), .key = read->key_id.hex(), .purpose = {}};
}

/// One run on its way through the stages.
struct Job {
  const RunInput& input;
  const store::ObjectStore& objects;
  StateCache& states;
  const Progress& progress;
  ProgramPtr program;
  Digest key_id;  // of the secret key behind features and evaluation keys
  store::Timing timing;
  Digest basis;
  receipt::Transcript transcript;

  TwinKeys keys() const { return {input.evaluation_keys, objects}; }
  bool report(double fraction, std::string_view stage) const { return progress(fraction, stage); }
};

class CkksExecutor final : public Executor {
 public:
  CkksExecutor(std::uint64_t cache_bytes, std::uint64_t max_run_bytes)
      : max_run_bytes_(max_run_bytes),
        cache_bytes_(cache_bytes),
        programs_(cache_bytes),
        keys_(cache_bytes),
        circuits_(cache_bytes) {}

  Result<store::Facts> inspect(store::ObjectKind kind, const Digest& digest,
                               ByteView bytes) const override;
  Status check(const RunInput& input, const store::ObjectStore& objects) const override;
  Result<RunOutput> execute(const RunInput& input, const store::ObjectStore& objects,
                            StateCache& states, const Progress& progress) const override;

 private:
  Result<ProgramPtr> program_of(const Digest& digest, const store::ObjectStore& objects) const;
  Result<CircuitPtr> circuit_of(const LoadedProgram& program, const program::Stage& stage,
                                const Digest& digest, const runtime::Progress& progress) const;
  void prepare_ahead(const LoadedProgram& program) const;
  Result<CircuitPtr> prepare(Job& job, const program::Stage& stage, const Digest& digest) const;
  Result<std::vector<ckks::Ciphertext>> basis_of(Job& job) const;
  Result<std::vector<ckks::Ciphertext>> inputs_of(const Job& job) const;

  void keep(const Digest& digest, const ProgramPtr& program, std::uint64_t bytes) const {
    programs_.put(digest, program, bytes);
    const std::lock_guard turn(parameters_turn_);
    parameters_ = program->params;
  }

  std::uint64_t max_run_bytes_;
  std::uint64_t cache_bytes_;
  mutable std::mutex parameters_turn_;
  mutable ckks::ParametersPtr parameters_;  // of the program that came last
  mutable ByteCache<LoadedProgram> programs_;
  mutable KeyCache keys_;
  mutable ByteCache<runtime::PreparedCircuit> circuits_;
};

Result<store::Facts> CkksExecutor::inspect(store::ObjectKind kind, const Digest& digest,
                                           ByteView bytes) const {
  if (kind == store::ObjectKind::kProgram) {
    const Result<ProgramPtr> loaded = load_program(bytes);
    if (!loaded) return loaded.error();
    keep(digest, *loaded, bytes.size());
    prepare_ahead(**loaded);
    return store::Facts{.parameters = (*loaded)->params->hash().hex(), .key = {}, .purpose = {}};
  }
  if (kind == store::ObjectKind::kCiphertext) return inspect_ciphertext(bytes);
  ckks::ParametersPtr known;
  {
    const std::lock_guard turn(parameters_turn_);
    known = parameters_;
  }
  return inspect_key(digest, bytes, keys_, known);
}

Result<ProgramPtr> CkksExecutor::program_of(const Digest& digest,
                                            const store::ObjectStore& objects) const {
  if (ProgramPtr known = programs_.find(digest)) return known;
  const auto bytes = objects.read(digest);
  if (!bytes) return bytes.error();
  const ByteView view = (*bytes)->view();
  Result<ProgramPtr> loaded = load_program(view);
  if (loaded) keep(digest, *loaded, view.size());
  return loaded;
}

/// " [unit]" of a feature that is an input, for people; nothing for what has no unit.
std::string unit_of(const std::string& feature, const program::Program& program) {
  for (const program::Input& input : program.inputs) {
    if (input.name == feature) return " [" + input.unit + "]";
  }
  return {};
}

/// The program's input features, which the twin must have; what else the twin has is left alone.
Status check_features(const RunInput& input, const program::Program& program) {
  std::string missing;
  for (const std::string& needed : program::ciphertext_names(program)) {
    if (input.features.contains(needed)) continue;
    missing += (missing.empty() ? "\"" : ", \"") + needed + "\"" + unit_of(needed, program);
  }
  if (missing.empty()) return {};
  std::string present;
  for (const auto& [name, digest] : input.features) {
    present += (present.empty() ? "\"" : ", \"") + name + "\"";
  }
  return Error{ErrorCode::kMismatch,
               "program " + program.name + " needs " +
                   std::to_string(program::ciphertext_names(program).size()) +
                   " features; the twin lacks " + missing + " and has " + present +
                   ": encrypt what is missing and create the twin's next version"};
}

Status CkksExecutor::check(const RunInput& input, const store::ObjectStore& objects) const {
  const Result<ProgramPtr> program = program_of(input.program, objects);
  if (!program) return program.error();
  if (Status fits = require_memory(**program, max_run_bytes_); !fits) return fits;
  if (Status fits = check_features(input, (*program)->program); !fits) return fits;
  const Status there =
      keys_.require((*program)->keys, *(*program)->params, {input.evaluation_keys, objects});
  if (there) return {};
  return Error{there.error().code,
               "program " + (*program)->program.name + ": " + there.error().message};
}

Result<CircuitPtr> CkksExecutor::circuit_of(const LoadedProgram& program,
                                            const program::Stage& stage, const Digest& digest,
                                            const runtime::Progress& progress) const {
  if (CircuitPtr known = circuits_.find(digest)) return known;
  Result<CircuitPtr> prepared =
      runtime::PreparedCircuit::create(stage.circuit, stage.constants, program.params, progress);
  if (prepared) circuits_.put(digest, *prepared, (*prepared)->byte_count());
  return prepared;
}

/// Encodes a program that has just come, so that its first run need not. One that a run would be
/// refused, or that would push most others out of the cache, is left until it is asked for.
void CkksExecutor::prepare_ahead(const LoadedProgram& program) const {
  constexpr std::uint64_t kShare = 4;
  if (!require_memory(program, max_run_bytes_) || program.memory.tables > cache_bytes_ / kShare) {
    return;
  }
  // What cannot be encoded is said to whoever runs it.
  (void)circuit_of(program, program.program.basis, program.basis_digest, {});
  (void)circuit_of(program, program.program.readout, program.readout_digest, {});
}

Result<CircuitPtr> CkksExecutor::prepare(Job& job, const program::Stage& stage,
                                         const Digest& digest) const {
  const Stopwatch encoding;
  Result<CircuitPtr> prepared =
      circuit_of(*job.program, stage, digest, [&](double) { return job.report(0, "encode"); });
  job.timing.encode_seconds += encoding.seconds();
  return prepared;
}

Result<std::vector<ckks::Ciphertext>> CkksExecutor::inputs_of(const Job& job) const {
  std::vector<ckks::Ciphertext> inputs;
  for (const std::string& needed : program::ciphertext_names(job.program->program)) {
    const Digest& digest = job.input.features.at(needed);
    const auto bytes = job.objects.read(digest);
    if (!bytes) return bytes.error();
    Result<wire::ReadCiphertext> read =
        wire::read_ciphertext((*bytes)->view(), job.program->params);
    if (!read) {
      return Error{read.error().code,
                   "feature \"" + needed + "\" (" + digest.hex() + "): " + read.error().message};
    }
    if (read->key_id != job.key_id) {
      return Error{ErrorCode::kMismatch, "feature \"" + needed + "\" (" + digest.hex() +
                                             ") belongs to another key than the twin's"};
    }
    inputs.push_back(std::move(read->ciphertext));
  }
  return inputs;
}

Result<std::vector<ckks::Ciphertext>> CkksExecutor::basis_of(Job& job) const {
  std::vector<Digest> names;
  for (const std::string& needed : program::ciphertext_names(job.program->program)) {
    names.push_back(job.input.features.at(needed));
  }
  const Digest key = state_key(
      job.program->basis_digest,
      objects_with(job.program->basis_keys, *job.program->params, job.input.evaluation_keys),
      names);
  if (const auto cached = job.states.find(key)) {
    Result<wire::ReadCiphertexts> basis =
        wire::read_ciphertexts(cached->bytes->view(), job.program->params);
    job.timing.basis_reused = basis.has_value();
    job.basis = cached->digest;
    if (basis) return std::move(basis->values);
  }
  const Result<CircuitPtr> prepared =
      prepare(job, job.program->program.basis, job.program->basis_digest);
  if (!prepared) return prepared.error();
  const Stopwatch computing;
  const Result<KeysPtr> keys =
      keys_.load(job.program->basis_keys, job.program->params, job.key_id, job.keys());
  if (!keys) return keys.error();
  const Result<std::vector<ckks::Ciphertext>> inputs = inputs_of(job);
  if (!inputs) return inputs.error();
  Result<std::vector<ckks::Ciphertext>> basis = runtime::run_encrypted(
      **prepared, ckks::Evaluator(*keys), *inputs,
      [&](double fraction) { return job.report(0.05 + 0.65 * fraction, "basis"); },
      [&](auto id, const auto& value) { job.transcript.take("basis", id, value); });
  job.timing.basis_seconds = computing.seconds();
  if (!basis) return basis;
  const Bytes state = wire::write(*basis, job.key_id);
  const Result<Digest> kept = job.states.put(key, state);
  // Without a cached state the next question costs more; this one goes on.
  job.basis = kept ? *kept : sha256(state);
  return basis;
}

/// The secret key that the twin's features are encrypted under: all of them, or inputs_of refuses.
Result<Digest> key_of_features(const RunInput& input, const store::ObjectStore& objects) {
  check(!input.features.empty(), "a twin has features");
  const auto& [name, digest] = *input.features.begin();
  const auto bytes = objects.read(digest);
  if (!bytes) return bytes.error();
  const Result<wire::Header> header = wire::read_header((*bytes)->view());
  if (header) return header->key_id;
  return Error{header.error().code,
               "feature \"" + name + "\" (" + digest.hex() + "): " + header.error().message};
}

Result<RunOutput> CkksExecutor::execute(const RunInput& input, const store::ObjectStore& objects,
                                        StateCache& states, const Progress& progress) const {
  const Stopwatch whole;
  if (Status fits = check(input, objects); !fits) return fits.error();
  Result<ProgramPtr> program = program_of(input.program, objects);
  if (!program) return program.error();
  const Result<Digest> key_id = key_of_features(input, objects);
  if (!key_id) return key_id.error();
  Job job{.input = input,
          .objects = objects,
          .states = states,
          .progress = progress,
          .program = std::move(*program),
          .key_id = *key_id,
          .timing = {},
          .basis = {},
          .transcript = {}};
  const Result<std::vector<ckks::Ciphertext>> basis = basis_of(job);
  if (!basis) return basis.error();
  const Result<CircuitPtr> prepared =
      prepare(job, job.program->program.readout, job.program->readout_digest);
  if (!prepared) return prepared.error();
  const Stopwatch readout;
  const Result<KeysPtr> keys =
      keys_.load(job.program->readout_keys, job.program->params, job.key_id, job.keys());
  if (!keys) return keys.error();
  const Result<std::vector<ckks::Ciphertext>> outputs = runtime::run_encrypted(
      **prepared, ckks::Evaluator(*keys), *basis,
      [&](double fraction) { return job.report(0.75 + 0.25 * fraction, "readout"); },
      [&](auto id, const auto& value) { job.transcript.take("readout", id, value); });
  if (!outputs) return outputs.error();
  job.timing.readout_seconds = readout.seconds();
  const bool several = job.program->program.layout == program::Layout::kCohort;
  RunOutput output{.result = several ? wire::write(*outputs, job.key_id)
                                     : wire::write(outputs->front(), job.key_id),
                   .timing = job.timing,
                   .basis = job.basis,
                   .checkpoints = job.transcript.checkpoints()};
  output.timing.server_seconds = whole.seconds();
  return output;
}

}  // namespace

std::shared_ptr<const Executor> make_ckks_executor(std::uint64_t cache_bytes,
                                                   std::uint64_t max_run_bytes) {
  return std::make_shared<CkksExecutor>(cache_bytes, max_run_bytes);
}

Digest state_key(const Digest& stage, const std::map<std::string, Digest>& evaluation_keys,
                 const std::vector<Digest>& inputs) {
  Bytes name = to_bytes(as_bytes("salus-state-key 2\n"));
  append(name, stage.bytes);
  append_u32(name, static_cast<std::uint32_t>(evaluation_keys.size()));
  for (const auto& [purpose, digest] : evaluation_keys) {
    append_u32(name, static_cast<std::uint32_t>(purpose.size()));
    append(name, as_bytes(purpose));
    append(name, digest.bytes);
  }
  for (const Digest& input : inputs) append(name, input.bytes);
  return sha256(name);
}

}  // namespace salus::service
