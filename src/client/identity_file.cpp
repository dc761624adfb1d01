#include "client/identity_file.h"

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "client/passphrase_source.h"
#include "client/secret_file.h"

namespace salus::client {
namespace {

using nlohmann::json;

constexpr SecretFileFormat kFormat{"salus-identity ", "1", "identity file",
                                   keys::kIdentityRootBytes + keys::kWrapOverhead};
constexpr std::string_view kAbout =
    "A wrapped secret: it opens with its passphrase. Keep a copy, and the recovery code on paper.";

Error parse_error(const std::string& why) {
  return Error{ErrorCode::kParse, "identity file: " + why};
}

Status read_header(const json& header, IdentityFile& out) {
  out.label = header.at("label").get<std::string>();
  out.created_at = header.at("created_at").get<std::string>();
  const json& cost = header.at("argon2id");
  out.cost.memory_bytes = cost.at("memory_bytes").get<std::uint64_t>();
  out.cost.passes = cost.at("passes").get<std::uint32_t>();
  const auto known = keys::PublicIdentity::parse(header.at("public").get<std::string>());
  if (!known) return known.error();
  out.public_identity = *known;
  if (header.at("id").get<std::string>() != known->id())
    return parse_error("its id is not that of its public keys");
  return keys::check_cost(out.cost);
}

}  // namespace

Secret<std::byte> make_root() {
  Secret<std::byte> root(keys::kIdentityRootBytes);
  random_bytes(root.reveal());
  return root;
}

Status save_identity(const std::filesystem::path& path, const Secret<std::byte>& root,
                     std::string label, std::string created_at, std::string_view passphrase,
                     const keys::PassphraseCost& cost) {
  const auto identity = keys::Identity::derive(root.reveal());
  if (!identity) return identity.error();
  const keys::PublicIdentity& known = identity->public_identity();
  const json header = {
      {"about", kAbout},
      {"id", known.id()},
      {"label", std::move(label)},
      {"created_at", std::move(created_at)},
      {"public", known.text()},
      {"argon2id", {{"memory_bytes", cost.memory_bytes}, {"passes", cost.passes}}}};
  const std::string line = header.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto wrapped = keys::wrap(root.reveal(), passphrase, secret_file_head(kFormat, line), cost);
  if (!wrapped) return wrapped.error();
  return save_secret_file(path, kFormat, line, *wrapped);
}

Result<IdentityFile> load_identity(const std::filesystem::path& path) {
  Result<SecretFile> file = load_secret_file(path, kFormat);
  if (!file) return file.error();
  IdentityFile out;
  out.head = std::move(file->head);
  out.wrapped = to_bytes(file->body.reveal());
  try {
    if (Status s = read_header(json::parse(file->header), out); !s) return s.error();
  } catch (const json::exception& e) {
    return parse_error(e.what());
  }
  return out;
}

Result<Secret<std::byte>> unlock_root(const IdentityFile& file, std::string_view passphrase) {
  auto root = keys::unwrap(file.wrapped, passphrase, file.head, file.cost);
  if (!root) return root.error();
  const auto identity = keys::Identity::derive(root->reveal());
  if (!identity) return identity.error();
  if (!(identity->public_identity() == file.public_identity))
    return Error{ErrorCode::kCorrupt, "identity file: its root gives identity " +
                                          identity->public_identity().id() + ", its header names " +
                                          file.public_identity.id()};
  return root;
}

Result<keys::Identity> unlock(const IdentityFile& file, std::string_view passphrase) {
  const auto root = unlock_root(file, passphrase);
  if (!root) return root.error();
  return keys::Identity::derive(root->reveal());
}

Result<keys::Identity> open_identity(const std::filesystem::path& path,
                                     const std::string& passphrase_file) {
  const auto file = load_identity(path);
  if (!file) return file.error();
  const auto passphrase = read_passphrase(passphrase_file, "Passphrase", false);
  if (!passphrase) return passphrase.error();
  auto identity = unlock(*file, text_of(*passphrase));
  if (identity) return identity;
  return Error{identity.error().code, path.string() + ": " + identity.error().message};
}

}  // namespace salus::client
