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

class Pool {
 public:
  std::uint64_t* take(std::size_t count) {
    {
      const std::lock_guard lock(mutex_);
      const auto entry = free_.find(count);
      if (entry != free_.end() && !entry->second.empty()) {
        std::uint64_t* block = entry->second.back();
        entry->second.pop_back();
        bytes_ -= count * sizeof(std::uint64_t);
        return block;
      }
    }
    return static_cast<std::uint64_t*>(::operator new(count * sizeof(std::uint64_t), kAlignment));
  }

  void give(std::uint64_t* block, std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(std::uint64_t);
    if (!kAddressSanitizer) {
      const std::lock_guard lock(mutex_);
      if (bytes_ + bytes <= kMaxPooledBytes && keep(block, count)) {
        bytes_ += bytes;
        return;
      }
    }
    ::operator delete(block, kAlignment);
  }

 private:
  bool keep(std::uint64_t* block, std::size_t count) noexcept {
    try {
      free_[count].push_back(block);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::uint64_t*>> free_;
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

LimbsUse limbs_use() { return {live_bytes.load(), peak_bytes.load()}; }
void restart_limbs_peak() { peak_bytes = live_bytes.load(); }

void Limbs::shrink(std::size_t count) {
  check(count <= count_, "shrink to more words than there are");
  count_ = count;
}

bool Limbs::operator==(const Limbs& other) const {
  return std::equal(words_, words_ + count_, other.words_, other.words_ + other.count_);
}

}  // namespace salus::ring
