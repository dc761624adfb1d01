// Goal:   keys are read and written as other tools do, and typing errors are found.
// Method: published keys of C2SP, Go's sumdb/note and Tessera; every single wrong character.

#include "tlog/key.h"

#include <gtest/gtest.h>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kFoo =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

TEST(VerifierKey, ReadsAndWritesPublishedKeys) {
  for (const std::string_view text :
       {kFoo,
        std::string_view("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
        std::string_view("example.com/log/testdata+33d7b496+"
                         "AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")}) {
    const VerifierKey key = must(VerifierKey::parse(text));
    EXPECT_EQ(key.text(), text);
    EXPECT_EQ(key.type, KeyType::kEd25519);
  }
  EXPECT_EQ(must(VerifierKey::parse(kFoo)).id(), 0x530d903au);
}

TEST(VerifierKey, AnyWrongCharacterIsFound) {
  for (std::size_t i = 0; i < kFoo.size(); ++i) {
    for (const int flip : {1, 2, 32}) {
      std::string wrong(kFoo);
      wrong[i] = static_cast<char>(wrong[i] ^ flip);
      EXPECT_FALSE(VerifierKey::parse(wrong)) << wrong;
    }
  }
  for (std::size_t size = 0; size < kFoo.size(); ++size) {
    EXPECT_FALSE(VerifierKey::parse(kFoo.substr(0, size)));
  }
  EXPECT_FALSE(VerifierKey::parse(std::string(kFoo) + "\n"));
}

TEST(VerifierKey, TheTypeIsPartOfTheId) {
  const VerifierKey log = must(VerifierKey::parse(kFoo));
  VerifierKey witness = log;
  witness.type = KeyType::kCosignature;

  EXPECT_NE(witness.id(), log.id());
  EXPECT_EQ(must(VerifierKey::parse(witness.text())), witness);
}

TEST(VerifierKey, AnotherTypeIsAnotherVersion) {
  const std::string lattice = "w+00000000+" + encode_base64(Bytes(1313, std::byte{6}));

  EXPECT_EQ(VerifierKey::parse(lattice).error().code, ErrorCode::kVersion);
}

TEST(VerifierKey, AKeyOfAnotherLengthIsRefused) {
  for (const std::size_t size : {1u, 32u, 34u}) {
    Bytes typed(size);
    typed[0] = std::byte{1};
    const Result<VerifierKey> key = VerifierKey::parse("w+00000000+" + encode_base64(typed));
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ErrorCode::kParse);
  }
}

TEST(BigEndian, IsWhatItSays) {
  Bytes out;
  append_big_endian(out, 0x0102030405060708u, 8);
  append_big_endian(out, 0xfffe, 2);

  EXPECT_EQ(to_hex(out), "0102030405060708fffe");
  EXPECT_EQ(load_big_endian(ByteView(out).first(8)), 0x0102030405060708u);
  EXPECT_EQ(load_big_endian(ByteView(out).last(2)), 0xfffeu);
}

}  // namespace
}  // namespace salus::tlog
