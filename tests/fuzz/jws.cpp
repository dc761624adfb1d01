// links: salus_service PkgConfig::SODIUM
// Tokens come from anybody who asks. Three ways in: the text as a token under the published keys,
// as a set of keys, and as the claims of a token whose signature is good. Nothing crashes; a token
// that nobody signed is not accepted; what is accepted keeps its promises.
#include <sodium.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "service/base64url.h"
#include "service/testing/rfc_tokens.h"
#include "service/token.h"

namespace {

using namespace salus;
using namespace salus::service;

constexpr store::TimeMs kNow = 1'300'819'000'000;  // the examples of RFC 7515 run out soon after

struct Published {
  std::string_view token;
  VerificationKey key;
};

JwkSet set_of(std::string_view key) {
  return must(JwkSet::parse(R"({"keys":[)" + std::string(key) + "]}"));
}

/// Signs claims, so that what is behind the signature is reached.
struct Issuer {
  Issuer() {
    const std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
    crypto_sign_seed_keypair(point.data(), secret.data(), seed.data());
  }
  JwkSet keys() const {
    return set_of(R"({"kty":"OKP","crv":"Ed25519","kid":"k","x":")" +
                  encode_base64url(std::as_bytes(std::span(point))) + R"("})");
  }
  std::string token(std::string_view claims) const {
    const std::string text = encode_base64url(as_bytes(R"({"alg":"EdDSA","kid":"k"})")) + "." +
                             encode_base64url(as_bytes(claims));
    std::array<unsigned char, crypto_sign_BYTES> signature;
    crypto_sign_detached(signature.data(), nullptr,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                         secret.data());
    return text + "." + encode_base64url(std::as_bytes(std::span(signature)));
  }

  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> point{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
};

void read_as_token(std::string_view text) {
  static const std::array<Published, 3> published = {
      Published{kRfc7515RsaToken, *set_of(kRfc7515RsaKey).find("A.2")},
      Published{kRfc7515EcToken, *set_of(kRfc7515EcKey).find("A.3")},
      Published{kRfc8037Token, *set_of(kRfc8037Key).find("A.4")}};
  // What was signed is compared, not the signature: an ECDSA signature has a second spelling.
  const auto signed_part = [](std::string_view token) { return token.substr(0, token.rfind('.')); };
  for (const Published& example : published) {
    const auto jws = verify_jws(text, example.key);
    if (jws) {
      check(signed_part(text) == signed_part(example.token), "nobody signed this");
    } else {
      check(jws.error().code == ErrorCode::kDenied, "a token is refused as such");
      check(text != example.token, "a published example is refused");
    }
  }
}

void read_as_claims(std::string_view text) {
  static const Issuer issuer;
  const auto used = std::make_shared<ReplayCache>(1);
  const TokenVerifier verifier =
      must(TokenVerifier::make({.issuer = "joe", .audience = "us"}, issuer.keys(), used));
  const std::string token = issuer.token(text);
  const auto sign_in = verifier.accept(token, kNow);
  if (!sign_in) {
    check(sign_in.error().code == ErrorCode::kDenied, "a token is refused as such");
    check(used->size() == 0, "a refused token is used up");
    return;
  }
  check(sign_in->issuer == "joe" && !sign_in->subject.empty(), "somebody signed in");
  check(sign_in->expires > kNow - 60'000 && sign_in->expires <= kNow + 3'660'000, "for an hour");
  check(!verifier.accept(token, kNow), "a token signs in once");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_as_token(text);
  if (text.starts_with('{')) {
    if (const auto keys = JwkSet::parse(text)) check(keys->size() > 0, "a set has keys");
    read_as_claims(text);
  }
  return 0;
}
