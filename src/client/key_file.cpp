#include "client/key_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "client/chain_json.h"

namespace salus::client {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "salus-secret-key ";
constexpr std::string_view kVersion = "1";
constexpr std::string_view kTwinKeyLabel = "salus twin key 1";
constexpr std::string_view kWarning =
    "SECRET: whoever holds this file can read the twin. Keep it private and keep a copy.";

/// Bytes that held a seed are wiped wherever they end.
class Wiped {
 public:
  explicit Wiped(Bytes content) : bytes(std::move(content)) {}
  ~Wiped() { secure_zero(bytes); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  Bytes bytes;
};

json header_of(const KeyFile& key) {
  return {{"id", key.id},
          {"label", key.label},
          {"created_at", key.created_at},
          {"chain", chain_to_json(key.chain)}};
}

Error damaged(const std::filesystem::path& path, const std::string& why) {
  return Error{ErrorCode::kCorrupt, "key file " + path.string() + ": " + why +
                                        "; restore it from its copy, it cannot be made again"};
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
  KeyFile key{.id = {},
              .label = std::move(label),
              .created_at = std::move(created_at),
              .chain = std::move(chain)};
  random_bytes(key.seed.reveal());
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
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return Error{ErrorCode::kConflict, "key file " + path.string() +
                                           " exists and is never overwritten; choose another name"};
  }
  json header = header_of(key);
  header["WARNING"] = kWarning;
  Wiped file{Bytes{}};
  file.bytes.reserve(kMaxKeyFileBytes);  // no reallocation that would leave a copy of the seed
  append(file.bytes, as_bytes(std::string(kMagic) + std::string(kVersion) + "\n"));
  append(file.bytes, as_bytes(header.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"));
  append(file.bytes, key.seed.reveal());
  append(file.bytes, sha256(file.bytes).bytes);
  return write_file(path, file.bytes, FileMode::kOwnerOnly);
}

Result<KeyFile> load_key(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::perms mode = fs::status(path, failed).permissions();
  if (!failed && (mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none) {
    return Error{ErrorCode::kDenied,
                 "key file " + path.string() + " can be read by others; run chmod 600 on it"};
  }
  Result<Bytes> read = read_file(path, kMaxKeyFileBytes);
  if (!read) return read.error();
  const Wiped file(std::move(read).value());
  const ByteView all = file.bytes;

  const std::string_view text = as_text(all);
  if (!text.starts_with(kMagic)) {
    return Error{ErrorCode::kParse, path.string() + " is not a Salus secret key"};
  }
  const auto first = text.find('\n');
  const std::string version(text.substr(kMagic.size(), first - kMagic.size()).substr(0, 16));
  if (first == std::string_view::npos) return damaged(path, "truncated in its first line");
  if (version != kVersion) {
    return Error{ErrorCode::kVersion, "key file " + path.string() + " has version " + version +
                                          ", this build reads version " + std::string(kVersion)};
  }
  const auto second = text.find('\n', first + 1);
  if (second == std::string_view::npos) return damaged(path, "truncated in its header");
  const std::size_t expected = second + 1 + keys::kRootSeedBytes + sizeof(Digest::bytes);
  if (all.size() != expected) {
    return damaged(path,
                   std::to_string(all.size()) + " bytes, expected " + std::to_string(expected));
  }
  const ByteView body = all.first(expected - sizeof(Digest::bytes));
  const Digest sum = sha256(body);
  if (!std::ranges::equal(sum.bytes, all.subspan(body.size()))) {
    return damaged(path, "its checksum does not match");
  }
  KeyFile key;
  const Status header = read_header(text.substr(first + 1, second - first - 1), key);
  if (!header) return header.error();
  std::ranges::copy(body.last(keys::kRootSeedBytes), key.seed.reveal().begin());
  return key;
}

std::string describe(const KeyFile& key) { return header_of(key).dump(); }

}  // namespace salus::client
