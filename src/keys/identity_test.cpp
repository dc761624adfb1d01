// Goal:   all keys of an identity follow from its root as documented; signatures and capsules serve
//         one identity and one context.
// Method: values that Python's cryptography 48 (OpenSSL 3) gave for the root 00 01 .. 1f, with
//         XChaCha20 made of HChaCha20 by hand; then every change that must be refused.
#include "keys/identity.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace salus::keys {
namespace {

constexpr std::string_view kSigning =
    "c6db3da3e38b372314e4aeb8fad08baa5209c6930abb98ad1f68b5f4364a819d";
constexpr std::string_view kAgreement =
    "a0e7c459da07197aa2ff2ef09e97b686c1929f47f71396f42e9488f10cc6e517";
constexpr std::string_view kSignatureOfHello =
    "23e986b50c48d32d87274a31315a83eedae035f1e6ab99342dae475cbdf1f30b"
    "2611a3ccf521c82b48acd58c0b5241435c2b7fefcde4492b070e4d56a2783b0b";
constexpr std::string_view kCapsule =
    "7d9c24316539825c1896e57f28197746793ce60cbee3ad47da9d07b85fa55e2aeddf7bdaaa93e0a0dfc201d97d88"
    "e2c1eb7af0acf0056805c84240cf4e39444d59b8dfa57b47d9dac6958181733af92e";

Bytes counting_root() {
  Bytes out;
  for (int i = 0; i < 32; ++i) out.push_back(static_cast<std::byte>(i));
  return out;
}

Identity sample() { return must(Identity::derive(counting_root())); }
Identity stranger() { return must(Identity::derive(random_seed())); }

TEST(Identity, DerivesWhatAnotherImplementationDerives) {
  const Identity identity = sample();
  const PublicIdentity& known = identity.public_identity();
  EXPECT_EQ(to_hex(known.signing), kSigning);
  EXPECT_EQ(to_hex(known.agreement), kAgreement);
  EXPECT_EQ(known.id(), "8d7cbf94a42bf8c2f12bc1df9bc8759f");
  EXPECT_EQ(to_hex(identity.sign("grant", as_bytes("hello"))), kSignatureOfHello);
  EXPECT_EQ(to_hex(identity.twin_seed("heart").reveal()),
            "e7888aefa6689c6b4a9016efd206923d58bba7ac9ca24dbe1b2f6d1c174bbc2d");
  const auto opened = identity.open("record 7", must(from_hex(kCapsule)));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(as_text(opened->reveal()), "a data key of 32 bytes, or other");
}

TEST(Identity, RefusesARootOfAnotherLength) {
  for (const std::size_t n : {0, 31, 33})
    EXPECT_EQ(Identity::derive(Bytes(n)).error().code, ErrorCode::kInvalidArgument);
}

TEST(Identity, TwinsHaveSeedsOfTheirOwn) {
  const Identity identity = sample();
  const auto heart = identity.twin_seed("heart"), liver = identity.twin_seed("liver");
  EXPECT_FALSE(std::ranges::equal(heart.reveal(), liver.reveal()));
  EXPECT_FALSE(std::ranges::equal(heart.reveal(), stranger().twin_seed("heart").reveal()));
}

TEST(Identity, ASignatureCountsForItsSignerContextAndMessageOnly) {
  const Identity identity = sample();
  const PublicIdentity& known = identity.public_identity();
  const Signature signature = identity.sign("grant", as_bytes("hello"));
  EXPECT_TRUE(verify(known, "grant", as_bytes("hello"), signature));
  EXPECT_FALSE(verify(stranger().public_identity(), "grant", as_bytes("hello"), signature));
  EXPECT_FALSE(verify(known, "login", as_bytes("hello"), signature));
  EXPECT_FALSE(verify(known, "grant", as_bytes("hellp"), signature));
  EXPECT_FALSE(verify(known, "granth", as_bytes("ello"), signature)) << "the same bytes in a row";
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Signature changed = signature;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(verify(known, "grant", as_bytes("hello"), changed)) << "byte " << i;
  }
}

TEST(Identity, ACapsuleOpensForOneIdentityAndContext) {
  const Identity identity = sample();
  const Bytes content = counting_root();
  const Bytes capsule = must(seal(identity.public_identity(), "record 7", content));
  EXPECT_EQ(capsule.size(), content.size() + kCapsuleOverhead);
  EXPECT_NE(capsule, must(seal(identity.public_identity(), "record 7", content)));
  EXPECT_TRUE(std::ranges::equal(must(identity.open("record 7", capsule)).reveal(), content));
  EXPECT_EQ(stranger().open("record 7", capsule).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(identity.open("record 8", capsule).error().code, ErrorCode::kCorrupt);
  for (std::size_t i = 0; i < capsule.size(); ++i) {
    Bytes changed = capsule;
    changed[i] ^= std::byte{1};
    EXPECT_FALSE(identity.open("record 7", changed)) << "byte " << i;
  }
  for (std::size_t n = 0; n < kCapsuleOverhead; ++n)
    EXPECT_EQ(identity.open("record 7", ByteView(capsule).first(n)).error().code,
              ErrorCode::kParse);
  EXPECT_EQ(must(identity.open("", must(seal(identity.public_identity(), "", {})))).reveal().size(),
            0u);
}

TEST(Identity, SealsToNoKeyOfSmallOrder) {
  EXPECT_EQ(seal(PublicIdentity{}, "record 7", counting_root()).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(PublicIdentity, IsOneLineOfText) {
  const PublicIdentity known = sample().public_identity();
  EXPECT_EQ(known.text(),
            "salus-identity-public 1 " + std::string(kSigning) + std::string(kAgreement));
  EXPECT_EQ(must(PublicIdentity::parse(known.text() + "\n")), known);
  const auto code = [](const std::string& text) {
    return PublicIdentity::parse(text).error().code;
  };
  EXPECT_EQ(code(""), ErrorCode::kParse);
  EXPECT_EQ(code("salus-identity-public 2 00"), ErrorCode::kVersion);
  EXPECT_EQ(code(known.text().substr(0, 100)), ErrorCode::kParse);
  EXPECT_EQ(code(known.text() + "00"), ErrorCode::kParse);
  std::string bad = known.text();
  bad[30] = 'g';
  EXPECT_EQ(code(bad), ErrorCode::kParse);
}

}  // namespace
}  // namespace salus::keys
