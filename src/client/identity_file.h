// An identity in a file of its own: its root wrapped by a passphrase, its public part readable.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "keys/identity.h"
#include "keys/passphrase.h"

namespace salus::client {

struct IdentityFile {
  std::string label;
  std::string created_at;  ///< UTC, ISO 8601
  keys::PublicIdentity public_identity;
  keys::PassphraseCost cost;
  Bytes head;     ///< what the wrapped root is bound to
  Bytes wrapped;  ///< keys::wrap of the root
};

/// A fresh root from the system's generator.
Secret<std::byte> make_root();

/// Format, all bytes:
///   "salus-identity 1\n"
///   one line of JSON: {"about":..,"id":..,"label":..,"created_at":..,"public":..,
///     "argon2id":{"memory_bytes":..,"passes":..}} "\n"
///   88 bytes: the root by keys::wrap, bound to both lines
///   32 bytes: SHA-256 of everything before
/// Written with mode 0600, whole or not at all. Errors: kConflict if `path` exists, kNoSpace, kIo,
/// and those of keys::wrap.
Status save_identity(const std::filesystem::path& path, const Secret<std::byte>& root,
                     std::string label, std::string created_at, std::string_view passphrase,
                     const keys::PassphraseCost& cost);

/// The public part; no passphrase. Errors: kNotFound, kDenied (others may read the file), kParse,
/// kVersion, kCorrupt (truncated or changed), kLimit.
Result<IdentityFile> load_identity(const std::filesystem::path& path);

/// The root. Errors: those of keys::unwrap; kCorrupt if the root gives another identity than the
/// file names.
Result<Secret<std::byte>> unlock_root(const IdentityFile& file, std::string_view passphrase);
Result<keys::Identity> unlock(const IdentityFile& file, std::string_view passphrase);

/// The identity in a file, by the passphrase in another or one that is typed
/// (passphrase_source.h). Errors: of load_identity, read_passphrase and unlock.
Result<keys::Identity> open_identity(const std::filesystem::path& path,
                                     const std::string& passphrase_file);

}  // namespace salus::client
