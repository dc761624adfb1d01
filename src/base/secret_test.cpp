// Goal:   secret values are wiped before their memory is given back, and cannot be copied.
// Method: an element type whose operator delete[] looks at the memory that it receives.

#include "base/secret.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

namespace salus {
namespace {

static_assert(!std::is_copy_constructible_v<Secret<int>>);
static_assert(!std::is_copy_assignable_v<Secret<int>>);
static_assert(!std::is_move_assignable_v<Secret<int>>);
static_assert(std::is_nothrow_move_constructible_v<Secret<int>>);

/// Remembers whether the memory was all zeros when it was given back.
struct Watched {
  std::uint64_t value;
  static inline std::size_t allocated = 0;
  static inline int freed = 0;
  static inline bool wiped = false;

  static void* operator new[](std::size_t size) {
    allocated = size;
    return std::malloc(size);
  }
  static void operator delete[](void* memory) {
    const auto* bytes = static_cast<const unsigned char*>(memory);
    wiped = std::all_of(bytes, bytes + allocated, [](unsigned char b) { return b == 0; });
    ++freed;
    std::free(memory);
  }
};

TEST(Secret, IsWipedBeforeItsMemoryIsGivenBack) {
  Watched::freed = 0;
  {
    Secret<Watched> secret(33);
    for (Watched& w : secret.reveal()) w.value = 0x5ec4e7;
    Watched::wiped = false;
  }

  EXPECT_EQ(Watched::freed, 1);
  EXPECT_TRUE(Watched::wiped);
}

TEST(Secret, AMovedSecretKeepsItsValuesAndIsWipedOnce) {
  Watched::freed = 0;
  {
    Secret<Watched> first(4);
    first.reveal()[3].value = 7;
    const Secret<Watched> second(std::move(first));
    EXPECT_EQ(second.reveal().size(), 4u);
    EXPECT_EQ(second.reveal()[3].value, 7u);
    EXPECT_TRUE(first.reveal().empty());  // NOLINT(bugprone-use-after-move): promised empty
  }

  EXPECT_EQ(Watched::freed, 1);
  EXPECT_TRUE(Watched::wiped);
}

TEST(Secret, StartsAsZeros) {
  const Secret<std::uint64_t> secret(100);

  EXPECT_TRUE(std::ranges::all_of(secret.reveal(), [](std::uint64_t x) { return x == 0; }));
}

TEST(Secret, ZeroingReachesExactlyTheGivenBytes) {
  std::array<std::byte, 9> bytes;
  bytes.fill(std::byte{0xff});
  secure_zero(std::span(bytes).subspan(1, 7));

  EXPECT_EQ(bytes.front(), std::byte{0xff});
  EXPECT_EQ(bytes.back(), std::byte{0xff});
  EXPECT_TRUE(std::all_of(bytes.begin() + 1, bytes.end() - 1,
                          [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace
}  // namespace salus
