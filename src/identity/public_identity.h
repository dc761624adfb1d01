// Who somebody is to others: public keys, and the signatures by which they speak.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus::identity {

inline constexpr std::size_t kSignatureBytes = 64;  // Ed25519, RFC 8032

/// What others know of an identity.
struct PublicIdentity {
  std::array<std::byte, 32> signing{};    ///< Ed25519
  std::array<std::byte, 32> agreement{};  ///< X25519
  bool operator==(const PublicIdentity&) const = default;

  /// SHA-256 of both keys under a label, its first 16 bytes in hexadecimal: the name in grants,
  /// tuples and files. Whoever checks a signature compares this, not a display name.
  std::string id() const;
  /// "salus-identity-public 1 " and both keys in hexadecimal: one line for mails and files.
  std::string text() const;
  /// Errors: kParse, kVersion.
  static Result<PublicIdentity> parse(std::string_view text);
};

using Signature = std::array<std::byte, kSignatureBytes>;

/// What is signed: "salus signature 1", `context` and `message`, each behind its length (u64,
/// little-endian), so that no context and message can be read as another pair.
Bytes signed_bytes(std::string_view context, ByteView message);

/// Whether `signature` is `by`'s for this context and message.
bool verify(const PublicIdentity& by, std::string_view context, ByteView message,
            const Signature& signature);

}  // namespace salus::identity
