// Goal: the cache keeps what was used last and never more than its limit.
#include "service/byte_cache.h"

#include <gtest/gtest.h>

namespace salus::service {
namespace {

Digest key(int number) { return sha256(as_bytes(std::to_string(number))); }

TEST(ByteCache, DropsWhatWasUsedLongestAgo) {
  ByteCache<int> cache(100);
  cache.put(key(1), std::make_shared<int>(1), 40);
  cache.put(key(2), std::make_shared<int>(2), 40);
  EXPECT_EQ(*cache.find(key(1)), 1);

  cache.put(key(3), std::make_shared<int>(3), 40);

  EXPECT_EQ(cache.find(key(2)), nullptr);
  EXPECT_EQ(*cache.find(key(1)), 1);
  EXPECT_EQ(*cache.find(key(3)), 3);
  EXPECT_EQ(cache.used_bytes(), 80u);
}

TEST(ByteCache, KeepsNothingThatIsLargerThanItself) {
  ByteCache<int> cache(100);
  cache.put(key(1), std::make_shared<int>(1), 100);
  cache.put(key(2), std::make_shared<int>(2), 101);
  EXPECT_NE(cache.find(key(1)), nullptr);
  EXPECT_EQ(cache.find(key(2)), nullptr);
}

}  // namespace
}  // namespace salus::service
