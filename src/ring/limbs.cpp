#include "ring/limbs.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "base/platform.h"
#include "base/result.h"

namespace salus::ring {
namespace {

constexpr std::align_val_t kAlignment{64};

// Blocks by size. When it is full, those of the size that was asked for longest ago go first: a
// server that turns to another level or parameter set would otherwise keep what nothing uses.
class Pool {
 public:
  std::uint64_t* take(std::size_t count) {
    {
      const std::lock_guard lock(mutex_);
      Shelf& shelf = shelves_[count];
      shelf.asked = ++clock_;
      if (!shelf.blocks.empty()) {
        std::uint64_t* block = shelf.blocks.back();
        shelf.blocks.pop_back();
        bytes_ -= count * sizeof(std::uint64_t);
        return block;
      }
    }
    return static_cast<std::uint64_t*>(::operator new(count * sizeof(std::uint64_t), kAlignment));
  }

  std::size_t bytes() {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

  void give(std::uint64_t* block, std::size_t count) noexcept {
    if (!kAddressSanitizer) {
      const std::lock_guard lock(mutex_);
      if (make_room(count) && keep(block, count)) {
        bytes_ += count * sizeof(std::uint64_t);
        return;
      }
    }
    ::operator delete(block, kAlignment);
  }

 private:
  struct Shelf {
    std::vector<std::uint64_t*> blocks;
    std::uint64_t asked = 0;
  };

  // Gives back blocks of sizes that were asked for before `count` was. False where that is not
  // enough.
  bool make_room(std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(std::uint64_t);
    if (bytes > kMaxPooledBytes) return false;
    while (bytes_ + bytes > kMaxPooledBytes) {
      auto oldest = shelves_.end();
      for (auto shelf = shelves_.begin(); shelf != shelves_.end(); ++shelf) {
        if (shelf->second.blocks.empty()) continue;
        if (oldest == shelves_.end() || shelf->second.asked < oldest->second.asked) oldest = shelf;
      }
      if (oldest == shelves_.end() || oldest->first == count) return false;
      ::operator delete(oldest->second.blocks.back(), kAlignment);
      oldest->second.blocks.pop_back();
      bytes_ -= oldest->first * sizeof(std::uint64_t);
    }
    return true;
  }

  bool keep(std::uint64_t* block, std::size_t count) noexcept {
    try {
      shelves_[count].blocks.push_back(block);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  std::mutex mutex_;
  std::map<std::size_t, Shelf> shelves_;
  std::uint64_t clock_ = 0;
  std::size_t bytes_ = 0;
};

std::atomic<std::size_t> live_bytes{0};
std::atomic<std::size_t> peak_bytes{0};

void count_taken(std::size_t bytes) {
  const std::size_t now = live_bytes.fetch_add(bytes) + bytes;
  std::size_t peak = peak_bytes.load();
  while (peak < now && !peak_bytes.compare_exchange_weak(peak, now)) {
  }
}

// Never destroyed: polynomials with static lifetime may outlive it.
Pool& pool() {
  static Pool& shared = *new Pool;
  return shared;
}

}  // namespace

Limbs::Limbs(std::size_t count) : count_(count), block_(count) {
  if (count == 0) return;
  words_ = pool().take(count);
  count_taken(count * sizeof(std::uint64_t));
}

Limbs::Limbs(const Limbs& other) : Limbs(other.count_) {
  std::copy_n(other.words_, count_, words_);
}

Limbs::Limbs(Limbs&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)),
      count_(std::exchange(other.count_, 0)),
      block_(std::exchange(other.block_, 0)) {}

Limbs& Limbs::operator=(Limbs other) noexcept {
  std::swap(words_, other.words_);
  std::swap(count_, other.count_);
  std::swap(block_, other.block_);
  return *this;
}

Limbs::~Limbs() {
  if (words_ == nullptr) return;
  live_bytes -= block_ * sizeof(std::uint64_t);
  pool().give(words_, block_);
}

LimbsUse limbs_use() { return {live_bytes.load(), peak_bytes.load(), pool().bytes()}; }
void restart_limbs_peak() { peak_bytes = live_bytes.load(); }

void Limbs::shrink(std::size_t count) {
  check(count <= count_, "shrink to more words than there are");
  count_ = count;
}

bool Limbs::operator==(const Limbs& other) const {
  return std::equal(words_, words_ + count_, other.words_, other.words_ + other.count_);
}

}  // namespace salus::ring
