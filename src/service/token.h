// Signing in by a token of an identity provider (OpenID Connect, SMART): its claims, RFC 7519.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/jws.h"
#include "service/replay_cache.h"
#include "store/rows.h"

namespace salus::service {

/// What a token has to say. One issuer: its key set is trusted for no other.
struct TokenRules {
  std::string issuer;    ///< `iss`, byte by byte
  std::string audience;  ///< `aud` is this text, or an array that contains it
  /// `typ`, e.g. "at+jwt" (RFC 9068), without "application/" and in any case; empty takes every
  /// type. Set it where one issuer makes tokens of several kinds (RFC 8725 section 3.11).
  std::string type;
  store::TimeMs max_skew_ms = 60'000;         ///< between the issuer's clock and ours
  store::TimeMs max_lifetime_ms = 3'600'000;  ///< from `iat`, or from now, to `exp`
};

inline constexpr store::TimeMs kMaxTokenSkewMs = 300'000;
inline constexpr store::TimeMs kMaxTokenLifetimeMs = 24 * 3'600'000;
inline constexpr std::size_t kMaxClaimBytes = 255;  ///< of iss, sub, aud and jti
inline constexpr std::size_t kMaxAudiences = 16;
inline constexpr std::size_t kMaxScopes = 64;

/// Who signed in. A subject means something only together with its issuer.
struct TokenSubject {
  std::string issuer;
  std::string subject;              ///< printable ASCII (OpenID Connect Core section 2)
  std::vector<std::string> scopes;  ///< claim `scope` (RFC 8693 section 4.2), as it came
  store::TimeMs expires = 0;        ///< `exp`; what is granted on it should not last longer
};

/// Accepts each token once: a token signs in, and what the caller hands out for it carries on. Safe
/// to use from several threads; several verifiers may share a cache, which knows issuers apart.
class TokenVerifier {
 public:
  /// Errors: kInvalidArgument (an empty or long issuer or audience, a skew or a lifetime that is
  /// negative or over its maximum).
  static Result<TokenVerifier> make(TokenRules rules, JwkSet keys,
                                    std::shared_ptr<ReplayCache> used);

  /// Whom a token speaks for at the time `now`. `exp`, `sub` and `jti` are required;
  /// `nbf` and `iat` are held to where they stand. Times are NumericDate (RFC 7519 section 2):
  /// whole or decimal seconds since 1970, up to the year 9999. A token counts until `exp` plus the
  /// skew. It is taken up as used only when everything else is right.
  ///
  /// Errors: kDenied; kUnavailable where the cache is full. The message is for the log and holds
  /// nothing of the token; callers answer with outward_error().
  Result<TokenSubject> accept(std::string_view token, store::TimeMs now) const;

 private:
  TokenVerifier(TokenRules rules, JwkSet keys, std::shared_ptr<ReplayCache> used);
  TokenRules rules_;
  JwkSet keys_;
  std::shared_ptr<ReplayCache> used_;
};

/// What whoever sent the token is told: the same for every reason of refusal, so that nobody learns
/// from the answer which key, subject or check it was.
Error outward_error(const Error& error);

}  // namespace salus::service
