#include "client/key_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "client/chain_json.h"
#include "client/secret_file.h"

namespace salus::client {
namespace {

using nlohmann::json;

constexpr SecretFileFormat kFormat{"salus-secret-key ", "1", "key file", keys::kRootSeedBytes};
constexpr std::string_view kTwinKeyLabel = "salus twin key 1";
constexpr std::string_view kWarning =
    "SECRET: whoever holds this file can read the twin. Keep it private and keep a copy.";

json header_of(const KeyFile& key) {
  return {{"id", key.id},
          {"label", key.label},
          {"created_at", key.created_at},
          {"chain", chain_to_json(key.chain)}};
}

Status read_header(std::string_view line, KeyFile& key) {
  const json header = json::parse(line, nullptr, false);
  const auto text = [&](const char* field, std::string& out) {
    if (!header.is_object() || !header.contains(field) || !header[field].is_string()) return false;
    out = header[field].get<std::string>();
    return true;
  };
  if (!text("id", key.id) || !text("label", key.label) || !text("created_at", key.created_at) ||
      !header.contains("chain")) {
    return Error{ErrorCode::kParse, "key file: header line lacks id, label, created_at or chain"};
  }
  Result<circuit::Chain> chain = chain_from_json(header["chain"]);
  if (!chain) return chain.error();
  key.chain = std::move(chain).value();
  return {};
}

}  // namespace

Result<ckks::ParametersPtr> parameters_of(const circuit::Chain& chain) {
  return ckks::Parameters::create(
      {.log_n = chain.log_n, .q = chain.q, .p = chain.p, .dnum = chain.dnum});
}

Result<KeyFile> make_key(std::string label, circuit::Chain chain, std::string created_at) {
  Secret<std::byte> seed(keys::kRootSeedBytes);
  random_bytes(seed.reveal());
  return make_key(std::move(label), std::move(chain), std::move(created_at), std::move(seed));
}

Result<KeyFile> make_key(std::string label, circuit::Chain chain, std::string created_at,
                         Secret<std::byte> seed) {
  KeyFile key{.id = {},
              .label = std::move(label),
              .created_at = std::move(created_at),
              .chain = std::move(chain),
              .seed = std::move(seed)};
  const Result<ckks::ParametersPtr> params = parameters_of(key.chain);
  if (!params) return params.error();
  const Result<keys::SecretKey> secret =
      keys::SecretKey::derive(*params, key.seed.reveal(), kTwinKeyLabel);
  if (!secret) return secret.error();
  key.id = secret->id().hex();
  return key;
}

Result<keys::SecretKey> expand_key(const KeyFile& file) {
  const Result<ckks::ParametersPtr> params = parameters_of(file.chain);
  if (!params) return params.error();
  Result<keys::SecretKey> secret =
      keys::SecretKey::derive(*params, file.seed.reveal(), kTwinKeyLabel);
  if (secret && secret->id().hex() != file.id) {
    return Error{ErrorCode::kCorrupt, "key file: its seed gives key " + secret->id().hex() +
                                          ", its header names " + file.id +
                                          "; restore it from its copy"};
  }
  return secret;
}

Status save_key(const std::filesystem::path& path, const KeyFile& key) {
  json header = header_of(key);
  header["WARNING"] = kWarning;
  return save_secret_file(path, kFormat,
                          header.dump(-1, ' ', false, json::error_handler_t::replace),
                          key.seed.reveal());
}

Result<KeyFile> load_key(const std::filesystem::path& path) {
  const Result<SecretFile> file = load_secret_file(path, kFormat);
  if (!file) return file.error();
  KeyFile key;
  const Status header = read_header(file->header, key);
  if (!header) return header.error();
  std::ranges::copy(file->body.reveal(), key.seed.reveal().begin());
  return key;
}

std::string describe(const KeyFile& key) { return header_of(key).dump(); }

}  // namespace salus::client
