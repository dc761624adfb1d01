// Goal:   polynomial memory behaves as a value and is aligned.
// Method: copies, moves and returned blocks, from several threads at once.

#include "ring/limbs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/platform.h"
#include "base/result.h"

namespace salus::ring {
namespace {

Limbs filled(std::size_t count, std::uint64_t value) {
  Limbs out(count);
  std::fill_n(out.data(), count, value);
  return out;
}

TEST(Limbs, AreAlignedValues) {
  const Limbs a = filled(1000, 7);
  Limbs b = a;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 64, 0u);
  EXPECT_EQ(a, b);

  b.data()[999] = 8;
  EXPECT_NE(a, b);
  EXPECT_EQ(a.data()[999], 7u);

  const Limbs c = std::move(b);
  EXPECT_EQ(c.data()[999], 8u);
  b = c;
  EXPECT_EQ(b, c);
  EXPECT_EQ(Limbs(), Limbs(0));
}

TEST(Limbs, ShrinkOnly) {
  Limbs a = filled(64, 3);
  a.shrink(16);
  EXPECT_EQ(a, filled(16, 3));
  EXPECT_THROW(a.shrink(17), Defect);
}

// Blocks that nothing asks for any more make room for those that are in use; none of them is
// touched, so that they take addresses and no memory.
TEST(Limbs, AFullPoolKeepsWhatIsInUse) {
  if (kAddressSanitizer) GTEST_SKIP() << "the address sanitizer sees every block come and go";
  constexpr std::size_t kOld = (std::size_t{1} << 20) / sizeof(std::uint64_t);
  {
    std::vector<Limbs> old;
    for (std::size_t i = 0; i < kMaxPooledBytes / (kOld * sizeof(std::uint64_t)); ++i)
      old.emplace_back(kOld);
  }
  constexpr std::size_t kCount = 16 * kOld;
  { const Limbs used(kCount); }
  const std::size_t pooled = limbs_use().pooled;
  EXPECT_LE(pooled, kMaxPooledBytes);
  const Limbs again(kCount);
  EXPECT_EQ(limbs_use().pooled, pooled - kCount * sizeof(std::uint64_t)) << "not from the pool";
}

TEST(Limbs, UseIsCounted) {
  const LimbsUse before = limbs_use();
  restart_limbs_peak();
  {
    const Limbs a(100);
    Limbs b(1000);
    b.shrink(10);
    EXPECT_EQ(limbs_use().bytes, before.bytes + 1100 * sizeof(std::uint64_t));
  }
  EXPECT_EQ(limbs_use().bytes, before.bytes);
  EXPECT_EQ(limbs_use().peak, before.bytes + 1100 * sizeof(std::uint64_t));
}

TEST(Limbs, ThreadsGetBlocksOfTheirOwn) {
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int round = 0; round < 200; ++round) {
        const Limbs a = filled(512, t);
        std::this_thread::yield();
        const Limbs b = filled(512, t + 100);
        EXPECT_TRUE(std::all_of(a.data(), a.data() + 512, [t](auto x) { return x == t; }));
        EXPECT_TRUE(std::all_of(b.data(), b.data() + 512, [t](auto x) { return x == t + 100; }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace salus::ring
