// Goal:   bytes are read and written little-endian and in bounds; digests are SHA-256.
// Method: round trips, every truncation of a record, published vectors (FIPS 180-4 examples).

#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/testing/test_random.h"

namespace salus {
namespace {

Bytes record() {
  Bytes out;
  append_u8(out, 0x01);
  append_u16(out, 0x0302);
  append_u32(out, 0x07060504);
  append_u64(out, 0x0f0e0d0c0b0a0908);
  append_f64(out, -0.1);
  append(out, as_bytes("end"));
  return out;
}

TEST(Bytes, WordsLieLittleEndian) {
  const Bytes bytes = record();

  EXPECT_EQ(to_hex(ByteView(bytes).first(15)), "0102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(15, 8)), "9a9999999999b9bf");
  EXPECT_EQ(as_text(ByteView(bytes).last(3)), "end");
  EXPECT_EQ(to_bytes(bytes), bytes);
}

TEST(Bytes, LoadsReturnWhatWasAppended) {
  const Bytes bytes = record();
  const ByteView view = bytes;

  EXPECT_EQ(load_u16(view.subspan(1)), 0x0302);
  EXPECT_EQ(load_u32(view.subspan(3)), 0x07060504u);
  EXPECT_EQ(load_u64(view.subspan(7)), 0x0f0e0d0c0b0a0908u);
  EXPECT_EQ(load_f64(view.subspan(15)), -0.1);
}

TEST(Bytes, LoadingFromTooFewBytesIsADefect) {
  const Bytes seven(7);

  EXPECT_THROW(load_u64(seven), Defect);
  EXPECT_THROW(load_f64(seven), Defect);
  EXPECT_THROW(load_u32(ByteView(seven).first(3)), Defect);
  EXPECT_THROW(load_u16(ByteView(seven).first(1)), Defect);
}

TEST(ByteReader, ReadsARecordFrontToBack) {
  const Bytes bytes = record();
  ByteReader in(bytes);

  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0302);
  EXPECT_EQ(in.u32(), 0x07060504u);
  EXPECT_EQ(in.u64(), 0x0f0e0d0c0b0a0908u);
  EXPECT_EQ(in.f64(), -0.1);
  EXPECT_EQ(as_text(in.bytes(3)), "end");
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(in.offset(), bytes.size());
}

TEST(ByteReader, EveryTruncationIsNoticedAndReadsZeros) {
  const Bytes bytes = record();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(ByteView(bytes).first(size));
    in.u8(), in.u16(), in.u32(), in.u64(), in.f64(), in.bytes(3);

    EXPECT_FALSE(in.ok()) << size;
    EXPECT_LE(in.failed_at(), size);
    EXPECT_EQ(in.u8(), 0) << "a reader that failed stays failed";
    EXPECT_EQ(in.u64(), 0u);
    EXPECT_TRUE(in.bytes(0).empty());
  }
}

TEST(ByteReader, AHugeCountDoesNotWrapAround) {
  const Bytes bytes(16);
  ByteReader in(bytes);
  in.u64();

  EXPECT_TRUE(in.bytes(std::numeric_limits<std::size_t>::max()).empty());
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.failed_at(), 8u);
}

TEST(Hex, RoundTripsAndAcceptsCapitals) {
  Bytes all;
  for (int b = 0; b < 256; ++b) append_u8(all, static_cast<std::uint8_t>(b));

  EXPECT_EQ(must(from_hex(to_hex(all))), all);
  EXPECT_EQ(must(from_hex("aAfF")), must(from_hex("AaFf")));
  EXPECT_TRUE(must(from_hex("")).empty());
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const char* bad : {"a", "abc", "0g", "g0", "0x", "  ", "-1", "a\xff"}) {
    const Result<Bytes> result = from_hex(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::kParse);
  }
}

TEST(Sha256, AgreesWithThePublishedVectors) {
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(as_bytes(std::string(1'000'000, 'a'))).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, AStreamInPiecesHasTheDigestOfTheWhole) {
  const std::uint64_t seed = 11;
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::TestRandom random(seed);
  Bytes whole(5000);
  for (std::byte& b : whole) b = static_cast<std::byte>(random.word());

  Sha256 stream;
  for (ByteView rest = whole; !rest.empty();) {
    const std::size_t take = std::min<std::size_t>(rest.size(), random.below(200));
    stream.update(rest.first(take));
    rest = rest.subspan(take);
  }

  EXPECT_EQ(stream.finish(), sha256(whole));
}

TEST(Digest, ParsesItsOwnHexAndNothingElse) {
  const Digest digest = sha256(as_bytes("abc"));

  EXPECT_EQ(must(Digest::parse(digest.hex())), digest);
  for (const std::string& bad :
       {digest.hex().substr(1), digest.hex() + "0", std::string(64, 'x')}) {
    const Result<Digest> result = Digest::parse(bad);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kParse);
  }
}

}  // namespace
}  // namespace salus
