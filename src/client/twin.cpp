#include "client/twin.h"

#include <algorithm>

#include "base/random.h"
#include "ckks/encoder.h"
#include "wire/container.h"

namespace salus::client {
namespace {

Error cancelled() {
  return Error{ErrorCode::kCancelled, "interrupted; repeat the command to go on"};
}

std::vector<const circuit::Node*> input_nodes(const program::Program& program) {
  std::vector<const circuit::Node*> nodes;
  for (const circuit::Node& node : program.basis.circuit.nodes) {
    if (node.op == circuit::Op::kInput) nodes.push_back(&node);
  }
  check(nodes.size() == program.inputs.size(), "a parsed program has an input node per input");
  return nodes;
}

void raise(std::map<int, int>& levels, int steps, int level) {
  const auto [known, fresh] = levels.try_emplace(steps, level);
  if (!fresh) known->second = std::max(known->second, level);
}

/// Names, under the key, what staged objects were made from: nobody without the key can test
/// guesses of the values against it.
std::string source_name(const KeyFile& key, const program::Program& program,
                        const std::vector<double>& inputs, const TwinRequest& request) {
  Bytes all;
  append(all, program.basis.digest().bytes);
  for (const auto& [steps, level] : request.keys.rotation_levels) {
    append_u32(all, static_cast<std::uint32_t>(steps));
    append_u32(all, static_cast<std::uint32_t>(level));
  }
  for (const double u : inputs) append_f64(all, u);
  append(all, as_bytes(request.server));
  const Secret<std::byte> name = derive_secret(key.seed.reveal(), "staged " + sha256(all).hex());
  return to_hex(name.reveal());
}

bool all_staged(const Workspace& workspace, const TwinRecord& record) {
  std::vector<std::string> names = {record.evaluation_keys};
  for (const auto& [input, digest] : record.features) names.push_back(digest);
  return std::ranges::all_of(names, [&](const std::string& hex) {
    const Result<Digest> digest = Digest::parse(hex);
    return digest && workspace.staged(*digest).has_value();
  });
}

/// Encrypts each input and stages it.
Status encrypt_inputs(const Workspace& workspace, const keys::SecretKey& secret,
                      const program::Program& program, const std::vector<double>& inputs,
                      RandomStream& random, TwinRecord& record) {
  const ckks::Encoder encoder(secret.params());
  const std::vector<const circuit::Node*> nodes = input_nodes(program);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Result<ckks::Plaintext> plain =
        encoder.encode_repeated(std::span(&inputs[i], 1), nodes[i]->level, nodes[i]->scale);
    if (!plain) return plain.error();
    const Result<ckks::SeededCiphertext> sealed = keys::encrypt(secret, *plain, random);
    if (!sealed) return sealed.error();
    const Bytes object = wire::write(*sealed, secret.id());
    const Digest digest = sha256(object);
    if (const Status fine = workspace.stage(digest, object); !fine) return fine;
    record.features[program.inputs[i].name] = digest.hex();
    record.ciphertext_bytes += object.size();
  }
  return {};
}

Status make_keys(const Workspace& workspace, const keys::SecretKey& secret,
                 const circuit::KeyRequirements& needed, RandomStream& random,
                 const TwinProgress& progress, TwinRecord& record) {
  const Result<ckks::EvaluationKeys> made = keys::make_evaluation_keys(
      secret, needed, random,
      [&](double fraction) { return !progress || progress("making keys", fraction); });
  if (!made) return made.error();
  const Bytes object = wire::write(*made, secret.id());
  const Digest digest = sha256(object);
  if (const Status fine = workspace.stage(digest, object); !fine) return fine;
  record.evaluation_keys = digest.hex();
  record.evaluation_key_bytes = object.size();
  return {};
}

Status send_one(const Workspace& workspace, Api& api, const Limits& limits, const std::string& hex,
                ObjectKind kind, const UploadProgress& progress, UploadReport& total) {
  const Result<Digest> digest = Digest::parse(hex);
  if (!digest) return digest.error();
  const std::optional<Bytes> object = workspace.staged(*digest);
  if (!object) {
    return Error{ErrorCode::kNotFound,
                 "staged object " + hex + " is gone from the workspace; repeat the command"};
  }
  const Result<UploadReport> sent = upload(api, limits, *object, kind, progress);
  if (!sent) return sent.error();
  total.sent_bytes += sent->sent_bytes;
  total.skipped_bytes += sent->skipped_bytes;
  return {};
}

}  // namespace

Result<circuit::KeyRequirements> key_requirements(const std::vector<program::Program>& programs) {
  if (programs.empty()) return Error{ErrorCode::kInvalidArgument, "no program given"};
  circuit::KeyRequirements all;
  for (const program::Program& program : programs) {
    if (program.basis.digest() != programs.front().basis.digest()) {
      return Error{ErrorCode::kMismatch, "programs " + programs.front().name + " and " +
                                             program.name +
                                             " have different bases; make a twin for each"};
    }
    for (const program::Stage* stage : {&program.basis, &program.readout}) {
      const circuit::KeyRequirements one = circuit::required_keys(stage->circuit, stage->constants);
      all.relinearization_level = std::max(all.relinearization_level, one.relinearization_level);
      all.conjugation_level = std::max(all.conjugation_level, one.conjugation_level);
      for (const auto& [steps, level] : one.rotation_levels) {
        raise(all.rotation_levels, steps, level);
      }
    }
  }
  return all;
}

Result<TwinSizes> sizes_of(const program::Program& program,
                           const circuit::KeyRequirements& needed) {
  const Result<ckks::ParametersPtr> params = parameters_of(program.basis.circuit.chain);
  if (!params) return params.error();
  std::vector<int> galois;
  for (const auto& [steps, level] : needed.rotation_levels) galois.push_back(level);
  if (needed.conjugation_level >= 0) galois.push_back(needed.conjugation_level);
  TwinSizes sizes;
  sizes.evaluation_key_bytes =
      wire::evaluation_key_bytes(**params, needed.relinearization_level, galois);
  sizes.evaluation_key_count = galois.size() + (needed.relinearization_level >= 0 ? 1 : 0);
  for (const circuit::Node* node : input_nodes(program)) {
    sizes.ciphertext_bytes += wire::ciphertext_bytes(**params, node->level, true);
    ++sizes.ciphertext_count;
  }
  return sizes;
}

Result<TwinRecord> prepare_twin(const Workspace& workspace, const KeyFile& key,
                                const program::Program& program, const TwinRequest& request,
                                const TwinProgress& progress) {
  if (const Status fine = require_plain_name("twin", request.name); !fine) return fine.error();
  const Result<std::vector<double>> inputs = program::normalise(program, request.values);
  if (!inputs) return inputs.error();
  if (key.chain != program.basis.circuit.chain) {
    return Error{ErrorCode::kMismatch, "key " + key.id + " was made for other parameters (2^" +
                                           std::to_string(key.chain.log_n) + ", " +
                                           std::to_string(key.chain.q.size()) +
                                           " primes) than program " + program.name +
                                           "; make one with salus key create --program"};
  }
  const std::string source = source_name(key, program, *inputs, request);
  if (const Result<TwinRecord> earlier = workspace.twin(request.name);
      earlier && earlier->source == source && earlier->id.empty() &&
      all_staged(workspace, *earlier)) {
    return earlier;
  }
  const Result<keys::SecretKey> secret = expand_key(key);
  if (!secret) return secret.error();
  RandomStream random(random_seed(), 0);
  TwinRecord record;
  record.name = request.name;
  record.server = request.server;
  record.key_id = key.id;
  record.source = source;
  if (progress && !progress("encrypting", 0)) return cancelled();
  Status fine = encrypt_inputs(workspace, *secret, program, *inputs, random, record);
  if (!fine) return fine.error();
  fine = make_keys(workspace, *secret, request.keys, random, progress, record);
  if (!fine) return fine.error();
  if (fine = workspace.save(record); !fine) return fine.error();
  return record;
}

Result<UploadReport> send_twin(const Workspace& workspace, Api& api, TwinRecord& record,
                               const TwinProgress& progress) {
  const Result<Limits> limits = api.limits();
  if (!limits) return limits.error();
  const auto total = static_cast<double>(record.upload_bytes());
  UploadReport report;
  std::map<std::string, Digest> features;
  std::vector<std::pair<std::string, ObjectKind>> objects;
  for (const auto& [input, hex] : record.features) {
    const Result<Digest> digest = Digest::parse(hex);
    if (!digest) return digest.error();
    features[input] = *digest;
    objects.emplace_back(hex, ObjectKind::kCiphertext);
  }
  objects.emplace_back(record.evaluation_keys, ObjectKind::kEvaluationKeys);

  for (const auto& [hex, kind] : objects) {
    const std::uint64_t before = report.sent_bytes + report.skipped_bytes;
    const Status sent = send_one(
        workspace, api, *limits, hex, kind,
        [&](std::uint64_t done, std::uint64_t) {
          if (progress) progress("uploading", static_cast<double>(before + done) / total);
        },
        report);
    if (!sent) return sent.error();
  }
  const Result<Digest> keys = Digest::parse(record.evaluation_keys);
  if (!keys) return keys.error();
  const Result<Twin> twin = api.create_twin(record.name, *keys, features);
  if (!twin) return twin.error();
  record.id = twin->id;
  record.version = twin->version;
  if (const Status saved = workspace.save(record); !saved) return saved.error();
  for (const auto& [hex, kind] : objects) workspace.unstage(must(Digest::parse(hex)));
  return report;
}

}  // namespace salus::client
