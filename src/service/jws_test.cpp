// Signatures: the published examples are accepted, and every attack that has a name is refused.
#include "service/jws.h"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "service/testing/rfc_tokens.h"
#include "service/testing/token_signer.h"

namespace salus::service {
namespace {

using nlohmann::json;

JwkSet set_of(std::string_view key) {
  return must(JwkSet::parse(R"({"keys":[)" + std::string(key) + "]}"));
}

const TokenSigner& signer(JwsAlgorithm algorithm) {
  static const TokenSigner es256(JwsAlgorithm::kEs256, "es256");
  static const TokenSigner es384(JwsAlgorithm::kEs384, "es384");
  static const TokenSigner rs256(JwsAlgorithm::kRs256, "rs256");
  static const TokenSigner eddsa(JwsAlgorithm::kEdDsa, "eddsa");
  switch (algorithm) {
    case JwsAlgorithm::kEs256: return es256;
    case JwsAlgorithm::kEs384: return es384;
    case JwsAlgorithm::kRs256: return rs256;
    case JwsAlgorithm::kEdDsa: return eddsa;
  }
  throw Defect("no such algorithm");
}

constexpr std::array kAll = {JwsAlgorithm::kEs256, JwsAlgorithm::kEs384, JwsAlgorithm::kRs256,
                             JwsAlgorithm::kEdDsa};

const JwkSet& keys() {
  static const JwkSet set = key_set_of(signer(JwsAlgorithm::kEs256), signer(JwsAlgorithm::kEs384),
                                       signer(JwsAlgorithm::kRs256), signer(JwsAlgorithm::kEdDsa));
  return set;
}

/// Refused, for this reason, in words that hold nothing of the token.
void expect_refused(const std::string& token, std::string_view why) {
  const auto outcome = verify_jws(token, keys());
  ASSERT_FALSE(outcome) << token;
  EXPECT_EQ(outcome.error().code, ErrorCode::kDenied);
  EXPECT_NE(outcome.error().message.find(why), std::string::npos) << outcome.error().message;
}

std::string es256_token() { return signer(JwsAlgorithm::kEs256).token({{"a", 1}}); }

std::string without_signature(const std::string& token) {
  return token.substr(0, token.rfind('.'));
}

TEST(Jws, AcceptsTheExampleOfRfc7515A2) {
  const auto jws = verify_jws(kRfc7515RsaToken, *set_of(kRfc7515RsaKey).find("A.2"));
  ASSERT_TRUE(jws) << jws.error().message;
  EXPECT_EQ(jws->payload, kRfc7515Payload);
}

TEST(Jws, AcceptsTheExampleOfRfc7515A3) {
  const auto jws = verify_jws(kRfc7515EcToken, *set_of(kRfc7515EcKey).find("A.3"));
  ASSERT_TRUE(jws) << jws.error().message;
  EXPECT_EQ(jws->payload, kRfc7515Payload);
}

TEST(Jws, AcceptsTheExampleOfRfc8037A4) {
  const auto jws = verify_jws(kRfc8037Token, *set_of(kRfc8037Key).find("A.4"));
  ASSERT_TRUE(jws) << jws.error().message;
  EXPECT_EQ(jws->payload, kRfc8037Payload);
}

TEST(Jws, AcceptsEveryAlgorithmByTheNameOfItsKey) {
  for (const JwsAlgorithm algorithm : kAll) {
    json header = signer(algorithm).header();
    header["typ"] = "at+jwt";
    header["unknown"] = 1;
    const auto jws = verify_jws(signer(algorithm).token(header, "any bytes \xff"), keys());
    ASSERT_TRUE(jws) << jws.error().message;
    EXPECT_EQ(jws->payload, "any bytes \xff");
    EXPECT_EQ(jws->type, "at+jwt");
  }
}

TEST(Jws, RefusesATokenWithAnyByteFlipped) {
  for (const JwsAlgorithm algorithm : kAll) {
    const std::string good = signer(algorithm).token({{"sub", "somebody"}});
    ASSERT_TRUE(verify_jws(good, keys()));
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const int bit : {0x01, 0x02, 0x20, 0x80}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ bit);
        EXPECT_FALSE(verify_jws(bad, keys())) << name(algorithm) << " byte " << at;
      }
    }
  }
}

TEST(Jws, RefusesATokenCutShortOrContinued) {
  const std::string good = es256_token();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(verify_jws(good.substr(0, size), keys())) << size;
  }
  for (const char* more : {"A", "AA", "AAAA", "=", "==", ".", "\n", " ", "\t"}) {
    EXPECT_FALSE(verify_jws(good + more, keys())) << more;
    EXPECT_FALSE(verify_jws(more + good, keys())) << more;
  }
  EXPECT_FALSE(verify_jws(good + std::string(1, '\0'), keys()));
}

TEST(JwsAttack, AlgNone) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "ES256K"}) {
    const std::string body =
        base64url(json{{"alg", alg}, {"kid", "es256"}}.dump()) + "." + base64url("{}");
    expect_refused(body + ".", "alg");
    expect_refused(signer(JwsAlgorithm::kEs256).seal(body), "alg");
  }
  for (const json& alg : {json(nullptr), json(1), json::array({"ES256"}), json::object()}) {
    expect_refused(signer(JwsAlgorithm::kEs256).token(json{{"alg", alg}, {"kid", "es256"}}, "{}"),
                   "no alg");
  }
  expect_refused(signer(JwsAlgorithm::kEs256).token(json{{"kid", "es256"}}, "{}"), "no alg");
}

TEST(JwsAttack, Hs256WithThePublicKeyAsSecret) {
  const std::string body = base64url(R"({"alg":"HS256","kid":"rs256"})") + "." + base64url("{}");
  const json jwk = signer(JwsAlgorithm::kRs256).jwk();
  for (const std::string& secret :
       {jwk.dump(), jwk["n"].get<std::string>(),
        std::string(as_text(must(decode_base64url(jwk["n"].get<std::string>()))))}) {
    std::array<unsigned char, 32> tag{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), tag.data(), &size);
    expect_refused(body + "." + encode_base64url(std::as_bytes(std::span(tag))), "alg");
  }
}

TEST(JwsAttack, AlgOfAnotherKey) {
  // Also where signature and key would fit: what the header says must be true.
  for (const JwsAlgorithm of_key : kAll) {
    for (const JwsAlgorithm claimed : kAll) {
      if (of_key == claimed) continue;
      const json header = {{"alg", name(claimed)}, {"kid", signer(of_key).kid()}};
      expect_refused(signer(of_key).token(header, "{}"), "alg is not that of its key");
      expect_refused(signer(claimed).token(header, "{}"), "alg is not that of its key");
    }
  }
}

TEST(JwsAttack, KidOfAnotherKey) {
  const TokenSigner own(JwsAlgorithm::kEs256, "es256");  // the kid is known, the key is not
  expect_refused(own.token({{"a", 1}}), "signature");
  const TokenSigner unknown(JwsAlgorithm::kEs256, "ES256");  // kids differ by case
  expect_refused(unknown.token({{"a", 1}}), "not in the key set");
  for (const char* kid : {"", "es25", "es2566", "../es256", "es256\n"}) {
    expect_refused(signer(JwsAlgorithm::kEs256).token(json{{"alg", "ES256"}, {"kid", kid}}, "{}"),
                   "not in the key set");
  }
  // No key is tried because it might fit, and a kid is a text.
  expect_refused(signer(JwsAlgorithm::kEs256).token(json{{"alg", "ES256"}}, "{}"), "no key");
  expect_refused(signer(JwsAlgorithm::kEs256).token(json{{"alg", "ES256"}, {"kid", 1}}, "{}"),
                 "kid is not a text");
}

TEST(JwsAttack, PsychicSignaturesCve202221449) {
  for (const JwsAlgorithm algorithm : {JwsAlgorithm::kEs256, JwsAlgorithm::kEs384}) {
    const std::string good = signer(algorithm).token({{"a", 1}});
    const std::string body = without_signature(good);
    const Bytes raw = signer(algorithm).sign(body);
    const std::size_t half = raw.size() / 2;
    const Bytes zeros(half);
    const Bytes ones(half, std::byte{0xff});  // over the order of the group
    const Bytes r(raw.begin(), raw.begin() + half);
    const Bytes s(raw.begin() + half, raw.end());
    for (const auto& [first, second] : std::vector<std::pair<Bytes, Bytes>>{
             {zeros, zeros}, {r, zeros}, {zeros, s}, {ones, ones}, {r, ones}, {ones, s}}) {
      Bytes forged = first;
      append(forged, second);
      expect_refused(body + "." + encode_base64url(forged), "signature");
    }
  }
}

TEST(JwsAttack, DerInsteadOfRawSignature) {
  for (const JwsAlgorithm algorithm : {JwsAlgorithm::kEs256, JwsAlgorithm::kEs384}) {
    const std::string body = without_signature(signer(algorithm).token({{"a", 1}}));
    expect_refused(body + "." + encode_base64url(signer(algorithm).openssl_signature(body)),
                   "signature");
  }
}

TEST(JwsAttack, SignatureOfAnotherLength) {
  for (const JwsAlgorithm algorithm : kAll) {
    const std::string body = without_signature(signer(algorithm).token({{"a", 1}}));
    const Bytes raw = signer(algorithm).sign(body);
    Bytes longer = raw;
    append_u8(longer, 0);
    Bytes padded = {std::byte{0}};
    append(padded, raw);
    const Bytes shorter(raw.begin(), raw.end() - 1);
    for (const Bytes& wrong : {longer, padded, shorter, Bytes{}}) {
      expect_refused(body + "." + encode_base64url(wrong), "signature");
    }
  }
}

TEST(JwsAttack, SignatureOfAnotherTokenOrKey) {
  const TokenSigner other(JwsAlgorithm::kRs256, "rs256");
  expect_refused(other.token({{"a", 1}}), "signature");
  const std::string one = signer(JwsAlgorithm::kRs256).token({{"a", 1}});
  const std::string two = signer(JwsAlgorithm::kRs256).token({{"a", 2}});
  expect_refused(without_signature(one) + two.substr(two.rfind('.')), "signature");
}

/// RFC 8032 section 5.1.7 demands s below the order L; s + L would else be a second signature.
TEST(JwsAttack, Ed25519SignatureWithLargerS) {
  const TokenSigner& key = signer(JwsAlgorithm::kEdDsa);
  const std::string body = without_signature(key.token({{"a", 1}}));
  Bytes raw = key.sign(body);
  const Bytes order = must(
      from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"));  // RFC 8032
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += std::to_integer<unsigned>(raw[32 + i]) + std::to_integer<unsigned>(order[i]);
    raw[32 + i] = static_cast<std::byte>(carry);
    carry >>= 8;
  }
  expect_refused(body + "." + encode_base64url(raw), "signature");
}

/// Accepted, and said so in VerificationKey::verifies: TokenTest shows that jti covers it.
TEST(JwsAttack, HighSIsTheOtherSpellingOfTheSameSignature) {
  const Bytes order =
      must(from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"));
  const std::string body = without_signature(es256_token());
  Bytes raw = signer(JwsAlgorithm::kEs256).sign(body);
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = std::to_integer<int>(order[i]) - std::to_integer<int>(raw[32 + i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    raw[32 + i] = static_cast<std::byte>(digit + 256 * borrow);
  }
  EXPECT_TRUE(verify_jws(body + "." + encode_base64url(raw), keys()));
}

TEST(JwsAttack, PartsMissingOrTooMany) {
  const std::string good = es256_token();
  const std::string body = without_signature(good);
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), body, good + "." + good, "." + good,
        good + ".", std::string("a.b.c.d.e")}) {
    EXPECT_FALSE(verify_jws(bad, keys())) << bad;
  }
  expect_refused(".." + good.substr(good.rfind('.') + 1), "header");
}

TEST(JwsAttack, JsonSerialization) {
  const std::string good = es256_token();
  const std::size_t first = good.find('.');
  const std::size_t last = good.rfind('.');
  const json flat = {{"protected", good.substr(0, first)},
                     {"payload", good.substr(first + 1, last - first - 1)},
                     {"signature", good.substr(last + 1)}};
  expect_refused(flat.dump(), "three parts");
}

TEST(JwsAttack, OtherSpellingsOfBase64url) {
  const TokenSigner& key = signer(JwsAlgorithm::kEs256);
  const std::string header = base64url(key.header().dump());
  // Signed as they stand, so that only the spelling is wrong.
  for (const char* payload : {"e30=", "e31", "e3 0", "e30\n", "e30\r\n", "e/+A", "e", "e3%30"}) {
    expect_refused(key.seal(header + "." + payload), "base64url");
  }
  EXPECT_TRUE(verify_jws(key.seal(header + ".e30"), keys()));
  // libsodium 1.0.18 alone would read a byte that is not ASCII as an underscore.
  std::string not_ascii = es256_token();
  while (not_ascii.find('_', not_ascii.rfind('.')) == std::string::npos) not_ascii = es256_token();
  not_ascii[not_ascii.rfind('_')] = static_cast<char>(0x80);
  expect_refused(not_ascii, "base64url");
  std::string last_bit = es256_token();  // 64 bytes leave four bits of the last letter unused
  last_bit.back() = static_cast<char>(last_bit.back() + 1);
  expect_refused(last_bit, "base64url");
}

TEST(JwsAttack, HeaderThatTwoReadersReadDifferently) {
  const TokenSigner& key = signer(JwsAlgorithm::kEs256);
  const auto with_header = [&](const std::string& header) {
    return key.seal(base64url(header) + "." + base64url("{}"));
  };
  ASSERT_TRUE(verify_jws(with_header(R"({"alg":"ES256","kid":"es256"})"), keys()));
  expect_refused(with_header(R"({"alg":"none","alg":"ES256","kid":"es256"})"), "twice");
  expect_refused(with_header(R"({"alg":"ES256","\u0061lg":"none","kid":"es256"})"), "twice");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256","x":{"a":1,"a":2}})"), "twice");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256"} x)"), "not JSON");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256"}{})"), "not JSON");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256",})"), "not JSON");
  expect_refused(with_header(R"(["ES256"])"), "not a JSON object");
  expect_refused(with_header(std::string(R"({"alg":"ES256","kid":"es256"})") + '\0' + "none"),
                 "not JSON");
  expect_refused(with_header("\xef\xbb\xbf"
                             R"({"alg":"ES256","kid":"es256"})"),
                 "not JSON");
  expect_refused(with_header("{\"alg\":\"ES256\",\"kid\":\"es256\",\"x\":\"\xff\"}"), "not JSON");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256","x":NaN})"), "not JSON");
  expect_refused(with_header(R"({"alg":"ES256","kid":"es256","x":1e999})"), "not JSON");
}

TEST(JwsAttack, CritAndUnencodedPayload) {
  const TokenSigner& key = signer(JwsAlgorithm::kEs256);
  for (const json& crit : {json::array({"b64"}), json::array({"exp"}), json::array(), json(true)}) {
    json header = key.header();
    header["crit"] = crit;
    expect_refused(key.token(header, "{}"), "crit");
  }
  for (const json& b64 : {json(false), json("true"), json(nullptr), json(0)}) {
    json header = key.header();
    header["b64"] = b64;
    expect_refused(key.token(header, "{}"), "b64");
  }
}

TEST(JwsAttack, KeyInTheHeaderIsNotUsed) {
  const TokenSigner own(JwsAlgorithm::kEs256, "es256");
  json header = own.header();
  header["jwk"] = own.jwk();
  header["jku"] = "https://attacker.example/keys";
  header["x5u"] = "https://attacker.example/chain";
  header["x5c"] = json::array({"MIIB"});
  expect_refused(own.token(header, "{}"), "signature");
  header["kid"] = "attacker";
  expect_refused(own.token(header, "{}"), "not in the key set");
  header.erase("kid");
  expect_refused(own.token(header, "{}"), "no key");
}

TEST(JwsAttack, OversizedOrDeepTokens) {
  const TokenSigner& key = signer(JwsAlgorithm::kEdDsa);
  const std::string head = base64url(key.header().dump()) + ".";
  const std::size_t fixed = head.size() + 1 + 86;  // the dot and the signature
  const std::size_t room = (kMaxJwsBytes - fixed) / 4 * 4;
  EXPECT_TRUE(verify_jws(key.seal(head + std::string(room, 'A')), keys()));
  expect_refused(key.seal(head + std::string(room + 4, 'A')), "longer than");
  expect_refused(std::string(1u << 20, '.'), "longer than");
  json header = key.header();
  header["x"] = std::string(kMaxJwsHeaderBytes, 'x');
  expect_refused(key.token(header, "{}"), "longer than");
  const std::string deep =
      R"({"alg":"EdDSA","kid":"eddsa","x":)" + std::string(900, '[') + std::string(900, ']') + "}";
  expect_refused(key.seal(base64url(deep) + ".e30"), "deeper");
}

}  // namespace
}  // namespace salus::service
