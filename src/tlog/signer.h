// The signing keys of logs and witnesses. The only file of this folder that opens a Secret.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "tlog/key.h"

namespace salus::tlog {

/// A named Ed25519 key. As text: "PRIVATE+KEY+<name>+<id>+<base64 of type and 32-byte seed>", the
/// format of Go's sumdb/note. Move-only; const methods are safe to call concurrently.
class Signer {
 public:
  /// A new key. Errors: kInvalidArgument for a name that is_key_name refuses.
  static Result<Signer> generate(std::string_view name, KeyType type);
  /// Errors: kParse, kVersion; messages never hold any of the key.
  static Result<Signer> parse(std::string_view text);
  Secret<char> text() const;

  /// The text and a newline in a file that its owner alone may read. Errors: kConflict where there
  /// is one (a key is never overwritten); kNoSpace, kIo.
  Status save(const std::filesystem::path& path) const;
  /// Errors: kNotFound, kDenied (others may read the file), kIo; of parse.
  static Result<Signer> load(const std::filesystem::path& path);

  const VerifierKey& key() const { return key_; }

  /// The signature over a note's text, without the key id. A Defect unless the type is kEd25519.
  Bytes sign(std::string_view text) const;
  /// The cosignature over a checkpoint's text: the time as 8 bytes, then the signature. A Defect
  /// unless the type is kCosignature and 1 <= time <= kMaxCosignatureTime.
  Bytes cosign(std::string_view text, std::uint64_t time) const;

 private:
  Signer(std::string_view name, KeyType type, Secret<std::byte> seed);
  Bytes sign_bytes(ByteView message) const;

  VerifierKey key_;
  Secret<std::byte> seed_;
  Secret<std::byte> expanded_;  // libsodium's form: the seed and the public key
};

}  // namespace salus::tlog
