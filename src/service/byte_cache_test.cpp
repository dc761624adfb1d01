// Goal: the cache keeps what was used last and never more than its limit.
#include "service/byte_cache.h"

#include <gtest/gtest.h>

#include "service/state_bytes.h"

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

TEST(State, RefusesBytesThatAreNone) {
  EXPECT_EQ(read_state(as_bytes("something else"), nullptr).error().code, ErrorCode::kVersion);
  Bytes empty = write_state({}, {});
  EXPECT_TRUE(read_state(empty, nullptr)->empty());
  empty.push_back(std::byte{0});
  EXPECT_EQ(read_state(empty, nullptr).error().code, ErrorCode::kParse);
  Bytes many = to_bytes(as_bytes("salus-state 1\n"));
  append_u32(many, 5000);
  EXPECT_EQ(read_state(many, nullptr).error().code, ErrorCode::kLimit);
  append_u64(many, ~std::uint64_t{0});
  many[14] = std::byte{1}, many[15] = std::byte{0};
  EXPECT_EQ(read_state(many, nullptr).error().code, ErrorCode::kParse);
}

}  // namespace
}  // namespace salus::service
