// Goal:   one spelling a value: every other base64, number and name is refused.
// Method: the vectors of RFC 4648 section 10, all non-canonical variants of one text, the edges of
//         the number range, and names with every kind of forbidden character.

#include "tlog/text.h"

#include <gtest/gtest.h>

#include <array>

namespace salus::tlog {
namespace {

TEST(Base64, FollowsTheVectorsOfTheStandard) {
  constexpr std::array<std::array<std::string_view, 2>, 7> kVectors = {{{"", ""},
                                                                        {"f", "Zg=="},
                                                                        {"fo", "Zm8="},
                                                                        {"foo", "Zm9v"},
                                                                        {"foob", "Zm9vYg=="},
                                                                        {"fooba", "Zm9vYmE="},
                                                                        {"foobar", "Zm9vYmFy"}}};
  for (const auto& [plain, encoded] : kVectors) {
    EXPECT_EQ(encode_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(must(decode_base64(encoded))), plain);
  }
}

TEST(Base64, HasOneSpellingOnly) {
  for (const std::string_view wrong :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm9=", "Zm9v ", " Zm9v", "Zm9v\n", "Zm-_", "Z", "=",
        "Zg==Zg==", "Zm9v=", "Zm\n9v"}) {
    EXPECT_FALSE(decode_base64(wrong)) << wrong;
  }
}

TEST(Base64, ADigestIsThirtyTwoBytes) {
  const Digest digest = sha256(as_bytes("x"));

  EXPECT_EQ(must(decode_digest(encode_digest(digest))), digest);
  EXPECT_FALSE(decode_digest(encode_base64(Bytes(31))));
  EXPECT_FALSE(decode_digest(encode_base64(Bytes(33))));
}

TEST(Decimal, ReachesItsLimitAndNoFurther) {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  EXPECT_EQ(must(parse_decimal("0", 0)), 0u);
  EXPECT_EQ(must(parse_decimal("18446744073709551615", kAll)), kAll);
  EXPECT_EQ(must(parse_decimal("9223372036854775807", kAll >> 1)), kAll >> 1);
  EXPECT_FALSE(parse_decimal("18446744073709551616", kAll));
  EXPECT_FALSE(parse_decimal("9223372036854775808", kAll >> 1));
  EXPECT_FALSE(parse_decimal("99999999999999999999", kAll));
  EXPECT_FALSE(parse_decimal("1", 0));
}

TEST(Decimal, HasOneSpellingOnly) {
  for (const std::string_view wrong :
       {"", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "0x1", "1e3"}) {
    EXPECT_FALSE(parse_decimal(wrong, 1'000'000)) << wrong;
  }
}

TEST(Lines, EndInANewline) {
  LineReader lines("a\n\nb\nc");

  EXPECT_EQ(lines.next(), "a");
  EXPECT_EQ(lines.next(), "");
  EXPECT_EQ(lines.next(), "b");
  EXPECT_EQ(lines.next(), std::nullopt);
  EXPECT_EQ(lines.rest(), "c");
}

TEST(NoteText, IsUtf8WithoutControlCharacters) {
  EXPECT_TRUE(is_note_text("one\ntwo \xe2\x80\x94 \xc3\xa9 \xf0\x9f\x98\x80\n"));
  for (const std::string_view wrong : {"a\tb", "a\rb", "\x1f", "\xc0\x80", "\xe0\x80\x80",
                                       "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x80"}) {
    EXPECT_FALSE(is_note_text(wrong));
  }
  EXPECT_FALSE(is_note_text(std::string_view("a\0b", 3)));
}

TEST(KeyName, HasNeitherSpacesNorPlus) {
  EXPECT_TRUE(is_key_name("example.com/log"));
  EXPECT_TRUE(is_key_name("k\xc3\xa4se"));
  EXPECT_TRUE(is_key_name(std::string(kMaxNameBytes, 'a')));
  EXPECT_FALSE(is_key_name(std::string(kMaxNameBytes + 1, 'a')));
  for (const std::string_view wrong : {"", "a b", "a+b", "a\nb", "a\tb", "\xc2\xa0", "\xe2\x80\x83",
                                       "\xe3\x80\x80", "\xc2\x85", "\xff"}) {
    EXPECT_FALSE(is_key_name(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace salus::tlog
