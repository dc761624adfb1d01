// Signing in: an identity signs a challenge and gets a token that ends soon.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "service/context.h"

namespace salus::service {

/// Safe for concurrent use.
///
/// A challenge is made for whoever asks, whether such an identity is known or not, and is kept
/// nowhere: it carries its time and a MAC (HMAC-SHA-512/256 of libsodium's crypto_auth) under a key
/// that lives as long as the process. So asking for many fills no table, and guessing an identity
/// learns nothing. What was signed in with once is kept until it is over: a signature counts once.
/// There is no lock-out: nothing that could be guessed by trying is asked for, and a lock would let
/// anybody lock others out.
class SignIn {
 public:
  explicit SignIn(Context& context);

  struct Challenge {
    std::string text;  ///< hexadecimal
    store::TimeMs expires_at = 0;
  };
  Challenge challenge(std::string_view identity);

  struct Opened {
    std::string token;  ///< shown this once; only its SHA-256 is kept
    store::Account account;
    store::TimeMs expires_at = 0;
  };
  /// `signature` is the identity's over identity::sign_in_message of this server's log key and the
  /// challenge, in hexadecimal. Errors: kDenied, the same words whatever was wrong; kUnavailable
  /// (limits.max_used_challenges).
  Result<Opened> open(const std::string& identity, const std::string& challenge,
                      const std::string& signature);
  /// The session of this token ends; fine where there is none.
  Status close(std::string_view token);

 private:
  std::string mac(std::string_view identity, std::string_view head) const;
  bool is_ours(std::string_view identity, const std::string& challenge);
  /// Whether the challenge is used now for the first time. Errors: kUnavailable.
  Result<bool> use(const std::string& challenge);

  Context& context_;
  Secret<std::byte> key_;
  std::mutex turn_;
  std::map<std::string, store::TimeMs> used_;  // challenge -> when it is over
};

}  // namespace salus::service
