// A twin's root secret in a file of its own, readable by its owner only.
#pragma once

#include <filesystem>
#include <string>

#include "base/secret.h"
#include "circuit/circuit.h"
#include "keys/secret_key.h"

namespace salus::client {

/// Whoever holds `seed` reads the twin. Everything else derives from it, so the file is all there
/// is to keep. `id` names the key in public: HKDF of the seed, 16 bytes in hexadecimal.
struct KeyFile {
  std::string id;
  std::string label;
  std::string created_at;  ///< UTC, ISO 8601
  circuit::Chain chain;    ///< the parameters that the key is for
  Secret<std::byte> seed{keys::kRootSeedBytes};
};

/// A key of this seed, 32 bytes. Errors: those of ckks::Parameters::create.
Result<KeyFile> make_key(std::string label, circuit::Chain chain, std::string created_at,
                         Secret<std::byte> seed);
/// A fresh key from the system's generator. Errors: those of ckks::Parameters::create.
Result<KeyFile> make_key(std::string label, circuit::Chain chain, std::string created_at);

/// The expanded key. Errors: kCorrupt if the seed does not give the key that the file names.
Result<keys::SecretKey> expand_key(const KeyFile& file);

/// The parameters of a chain, held to 128 bits of security.
Result<ckks::ParametersPtr> parameters_of(const circuit::Chain& chain);

/// Format, all bytes:
///   "salus-secret-key 1\n"
///   one line of JSON: {"WARNING":..,"id":..,"label":..,"created_at":..,"chain":{..}} "\n"
///   32 bytes of seed
///   32 bytes: SHA-256 of everything before
/// Written with mode 0600, whole or not at all.
/// Errors: kConflict if `path` exists (a key is never overwritten), kNoSpace, kIo.
Status save_key(const std::filesystem::path& path, const KeyFile& key);

/// Errors: kNotFound, kDenied (others may read the file), kParse, kVersion, kCorrupt (truncated or
/// changed), kLimit.
Result<KeyFile> load_key(const std::filesystem::path& path);

/// The public part of such a file, for `salus key show`: no seed in it.
std::string describe(const KeyFile& key);

}  // namespace salus::client
