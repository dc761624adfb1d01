// Memory of polynomials: aligned words, handed out again and again without asking the system.
#pragma once

#include <cstddef>
#include <cstdint>

namespace salus::ring {

/// An owned array of words, aligned to 64 bytes, its contents undefined until written. Blocks come
/// from a pool that all threads share: a large block that goes back to the system costs a page
/// fault for every 4 KiB when it comes again, more than most operations on it. Never holds secret
/// keys.
class Limbs {
 public:
  Limbs() = default;
  explicit Limbs(std::size_t count);
  Limbs(const Limbs& other);
  Limbs(Limbs&& other) noexcept;
  Limbs& operator=(Limbs other) noexcept;
  ~Limbs();

  std::uint64_t* data() { return words_; }
  const std::uint64_t* data() const { return words_; }
  std::size_t size() const { return count_; }
  /// Forgets the words from `count` on; the block stays.
  void shrink(std::size_t count);

  bool operator==(const Limbs& other) const;

 private:
  std::uint64_t* words_ = nullptr;
  std::size_t count_ = 0;
  std::size_t block_ = 0;  // words of the block
};

struct LimbsUse {
  std::size_t bytes = 0;   ///< of all Limbs that live now
  std::size_t peak = 0;    ///< the most there were since the last restart
  std::size_t pooled = 0;  ///< kept for later
};
LimbsUse limbs_use();
void restart_limbs_peak();

/// Bytes that the pool keeps for later; beyond, blocks go back to the system.
inline constexpr std::size_t kMaxPooledBytes = std::size_t{512} << 20;

}  // namespace salus::ring
