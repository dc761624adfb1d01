// Signed tokens: the compact serialization of RFC 7515, narrowed to what sign-in needs. Advice
// followed: RFC 8725 (JSON Web Token Best Current Practices).
#pragma once

#include <string>
#include <string_view>

#include "service/jwk.h"

namespace salus::service {

inline constexpr std::size_t kMaxJwsBytes = 8192;
inline constexpr std::size_t kMaxJwsHeaderBytes = 2048;  ///< decoded

struct VerifiedJws {
  std::string payload;  ///< what was signed; not looked at
  std::string type;     ///< header member `typ`, empty where there is none
};

/// The payload of a token whose signature fits the key that its `kid` names.
///
/// Exactly three parts of strict base64url; the header is one JSON object without duplicate
/// members; `alg` is, letter by letter, the algorithm of the key (a header cannot choose one: no
/// "none", no HMAC by a public key); `kid` is required. `crit` is refused, since nothing is
/// understood that it could ask for (RFC 7515 section 4.1.11), and `b64` unless it is true (RFC
/// 7797). `jku`, `jwk`, `x5u`, `x5c` and members that nobody knows are not used (RFC 7515 section
/// 4): keys come from `keys` only. Errors: kDenied; the message is for the log and holds nothing of
/// the token.
Result<VerifiedJws> verify_jws(std::string_view token, const JwkSet& keys);

/// The same where the caller knows the key by other means; `kid` may be absent and is not looked
/// at.
Result<VerifiedJws> verify_jws(std::string_view token, const VerificationKey& key);

}  // namespace salus::service
