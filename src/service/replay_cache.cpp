#include "service/replay_cache.h"

#include <algorithm>

namespace salus::service {
namespace {

/// 32 bytes, however long the names are; the length keeps (a, bc) and (ab, c) apart.
Digest key_of(std::string_view issuer, std::string_view jti) {
  Bytes text;
  append_u64(text, issuer.size());
  append(text, as_bytes(issuer));
  append(text, as_bytes(jti));
  return sha256(text);
}

}  // namespace

Status ReplayCache::admit(std::string_view issuer, std::string_view jti, store::TimeMs until,
                          store::TimeMs now) {
  const Digest key = key_of(issuer, jti);
  const std::lock_guard lock(mutex_);
  latest_ = std::max(latest_, now);
  while (!by_end_.empty() && by_end_.begin()->first <= latest_) {
    used_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  if (until <= latest_) return Error{ErrorCode::kDenied, "a token is refused: it has run out"};
  if (used_.contains(key)) {
    return Error{ErrorCode::kDenied, "a token is refused: its jti was used before"};
  }
  if (used_.size() >= capacity_) {
    return Error{ErrorCode::kUnavailable, "a token is refused: " + std::to_string(capacity_) +
                                              " used ones that are still valid fill the memory"};
  }
  used_.insert(key);
  by_end_.emplace(until, key);
  return {};
}

std::size_t ReplayCache::size() const {
  const std::lock_guard lock(mutex_);
  return used_.size();
}

}  // namespace salus::service
