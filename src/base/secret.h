// Values that must not outlive their use.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace salus {

/// Overwrites with zeros; never optimised away (sodium_memzero).
void secure_zero(std::span<std::byte> bytes) noexcept;

/// Wiped on destruction, never copied by accident, never printed. `reveal()` is the only way in,
/// so that searching for that one word lists every place that touches secret material.
template <class T>
requires std::is_trivially_copyable_v<T>
class Secret {
 public:
  explicit Secret(std::size_t count) : values_(std::make_unique<T[]>(count)), count_(count) {}
  ~Secret() { secure_zero(std::as_writable_bytes(reveal())); }

  Secret(Secret&& other) noexcept
      : values_(std::move(other.values_)), count_(std::exchange(other.count_, 0)) {}
  Secret& operator=(Secret&&) = delete;  // move-only, and never over a live secret

  std::span<T> reveal() noexcept { return {values_.get(), count_}; }
  std::span<const T> reveal() const noexcept { return {values_.get(), count_}; }

 private:
  std::unique_ptr<T[]> values_;
  std::size_t count_;
};

}  // namespace salus
