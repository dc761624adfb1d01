#include "client/twin.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "ckks/encoder.h"
#include "client/cohort.h"
#include "receipt/entry.h"
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
  return nodes;
}

/// Names, under the key, what staged objects were made from: nobody without the key can test
/// guesses of the values against it.
std::string source_name(const KeyFile& key, const program::Program& program,
                        const std::vector<std::vector<double>>& slots, const TwinRequest& request) {
  Bytes all;
  append(all, program.basis.digest().bytes);
  for (const std::vector<double>& each : slots) {
    append_u64(all, each.size());
    for (const double u : each) append_f64(all, u);
  }
  append(all, as_bytes(request.server));
  const Secret<std::byte> name = derive_secret(key.seed.reveal(), "staged " + sha256(all).hex());
  return to_hex(name.reveal());
}

bool is_staged(const Workspace& workspace, const std::string& hex) {
  const Result<Digest> digest = Digest::parse(hex);
  return digest && workspace.staged(*digest).has_value();
}

bool inputs_staged(const Workspace& workspace, const TwinRecord& record) {
  return !record.features.empty() && std::ranges::all_of(record.features, [&](const auto& feature) {
    return is_staged(workspace, feature.second);
  });
}

void unstage(const Workspace& workspace, const std::string& hex) {
  if (const Result<Digest> digest = Digest::parse(hex)) workspace.unstage(*digest);
}

bool is_of(const TwinRecord& record, const std::string& server, const std::string& key_id) {
  return record.key_id == key_id && (server.empty() || record.server == server);
}

/// Encrypts each input and stages it.
Status encrypt_inputs(const Workspace& workspace, const keys::SecretKey& secret,
                      const program::Program& program,
                      const std::vector<std::vector<double>>& slots, RandomStream& random,
                      TwinRecord& record) {
  const ckks::Encoder encoder(secret.params());
  const std::vector<const circuit::Node*> nodes = input_nodes(program);
  const std::vector<std::string> names = program::ciphertext_names(program);
  check(nodes.size() == slots.size(), "a parsed program has an input node for each ciphertext");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Result<ckks::Plaintext> plain =
        encoder.encode_repeated(slots[i], nodes[i]->level, nodes[i]->scale);
    if (!plain) return plain.error();
    const Result<ckks::SeededCiphertext> sealed = keys::encrypt(secret, *plain, random);
    if (!sealed) return sealed.error();
    const Bytes object = wire::write(*sealed, secret.id());
    const Digest digest = sha256(object);
    if (const Status fine = workspace.stage(digest, object); !fine) return fine;
    record.features[names[i]] = digest.hex();
    record.ciphertext_bytes += object.size();
  }
  return {};
}

/// Makes and stages what is planned and not reused. The record is saved after each key, so that the
/// next attempt knows it.
Status make_keys(const Workspace& workspace, const keys::SecretKey& secret, const KeyPlan& plan,
                 RandomStream& random, const TwinProgress& progress, TwinRecord& record) {
  std::uint64_t made_bytes = 0;
  for (const PlannedKey& planned : plan.keys) {
    if (planned.reused) continue;
    const double fraction =
        static_cast<double>(made_bytes) / static_cast<double>(plan.made_bytes());
    if (progress && !progress("making keys", fraction)) return cancelled();
    const Bytes object = wire::write(
        *secret.params(), planned.element,
        keys::make_evaluation_key(secret, planned.element, planned.level, random), secret.id());
    const Digest digest = sha256(object);
    if (const Status fine = workspace.stage(digest, object); !fine) return fine;
    unstage(workspace, record.keys[planned.name].digest);  // one of too low a level
    record.keys[planned.name] = {
        .digest = digest.hex(), .level = planned.level, .bytes = object.size()};
    if (const Status saved = workspace.save(record); !saved) return saved;
    made_bytes += object.size();
  }
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
      all = circuit::both(std::move(all), circuit::required_keys(stage->circuit, stage->constants));
    }
  }
  return all;
}

InputSizes input_sizes(const program::Program& program, const ckks::Parameters& params) {
  InputSizes sizes;
  for (const circuit::Node* node : input_nodes(program)) {
    sizes.bytes += wire::ciphertext_bytes(params, node->level, true);
    ++sizes.count;
  }
  return sizes;
}

Result<KeyRecords> known_keys(const Workspace& workspace, Api* api, const std::string& name,
                              const std::string& server, const std::string& key_id) {
  const Result<TwinRecord> earlier = workspace.twin(name);
  if (!earlier || !is_of(*earlier, server, key_id)) return KeyRecords{};
  std::set<std::string> held;
  if (api != nullptr && !earlier->id.empty()) {
    const Result<Twin> twin = api->twin(earlier->id);
    if (!twin && twin.error().code != ErrorCode::kNotFound) return twin.error();
    if (twin) {
      for (const auto& [key, digest] : twin->evaluation_keys) held.insert(digest);
    }
  }
  const bool trusted = api == nullptr && earlier->created;
  KeyRecords known;
  for (const auto& [key, record] : earlier->keys) {
    if (trusted || held.contains(record.digest) || is_staged(workspace, record.digest)) {
      known[key] = record;
    }
  }
  return known;
}

Result<TwinRecord> prepare_twin(const Workspace& workspace, const KeyFile& key,
                                const program::Program& program, const TwinRequest& request,
                                const TwinProgress& progress) {
  if (const Status fine = require_plain_name("twin", request.name); !fine) return fine.error();
  const Result<std::vector<std::vector<double>>> slots =
      ciphertext_slots(program, request.patients);
  if (!slots) return slots.error();
  if (key.chain != program.basis.circuit.chain) {
    return Error{ErrorCode::kMismatch, "key " + key.id + " was made for other parameters (2^" +
                                           std::to_string(key.chain.log_n) + ", " +
                                           std::to_string(key.chain.q.size()) +
                                           " primes) than program " + program.name +
                                           "; make one with salus key create --program"};
  }
  TwinRecord record;
  record.name = request.name;
  record.server = request.server;
  record.key_id = key.id;
  record.source = source_name(key, program, *slots, request);
  record.keys = request.known;
  bool encrypted = false;
  if (const Result<TwinRecord> earlier = workspace.twin(request.name);
      earlier && earlier->server == request.server) {
    // Until the next version is created, runs and erasure go to the last one.
    record.id = earlier->id;
    record.version = earlier->version;
    record.pseudonym = earlier->pseudonym;
    record.content = earlier->content;
    encrypted =
        !earlier->created && earlier->source == record.source && inputs_staged(workspace, *earlier);
    if (encrypted) {
      record.features = earlier->features;
      record.ciphertext_bytes = earlier->ciphertext_bytes;
    } else {
      for (const auto& [input, hex] : earlier->features) unstage(workspace, hex);
    }
  }
  const Result<keys::SecretKey> secret = expand_key(key);
  if (!secret) return secret.error();
  RandomStream random(random_seed(), 0);
  if (progress && !progress("encrypting", 0)) return cancelled();
  if (!encrypted) {
    const Status fine = encrypt_inputs(workspace, *secret, program, *slots, random, record);
    if (!fine) return fine.error();
  }
  if (const Status saved = workspace.save(record); !saved) return saved.error();
  const Status made = make_keys(workspace, *secret, request.plan, random, progress, record);
  if (!made) return made.error();
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
  std::map<std::string, Digest> keys;
  for (const auto& [name, key] : record.keys) {
    const Result<Digest> digest = Digest::parse(key.digest);
    if (!digest) return digest.error();
    keys[name] = *digest;
    if (workspace.staged(*digest)) {
      objects.emplace_back(key.digest, ObjectKind::kEvaluationKey);
    } else {  // of an earlier version: known_keys asked the server for it
      report.skipped_bytes += key.bytes;
    }
  }

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
  const Result<Twin> twin = api.create_twin(record.name, keys, features);
  if (!twin) return twin.error();
  record.id = twin->id;
  record.version = twin->version;
  record.pseudonym = twin->pseudonym;
  record.content = receipt::twin_content(keys, features).hex();
  record.created = true;
  if (const Status saved = workspace.save(record); !saved) return saved.error();
  for (const auto& [hex, kind] : objects) unstage(workspace, hex);
  return report;
}

}  // namespace salus::client
