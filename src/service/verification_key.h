// Public keys that check signatures of tokens. A key has one algorithm for life; what a token says
// about algorithms never chooses one.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace salus::service {

/// The algorithms that are accepted: RFC 7518 section 3.1 and RFC 8037 section 3.1. There is no
/// "none" and nothing with a shared secret, so neither can be asked for.
enum class JwsAlgorithm {
  kEs256,  ///< ECDSA, P-256, SHA-256
  kEs384,  ///< ECDSA, P-384, SHA-384
  kRs256,  ///< RSASSA-PKCS1-v1_5, SHA-256
  kEdDsa,  ///< Ed25519 only
};

/// As in RFC 7518 and RFC 8037: "ES256", "ES384", "RS256", "EdDSA".
std::string_view name(JwsAlgorithm algorithm);

inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;

/// Copies share the key. Safe to use from several threads.
class VerificationKey {
 public:
  /// A point by its coordinates (big-endian, exactly as long as the field: RFC 7518 section 6.2.1),
  /// for kEs256 or kEs384. Errors: kInvalidArgument (wrong length, not on the curve).
  static Result<VerificationKey> ec(JwsAlgorithm algorithm, ByteView x, ByteView y);

  /// Modulus and exponent, big-endian without leading zeros (RFC 7518 section 6.3.1), for kRs256.
  /// Errors: kInvalidArgument (fewer than kMinRsaBits or more than kMaxRsaBits, an even or prime
  /// modulus or one with small factors, an exponent that is even, below 65537 or over 32 bits).
  static Result<VerificationKey> rsa(ByteView modulus, ByteView exponent);

  /// A point of Ed25519 (RFC 8032 section 5.1.5), for kEdDsa. Errors: kInvalidArgument (not 32
  /// bytes, not the one spelling of a point of the prime-order group).
  static Result<VerificationKey> ed25519(ByteView x);

  JwsAlgorithm algorithm() const;

  /// Whether `signature` is one by this key's algorithm, in the encoding of RFC 7518 section 3:
  /// for ECDSA r||s of exactly twice the field's length. Of the two ECDSA signatures (r, s) and
  /// (r, n - s) both count: signers of tokens do not choose the lower s, so refusing the higher one
  /// would refuse half of the honest tokens. No caller may therefore tell tokens apart by their
  /// bytes; ReplayCache does by issuer and jti. For Ed25519, s is reduced (RFC 8032 section 5.1.7).
  bool verifies(std::string_view message, ByteView signature) const;

 private:
  struct Material;
  explicit VerificationKey(std::shared_ptr<const Material> material);
  std::shared_ptr<const Material> material_;
};

}  // namespace salus::service
