// Key sets: what is taken, and that a file with something else in it is refused aloud.
#include "service/jwk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "service/testing/rfc_tokens.h"
#include "service/testing/token_signer.h"

namespace salus::service {
namespace {

using nlohmann::json;

std::string set_text(const json& keys) { return json{{"keys", keys}}.dump(); }
json rfc(std::string_view key) { return json::parse(key); }

void expect_refused(const std::string& text, std::string_view why) {
  const auto set = JwkSet::parse(text);
  ASSERT_FALSE(set) << text;
  EXPECT_NE(set.error().message.find(why), std::string::npos) << set.error().message;
}

/// The RFC's key with one member changed (or taken away by null) is refused.
void expect_change_refused(std::string_view key, const char* member, const json& value,
                           std::string_view why) {
  json changed = rfc(key);
  changed[member] = value;
  if (value.is_null()) changed.erase(member);
  expect_refused(set_text(json::array({changed})), why);
}

TEST(Jwk, TakesEveryKindOfKeyAndPinsItsAlgorithm) {
  const json keys = json::array({rfc(kRfc7515RsaKey), rfc(kRfc7515EcKey), rfc(kRfc8037Key),
                                 TokenSigner(JwsAlgorithm::kEs384, "p384").jwk()});
  const JwkSet set = must(JwkSet::parse(set_text(keys)));
  EXPECT_EQ(set.size(), 4u);
  EXPECT_EQ(set.find("A.2")->algorithm(), JwsAlgorithm::kRs256);
  EXPECT_EQ(set.find("A.3")->algorithm(), JwsAlgorithm::kEs256);
  EXPECT_EQ(set.find("A.4")->algorithm(), JwsAlgorithm::kEdDsa);
  EXPECT_EQ(set.find("p384")->algorithm(), JwsAlgorithm::kEs384);
  EXPECT_EQ(set.find("a.2"), nullptr);
  EXPECT_EQ(set.find(""), nullptr);
}

TEST(Jwk, TakesWhatIssuersPublishBesideAKey) {
  json key = rfc(kRfc7515EcKey);
  key["use"] = "sig";
  key["alg"] = "ES256";
  key["key_ops"] = json::array({"verify"});
  key["x5t"] = "not read";
  EXPECT_TRUE(JwkSet::parse(set_text(json::array({key}))));
}

TEST(Jwk, RefusesPrivateAndSharedKeys) {
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    for (const std::string_view key : {kRfc7515RsaKey, kRfc7515EcKey, kRfc8037Key}) {
      json leaked = rfc(key);
      leaked[member] = "SECRETSECRET";
      const auto set = JwkSet::parse(set_text(json::array({leaked})));
      ASSERT_FALSE(set);
      EXPECT_EQ(set.error().code, ErrorCode::kInvalidArgument);
      EXPECT_NE(set.error().message.find("private"), std::string::npos);
      EXPECT_EQ(set.error().message.find("SECRET"), std::string::npos);
    }
  }
  expect_refused(set_text(json::array({{{"kty", "oct"}, {"kid", "a"}, {"k", "c2VjcmV0"}}})),
                 "shared secret");
}

TEST(Jwk, RefusesAKeyForAnotherPurposeOrAlgorithm) {
  expect_change_refused(kRfc7515EcKey, "use", "enc", "use");
  expect_change_refused(kRfc7515EcKey, "use", 1, "use");
  expect_change_refused(kRfc7515EcKey, "key_ops", json::array({"sign"}), "key_ops");
  expect_change_refused(kRfc7515EcKey, "key_ops", json::array({"verify", "sign"}), "key_ops");
  expect_change_refused(kRfc7515EcKey, "alg", "ES384", "alg");
  expect_change_refused(kRfc7515RsaKey, "alg", "RS512", "alg");
  expect_change_refused(kRfc7515RsaKey, "alg", "HS256", "alg");
  expect_change_refused(kRfc7515RsaKey, "alg", "none", "alg");
  expect_change_refused(kRfc8037Key, "alg", json::array({"EdDSA"}), "alg");
  expect_change_refused(kRfc7515EcKey, "kty", "ec", "kty");
  expect_change_refused(kRfc7515EcKey, "kty", nullptr, "kty");
}

TEST(Jwk, RefusesPointsOffTheirCurve) {
  expect_change_refused(kRfc7515EcKey, "crv", "P-384", "48 bytes");
  expect_change_refused(kRfc7515EcKey, "crv", "P-521", "crv");
  expect_change_refused(kRfc7515EcKey, "crv", "secp256k1", "crv");
  expect_change_refused(kRfc7515EcKey, "crv", nullptr, "crv");
  expect_change_refused(kRfc7515EcKey, "y", nullptr, "y is missing");
  expect_change_refused(kRfc7515EcKey, "x", rfc(kRfc7515EcKey)["y"], "curve");
  expect_change_refused(kRfc7515EcKey, "x", std::string(43, 'A'), "curve");
  expect_change_refused(kRfc7515EcKey, "x", encode_base64url(Bytes(33)), "32 bytes");
  expect_change_refused(kRfc7515EcKey, "x", "f83O+3D2", "base64url");
  // x and y over the field's modulus, and a point of P-256 that claims to be one of Ed25519.
  const std::string over = encode_base64url(Bytes(32, std::byte{0xff}));
  expect_change_refused(kRfc7515EcKey, "x", over, "curve");
  expect_change_refused(kRfc8037Key, "crv", "Ed448", "Ed25519");
  expect_change_refused(kRfc8037Key, "crv", "X25519", "Ed25519");
}

/// With a key of small order, one signature fits many messages.
TEST(Jwk, RefusesEd25519KeysOfSmallOrder) {
  Bytes neutral(32);
  neutral[0] = std::byte{1};
  Bytes over(32, std::byte{0xff});  // not the one spelling of its value
  for (const Bytes& x : {Bytes(32), neutral, over}) {
    expect_change_refused(kRfc8037Key, "x", encode_base64url(x), "prime-order");
  }
  expect_change_refused(kRfc8037Key, "x", encode_base64url(Bytes(31)), "32 bytes");
}

TEST(Jwk, RefusesWeakRsaKeys) {
  const json weak = TokenSigner(JwsAlgorithm::kRs256, "weak", 1024).jwk();
  expect_refused(set_text(json::array({weak})), "1024 bits");
  Bytes large(kMaxRsaBits / 8 + 1, std::byte{0xff});
  expect_change_refused(kRfc7515RsaKey, "n", encode_base64url(large), "8192");
  Bytes n = must(decode_base64url(rfc(kRfc7515RsaKey)["n"].get<std::string>()));
  n.back() ^= std::byte{1};
  expect_change_refused(kRfc7515RsaKey, "n", encode_base64url(n), "even");
  n.insert(n.begin(), std::byte{0});
  expect_change_refused(kRfc7515RsaKey, "n", encode_base64url(n), "zero byte");
  for (const char* e : {"Aw", "AQ", "AQAA", "AA", ""}) {
    expect_change_refused(kRfc7515RsaKey, "e", e, "e ");
  }
  expect_change_refused(kRfc7515RsaKey, "e", encode_base64url(Bytes(5, std::byte{1})), "32");
}

TEST(Jwk, TakesLargerRsaKeys) {
  const TokenSigner key(JwsAlgorithm::kRs256, "large", 3072);
  const JwkSet set = key_set_of(key);
  EXPECT_TRUE(set.find("large")->verifies("text", key.sign("text")));
}

TEST(Jwk, RefusesKidsThatNameNothingOrTwo) {
  expect_change_refused(kRfc7515EcKey, "kid", nullptr, "kid");
  expect_change_refused(kRfc7515EcKey, "kid", "", "kid");
  expect_change_refused(kRfc7515EcKey, "kid", 7, "kid");
  expect_change_refused(kRfc7515EcKey, "kid", std::string(kMaxKeyIdBytes + 1, 'k'), "kid");
  json other = rfc(kRfc8037Key);
  other["kid"] = "A.3";
  expect_refused(set_text(json::array({rfc(kRfc7515EcKey), other})), "same kid");
}

TEST(Jwk, RefusesWhatIsNoKeySet) {
  for (const char* text : {"", "{}", "[]", R"({"keys":[]})", R"({"keys":{}})", R"({"keys":[1]})",
                           R"({"keys":[{}],"keys":[]})", "-----BEGIN PUBLIC KEY-----"}) {
    EXPECT_FALSE(JwkSet::parse(text)) << text;
  }
  expect_refused(std::string(kRfc7515EcKey), "keys");  // a key alone is no set
  json many = json::array();
  for (std::size_t i = 0; i <= kMaxKeysInSet; ++i) {
    many.push_back(rfc(kRfc8037Key));
    many.back()["kid"] = std::to_string(i);
  }
  expect_refused(set_text(many), "more than");
  many.erase(0);
  EXPECT_TRUE(JwkSet::parse(set_text(many)));
}

TEST(Jwk, ReadsAFileThatOnlyItsOwnerWrites) {
  namespace fs = std::filesystem;
  const fs::path path = fs::path(testing::TempDir()) / "salus_jwk_test.json";
  must(write_file(path, as_bytes(set_text(json::array({rfc(kRfc8037Key)})))));
  EXPECT_TRUE(JwkSet::read(path));
  for (const fs::perms bit : {fs::perms::group_write, fs::perms::others_write}) {
    fs::permissions(path, bit, fs::perm_options::add);
    const auto open = JwkSet::read(path);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, ErrorCode::kDenied);
    fs::permissions(path, bit, fs::perm_options::remove);
  }
  fs::remove(path);
  const auto gone = JwkSet::read(path);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace salus::service
