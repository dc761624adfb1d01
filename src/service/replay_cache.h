// Remembers which tokens were used, until they have run out.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "store/rows.h"

namespace salus::service {

/// Bounded, in memory, safe to use from several threads. A token is known by its issuer and its jti
/// (RFC 7519 section 4.1.7), not by its bytes, of which an ECDSA token has two valid spellings.
/// Restarting the server forgets: until a token has run out, it can be used once more after that.
class ReplayCache {
 public:
  static constexpr std::size_t kDefaultCapacity = 65'536;

  explicit ReplayCache(std::size_t capacity = kDefaultCapacity) : capacity_(capacity) {}

  /// Takes (issuer, jti) up until the time `until`, from which on the caller refuses the token by
  /// its age. Errors: kDenied (used before; or past `until` by the latest clock that this object
  /// has seen, since a clock that goes back must not bring a forgotten token back), kUnavailable
  /// (as many tokens as fit are still valid: refusing is safer than forgetting one).
  Status admit(std::string_view issuer, std::string_view jti, store::TimeMs until,
               store::TimeMs now);

  std::size_t size() const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  store::TimeMs latest_ = 0;
  std::set<Digest> used_;
  std::set<std::pair<store::TimeMs, Digest>> by_end_;
};

}  // namespace salus::service
