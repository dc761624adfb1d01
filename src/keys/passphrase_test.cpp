// Goal:   a wrapped secret opens with its passphrase and header, and with nothing else.
// Method: round trip at the least cost, then every change.
#include "keys/passphrase.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace salus::keys {
namespace {

constexpr std::string_view kWords = "correct horse battery";
const ByteView kHeader = as_bytes("header");

TEST(Passphrase, OpensWhatItWrapped) {
  const Bytes content = to_bytes(as_bytes("thirty-two bytes of a root, here"));
  const Bytes wrapped = must(wrap(content, kWords, kHeader, kLeastCost));
  EXPECT_EQ(wrapped.size(), content.size() + kWrapOverhead);
  EXPECT_TRUE(
      std::ranges::equal(must(unwrap(wrapped, kWords, kHeader, kLeastCost)).reveal(), content));
  EXPECT_NE(wrapped, must(wrap(content, kWords, kHeader, kLeastCost))) << "a salt of its own";

  const auto refused = [&](ByteView bytes, std::string_view words, ByteView header,
                           PassphraseCost cost) {
    return unwrap(bytes, words, header, cost).error().code;
  };
  EXPECT_EQ(refused(wrapped, "correct horse batterz", kHeader, kLeastCost), ErrorCode::kDenied);
  EXPECT_EQ(refused(wrapped, kWords, as_bytes("Header"), kLeastCost), ErrorCode::kDenied);
  EXPECT_EQ(refused(wrapped, kWords, kHeader, {kLeastCost.memory_bytes, 3}), ErrorCode::kDenied);
  for (const std::size_t i : {0UL, 16UL, 40UL, wrapped.size() - 1}) {
    Bytes changed = wrapped;
    changed[i] ^= std::byte{1};
    EXPECT_EQ(refused(changed, kWords, kHeader, kLeastCost), ErrorCode::kDenied) << "byte " << i;
  }
  EXPECT_EQ(refused(ByteView(wrapped).first(kWrapOverhead - 1), kWords, kHeader, kLeastCost),
            ErrorCode::kParse);
}

TEST(Passphrase, RefusesCostsOfCheapGuessesAndOfHostileFiles) {
  EXPECT_TRUE(check_cost(PassphraseCost{}));
  EXPECT_TRUE(check_cost(kLeastCost));
  EXPECT_TRUE(check_cost(kMostCost));
  for (const PassphraseCost& cost :
       {PassphraseCost{kLeastCost.memory_bytes - 1, 3}, PassphraseCost{kLeastCost.memory_bytes, 1},
        PassphraseCost{kMostCost.memory_bytes + 1, 3},
        PassphraseCost{kLeastCost.memory_bytes, 17}}) {
    EXPECT_EQ(check_cost(cost).error().code, ErrorCode::kLimit);
    EXPECT_EQ(unwrap(Bytes(100), kWords, kHeader, cost).error().code, ErrorCode::kLimit);
    EXPECT_EQ(wrap(Bytes(32), kWords, kHeader, cost).error().code, ErrorCode::kLimit);
  }
}

TEST(Passphrase, CountsCharactersNotBytes) {
  EXPECT_TRUE(check_passphrase("twelve chars"));
  EXPECT_EQ(check_passphrase("eleven char").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(check_passphrase("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc").error().code,
            ErrorCode::kInvalidArgument)
      << "six characters of two bytes each";
  EXPECT_EQ(check_passphrase(std::string(1025, 'a')).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(wrap(Bytes(32), "short", kHeader, kLeastCost).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace salus::keys
