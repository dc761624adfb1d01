// Goal:   a list of ciphertexts survives the wire; hostile bytes are refused before they cost
// memory. Method: two encryptions of one key and one of another; cut, lengthened and broken bytes.
#include "wire/ciphertexts.h"

#include <gtest/gtest.h>

#include "keys/testing/fixture.h"

namespace salus::wire {
namespace {

using keys::test::CkksFixture;
using keys::test::literal_of;

TEST(Ciphertexts, SurviveTheWire) {
  CkksFixture f(literal_of({.log_n = 10, .dnum = 2, .specials = 2}), 5);
  const std::vector<ckks::Ciphertext> values = {f.encrypt(f.real_values(), 1),
                                                f.encrypt(f.real_values(), 0)};
  const Digest key = sha256({});
  const Bytes bytes = write(values, key);
  const ReadCiphertexts back = must(read_ciphertexts(bytes, f.params));
  EXPECT_EQ(back.key_id, key);
  ASSERT_EQ(back.values.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(back.values[i].parts, values[i].parts);

  for (std::size_t n = 0; n < bytes.size(); n += 997)
    EXPECT_FALSE(read_ciphertexts(std::span(bytes).first(n), f.params)) << n;
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(read_ciphertexts(longer, f.params).error().code, ErrorCode::kParse);

  // The second one of another key.
  Bytes mixed = write(std::span(values).first(1), key);
  const Bytes other = write(std::span(values).last(1), sha256(as_bytes("other")));
  const std::size_t head = std::string_view("salus-ciphertexts 1\n").size();
  mixed[head] = std::byte{2};
  append(mixed, std::span(other).subspan(head + 4));
  EXPECT_EQ(read_ciphertexts(mixed, f.params).error().code, ErrorCode::kMismatch);
}

TEST(Ciphertexts, RefuseBytesThatAreNone) {
  EXPECT_EQ(read_ciphertexts(as_bytes("something else"), nullptr).error().code,
            ErrorCode::kVersion);
  Bytes empty = write(std::span<const ckks::Ciphertext>(), {});
  EXPECT_TRUE(must(read_ciphertexts(empty, nullptr)).values.empty());
  empty.push_back(std::byte{0});
  EXPECT_EQ(read_ciphertexts(empty, nullptr).error().code, ErrorCode::kParse);
  Bytes many = to_bytes(as_bytes("salus-ciphertexts 1\n"));
  append_u32(many, kMaxCiphertexts + 1);
  EXPECT_EQ(read_ciphertexts(many, nullptr).error().code, ErrorCode::kLimit);
  many = to_bytes(as_bytes("salus-ciphertexts 1\n"));
  append_u32(many, 1);
  append_u64(many, ~std::uint64_t{0});
  EXPECT_EQ(read_ciphertexts(many, nullptr).error().code, ErrorCode::kParse);
}

}  // namespace
}  // namespace salus::wire
