// Who somebody is: one 32-byte root from which every key of a person or an institution follows.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "identity/public_identity.h"

namespace salus::keys {

using identity::PublicIdentity;
using identity::Signature;

inline constexpr std::size_t kIdentityRootBytes = 32;
inline constexpr std::size_t kCapsuleOverhead = 48;  // a public key and a tag

/// Signs, opens capsules and derives the seeds of twins. Derivation: HKDF-SHA256 (RFC 5869) of the
/// root under a label for each use; nothing but the root is ever stored.
class Identity {
 public:
  /// Errors: kInvalidArgument (root is not 32 bytes).
  static Result<Identity> derive(std::span<const std::byte> root);

  const PublicIdentity& public_identity() const { return public_; }

  /// Ed25519 over the bytes of "salus signature 1", `context`, their lengths and `message`: what is
  /// signed for one context says nothing in another.
  Signature sign(std::string_view context, ByteView message) const;

  /// What seal() put in for this identity and context. Errors: kCorrupt (changed, for somebody
  /// else, or for another context), kParse (too short).
  Result<Secret<std::byte>> open(std::string_view context, ByteView capsule) const;

  /// The root seed of a twin's (or cohort's) own FHE key. One label a twin, so that a key that
  /// leaks exposes that twin alone.
  Secret<std::byte> twin_seed(std::string_view twin) const;

  /// The root seed of an FHE key that this identity reads what others grant it with; `purpose`
  /// names the grant or the study.
  Secret<std::byte> reader_seed(std::string_view purpose) const;

 private:
  explicit Identity(std::span<const std::byte> root);
  Secret<std::byte> root_;
  Secret<std::byte> signing_;    // 64 bytes as libsodium keeps them: seed and public key
  Secret<std::byte> agreement_;  // 32
  PublicIdentity public_;
};

/// A secret for one identity: an ephemeral X25519 key pair, HKDF-SHA256 of the shared secret and
/// both public keys, XChaCha20-Poly1305 with the context as associated data (libsodium). In shape
/// HPKE's base mode (RFC 9180), not its wire format. Nobody learns from it who sealed it: sign it
/// where that matters. kCapsuleOverhead bytes longer than `content`.
/// Errors: kInvalidArgument (a public key of small order).
Result<Bytes> seal(const PublicIdentity& to, std::string_view context,
                   std::span<const std::byte> content);

}  // namespace salus::keys
