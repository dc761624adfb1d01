// The least recently used go first, by bytes: parsed keys and encoded programs are large.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "base/bytes.h"

namespace salus::service {

/// Immutable values by digest, at most `limit_bytes` of them together; one that is larger by itself
/// is not kept. Safe for concurrent use.
template <class T>
class ByteCache {
 public:
  explicit ByteCache(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Null when it is not there.
  std::shared_ptr<const T> find(const Digest& key) {
    const std::lock_guard turn(turn_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  void put(const Digest& key, std::shared_ptr<const T> value, std::uint64_t bytes) {
    const std::lock_guard turn(turn_);
    if (bytes > limit_bytes_ || places_.contains(key)) return;
    entries_.push_front(Entry{key, std::move(value), bytes});
    places_[key] = entries_.begin();
    used_bytes_ += bytes;
    while (used_bytes_ > limit_bytes_) {
      used_bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  /// Whether `bytes` more can be kept without sending anything away.
  bool has_room(std::uint64_t bytes) const {
    const std::lock_guard turn(turn_);
    return bytes <= limit_bytes_ - used_bytes_;
  }

  std::uint64_t used_bytes() const {
    const std::lock_guard turn(turn_);
    return used_bytes_;
  }

 private:
  struct Entry {
    Digest key;
    std::shared_ptr<const T> value;
    std::uint64_t bytes;
  };
  const std::uint64_t limit_bytes_;
  mutable std::mutex turn_;
  std::uint64_t used_bytes_ = 0;
  std::list<Entry> entries_;  // front: used last
  std::map<Digest, typename std::list<Entry>::iterator> places_;
};

}  // namespace salus::service
