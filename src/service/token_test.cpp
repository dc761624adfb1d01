// Claims: who a token speaks for, for whom, how long, and that it signs in once.
#include "service/token.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "service/testing/token_signer.h"

namespace salus::service {
namespace {

using nlohmann::json;
using store::TimeMs;

constexpr std::int64_t kNow = 1'800'000'000;  // seconds
constexpr TimeMs kNowMs = kNow * 1000;

const TokenSigner& signer() {
  static const TokenSigner key(JwsAlgorithm::kEs256, "issuer-1");
  return key;
}

TokenRules rules() { return {.issuer = "https://id.example", .audience = "https://salus.example"}; }

json claims() {
  static int count = 0;
  return {{"iss", "https://id.example"},
          {"aud", "https://salus.example"},
          {"sub", "practitioner/7"},
          {"iat", kNow - 10},
          {"exp", kNow + 300},
          {"jti", "t" + std::to_string(++count)},
          {"scope", "openid user/Observation.rs"}};
}

json with(const char* claim, json value) {
  json changed = claims();
  changed[claim] = std::move(value);
  return changed;
}

json without(const char* claim) {
  json changed = claims();
  changed.erase(claim);
  return changed;
}

class Token : public testing::Test {
 protected:
  TokenVerifier make(TokenRules with_rules = rules()) const {
    return must(TokenVerifier::make(std::move(with_rules), key_set_of(signer()), used));
  }
  Result<TokenSubject> accept(const json& said, TimeMs now = kNowMs) const {
    return verifier.accept(signer().token(said), now);
  }
  /// Refused for this reason, in words that quote nothing of the claims.
  void expect_refused(const json& said, std::string_view why, TimeMs now = kNowMs) const {
    const auto outcome = accept(said, now);
    ASSERT_FALSE(outcome) << said;
    EXPECT_EQ(outcome.error().code, ErrorCode::kDenied);
    EXPECT_NE(outcome.error().message.find(why), std::string::npos) << outcome.error().message;
  }

  std::shared_ptr<ReplayCache> used = std::make_shared<ReplayCache>(64);
  TokenVerifier verifier = make();
};

TEST_F(Token, SignsIn) {
  const auto sign_in = accept(claims());
  ASSERT_TRUE(sign_in) << sign_in.error().message;
  EXPECT_EQ(sign_in->issuer, "https://id.example");
  EXPECT_EQ(sign_in->subject, "practitioner/7");
  EXPECT_EQ(sign_in->scopes, (std::vector<std::string>{"openid", "user/Observation.rs"}));
  EXPECT_EQ(sign_in->expires, (kNow + 300) * 1000);
}

TEST_F(Token, OfAnotherIssuer) {
  for (const json& issuer : {json("https://id.example/"), json("https://ID.example"), json(""),
                             json(nullptr), json::array({"https://id.example"})}) {
    expect_refused(with("iss", issuer), "issuer");
  }
  expect_refused(without("iss"), "issuer");
}

TEST_F(Token, ForAnAudienceAsTextOrArray) {
  EXPECT_TRUE(accept(with("aud", json::array({"https://salus.example"}))));
  EXPECT_TRUE(accept(with("aud", json::array({"other", "https://salus.example"}))));
  for (const json& audience :
       {json("other"), json(""), json("https://salus.example "), json("https://salus.exampl"),
        json::array(), json::array({"other"}), json(1), json(nullptr), json::object(),
        json::array({"https://salus.example", 1}),
        json::array({json::array({"https://salus.example"})}),
        json(std::vector<std::string>(kMaxAudiences + 1, "https://salus.example"))}) {
    expect_refused(with("aud", audience), "audience");
  }
  expect_refused(without("aud"), "audience");
}

TEST_F(Token, ThatHasRunOut) {
  // Until exp plus the skew, to the millisecond.
  EXPECT_TRUE(accept(with("exp", kNow), kNowMs));
  EXPECT_TRUE(accept(with("exp", kNow - 5), kNowMs + 54'999));
  expect_refused(with("exp", kNow), "run out", kNowMs + 60'000);
  expect_refused(with("exp", kNow - 3600), "run out");
  expect_refused(with("exp", 0), "run out");
  expect_refused(without("exp"), "no exp");
}

TEST_F(Token, ThatIsNotValidYet) {
  EXPECT_TRUE(accept(with("nbf", kNow + 60)));
  expect_refused(with("nbf", kNow + 61), "nbf");
  expect_refused(with("nbf", kNow + 60.001), "nbf");
  EXPECT_TRUE(accept(with("iat", kNow + 60)));
  expect_refused(with("iat", kNow + 61), "iat");
  EXPECT_TRUE(accept(without("iat")));
}

TEST_F(Token, ThatLastsTooLong) {
  json longest = with("exp", kNow + 3590);  // an hour from its iat
  EXPECT_TRUE(accept(longest));
  longest["exp"] = kNow + 3591;
  expect_refused(longest, "too long");
  longest.erase("iat");
  longest["exp"] = kNow + 3660;
  longest["jti"] = "without iat";
  EXPECT_TRUE(accept(longest));
  longest["exp"] = kNow + 3661;
  expect_refused(longest, "too long");
  // A token that was made long ago for a day stays refused in its last minutes.
  json old = with("iat", kNow - 86'000);
  expect_refused(old, "too long");
}

TEST_F(Token, WithTimesThatAreNone) {
  for (const char* claim : {"exp", "nbf", "iat"}) {
    for (const json& time : {json(std::to_string(kNow)), json(true), json(nullptr), json::array(),
                             json::array({kNow}), json(-1), json(-0.5), json(1e300),
                             json(253'402'300'800), json(18'446'744'073'709'551'615u)}) {
      expect_refused(with(claim, time), "not a time");
    }
  }
  EXPECT_TRUE(accept(with("exp", kNow + 0.5)));
}

TEST_F(Token, WithTimesThatOnlyTextCanSay) {
  const auto accept_exp = [&](const std::string& exp) {
    std::string text = with("exp", "EXP").dump();
    text.replace(text.find("\"EXP\""), 5, exp);
    return verifier.accept(signer().token(signer().header(), text), kNowMs);
  };
  EXPECT_TRUE(accept_exp("1800000100"));
  EXPECT_TRUE(accept_exp("1.8000001e9"));
  for (const char* exp : {"NaN", "nan", "Infinity", "-Infinity", "1e309", "1e99999999999",
                          "0x7fffffff", "1800000100L", "01800000100", "+1800000100", "18000001.",
                          "-0.0", "1e18", "340282366920938463463374607431768211456"}) {
    EXPECT_FALSE(accept_exp(exp)) << exp;
  }
}

TEST_F(Token, WithoutSubject) {
  for (const json& subject : {json(""), json(7), json(nullptr), json("a\nb"), json("m\u00fcller"),
                              json(std::string("a\0b", 3)), json(std::string(256, 's'))}) {
    expect_refused(with("sub", subject), "sub");
  }
  expect_refused(without("sub"), "sub");
}

TEST_F(Token, WithScopesThatAreNone) {
  EXPECT_TRUE(accept(without("scope")));
  EXPECT_TRUE(accept(with("scope", "")));
  std::string most = "s";
  for (std::size_t i = 1; i < kMaxScopes; ++i) most += " s";
  EXPECT_TRUE(accept(with("scope", most)));
  for (const json& scope : {json(" a"), json("a "), json("a  b"), json("a\tb"), json("a\"b"),
                            json("a\\b"), json::array({"a"}), json(1), json(most + " s")}) {
    expect_refused(with("scope", scope), "scope");
  }
}

TEST_F(Token, WhoseClaimsTwoReadersReadDifferently) {
  const auto refused = [&](const std::string& text) {
    return !verifier.accept(signer().token(signer().header(), text), kNowMs);
  };
  const std::string good = claims().dump();
  const std::string open = good.substr(0, good.size() - 1);
  EXPECT_TRUE(refused(open + R"(,"sub":"admin"})"));
  EXPECT_TRUE(refused(open + R"(,"\u0073ub":"admin"})"));
  EXPECT_TRUE(refused(open + R"(,"x":{"y":1,"y":2}})"));
  EXPECT_TRUE(refused(good + "x"));
  EXPECT_TRUE(refused(good + good));
  EXPECT_TRUE(refused(good + std::string("\0{}", 3)));
  EXPECT_TRUE(refused("\xef\xbb\xbf" + good));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("[]"));
  EXPECT_TRUE(refused(open + ",\"x\":" + std::string(64, '[') + std::string(64, ']') + "}"));
  EXPECT_FALSE(refused(good));
}

TEST_F(Token, WithoutJti) {
  for (const json& jti : {json(""), json(7), json(nullptr), json(std::string(256, 'j'))}) {
    expect_refused(with("jti", jti), "jti");
  }
  expect_refused(without("jti"), "jti");
}

TEST_F(Token, SignsInOnce) {
  const json said = claims();
  const std::string token = signer().token(said);
  ASSERT_TRUE(verifier.accept(token, kNowMs));
  // As it is, signed again (ECDSA signs anew each time), and with other claims.
  expect_refused(said, "used before");
  EXPECT_FALSE(verifier.accept(token, kNowMs));
  EXPECT_FALSE(make().accept(token, kNowMs)) << "verifiers share what they have seen";
  expect_refused(with("jti", said["jti"]), "used before");
  // Until it has run out for good, and after that for another reason.
  expect_refused(said, "used before", (kNow + 300) * 1000 + 59'999);
  expect_refused(said, "run out", (kNow + 300) * 1000 + 60'000);
}

TEST_F(Token, MalleatedSignsInOnceToo) {
  const std::string token = signer().token(claims());
  const std::size_t dot = token.rfind('.') + 1;
  Bytes raw = must(decode_base64url(token.substr(dot)));
  const Bytes order =
      must(from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"));
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {  // s becomes order - s
    const int digit = std::to_integer<int>(order[i]) - std::to_integer<int>(raw[32 + i]) - borrow;
    borrow = digit < 0 ? 1 : 0;
    raw[32 + i] = static_cast<std::byte>(digit + 256 * borrow);
  }
  const std::string twin = token.substr(0, dot) + encode_base64url(raw);
  ASSERT_NE(twin, token);
  ASSERT_TRUE(verifier.accept(twin, kNowMs));
  const auto again = verifier.accept(token, kNowMs);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("used before"), std::string::npos);
}

TEST_F(Token, ThatWasRefusedIsNotUsedUp) {
  const json said = with("nbf", kNow + 100);
  expect_refused(said, "nbf");
  EXPECT_TRUE(accept(said, kNowMs + 100'000));
}

TEST_F(Token, ComesNotBackWhenTheClockGoesBack) {
  const json said = claims();
  ASSERT_TRUE(accept(said));
  ASSERT_TRUE(accept(with("exp", kNow + 3000), kNowMs + 1'000'000));  // forgets the first one
  EXPECT_EQ(used->size(), 1u);
  expect_refused(said, "run out");
}

TEST_F(Token, IsRefusedWhenNoMoreCanBeRemembered) {
  used = std::make_shared<ReplayCache>(2);
  verifier = make();
  const json first = claims();
  ASSERT_TRUE(accept(first));
  ASSERT_TRUE(accept(claims()));
  const auto third = accept(claims());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(outward_error(third.error()).code, ErrorCode::kUnavailable);
  expect_refused(first, "used before");  // none was forgotten to make room
  EXPECT_TRUE(accept(with("exp", kNow + 1000), (kNow + 360) * 1000)) << "room when they ran out";
}

TEST_F(Token, JtiBelongsToItsIssuer) {
  EXPECT_TRUE(used->admit("a", "bc", kNowMs + 1, kNowMs));
  EXPECT_TRUE(used->admit("ab", "c", kNowMs + 1, kNowMs));
  EXPECT_FALSE(used->admit("ab", "c", kNowMs + 1, kNowMs));
  EXPECT_FALSE(used->admit("d", "e", kNowMs, kNowMs)) << "nothing to remember it for";
}

TEST_F(Token, OfManyThreadsSignsInOnce) {
  const std::string token = signer().token(claims());
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { accepted += verifier.accept(token, kNowMs).has_value() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_F(Token, OfAnotherTypeIsRefusedWhereOneIsAskedFor) {
  TokenRules typed = rules();
  typed.type = "at+jwt";
  const TokenVerifier strict = make(typed);
  const auto accepted = [&](const json& type) {
    json header = signer().header();
    if (!type.is_null()) header["typ"] = type;
    return strict.accept(signer().token(header, claims().dump()), kNowMs).has_value();
  };
  EXPECT_TRUE(accepted("at+jwt"));
  EXPECT_TRUE(accepted("AT+JWT"));
  EXPECT_TRUE(accepted("application/at+jwt"));
  EXPECT_FALSE(accepted("JWT"));
  EXPECT_FALSE(accepted(nullptr));
  EXPECT_FALSE(accepted(1));
}

TEST_F(Token, WithAnyByteFlippedIsRefused) {
  const std::string good = signer().token(claims());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x01);
    const auto outcome = verifier.accept(bad, kNowMs);
    ASSERT_FALSE(outcome) << at;
    EXPECT_EQ(outcome.error().code, ErrorCode::kDenied);
  }
  EXPECT_TRUE(verifier.accept(good, kNowMs)) << "and none of them used it up";
}

TEST_F(Token, IsNeverInAMessage) {
  const char* marks[] = {"MARKED", "bWFya2Vk"};
  for (const char* claim : {"iss", "aud", "sub", "jti", "exp", "nbf", "iat", "scope"}) {
    const auto outcome = accept(with(claim, json::array({"MARKED"})));
    ASSERT_FALSE(outcome) << claim;
    for (const char* mark : marks) EXPECT_EQ(outcome.error().message.find(mark), std::string::npos);
  }
  for (const char* member : {"alg", "kid", "typ", "crit", "b64"}) {
    json header = signer().header();
    header[member] = member == std::string("typ") ? json(1) : json("MARKED");
    const auto outcome = verifier.accept(signer().token(header, claims().dump()), kNowMs);
    ASSERT_FALSE(outcome) << member;
    for (const char* mark : marks) EXPECT_EQ(outcome.error().message.find(mark), std::string::npos);
  }
}

TEST_F(Token, RefusedForAnyReasonIsAnsweredAlike) {
  const Error one = outward_error(accept(with("iss", "other")).error());
  const Error two = outward_error(verifier.accept("nonsense", kNowMs).error());
  EXPECT_EQ(one.code, ErrorCode::kDenied);
  EXPECT_EQ(one.code, two.code);
  EXPECT_EQ(one.message, two.message);
}

TEST_F(Token, RulesThatMakeNoSenseAreRefused) {
  const auto refused = [&](TokenRules wrong) {
    return !TokenVerifier::make(std::move(wrong), key_set_of(signer()), used);
  };
  EXPECT_FALSE(refused(rules()));
  TokenRules wrong = rules();
  wrong.issuer.clear();
  EXPECT_TRUE(refused(wrong));
  wrong = rules();
  wrong.audience.clear();
  EXPECT_TRUE(refused(wrong));
  for (const TimeMs skew : {TimeMs{-1}, kMaxTokenSkewMs + 1}) {
    wrong = rules();
    wrong.max_skew_ms = skew;
    EXPECT_TRUE(refused(wrong));
  }
  for (const TimeMs lifetime : {TimeMs{-1}, TimeMs{0}, kMaxTokenLifetimeMs + 1}) {
    wrong = rules();
    wrong.max_lifetime_ms = lifetime;
    EXPECT_TRUE(refused(wrong));
  }
}

}  // namespace
}  // namespace salus::service
