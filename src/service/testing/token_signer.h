// Keys and tokens for tests, made by OpenSSL: JWS in compact serialization, good and bad ones.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "service/base64url.h"
#include "service/jwk.h"

namespace salus::service {

inline std::string base64url(std::string_view text) { return encode_base64url(as_bytes(text)); }

/// A key pair of one algorithm.
class TokenSigner {
 public:
  TokenSigner(JwsAlgorithm algorithm, std::string kid, int rsa_bits = 2048)
      : algorithm_(algorithm), kid_(std::move(kid)), key_(generate(algorithm, rsa_bits)) {
    check(key_ != nullptr, "OpenSSL made no key");
  }

  const std::string& kid() const { return kid_; }

  /// The public half, RFC 7517.
  nlohmann::json jwk() const {
    nlohmann::json out = {{"kid", kid_}, {"alg", name(algorithm_)}, {"use", "sig"}};
    if (algorithm_ == JwsAlgorithm::kRs256) {
      out["kty"] = "RSA";
      out["n"] = encode_base64url(number(OSSL_PKEY_PARAM_RSA_N, 0));
      out["e"] = encode_base64url(number(OSSL_PKEY_PARAM_RSA_E, 0));
    } else if (algorithm_ == JwsAlgorithm::kEdDsa) {
      Bytes raw(32);
      std::size_t size = raw.size();
      check(EVP_PKEY_get_raw_public_key(key_.get(), octets(raw), &size) == 1, "no raw key");
      out["kty"] = "OKP";
      out["crv"] = "Ed25519";
      out["x"] = encode_base64url(raw);
    } else {
      out["kty"] = "EC";
      out["crv"] = algorithm_ == JwsAlgorithm::kEs256 ? "P-256" : "P-384";
      out["x"] = encode_base64url(number(OSSL_PKEY_PARAM_EC_PUB_X, half()));
      out["y"] = encode_base64url(number(OSSL_PKEY_PARAM_EC_PUB_Y, half()));
    }
    return out;
  }

  nlohmann::json header() const { return {{"alg", name(algorithm_)}, {"kid", kid_}}; }

  std::string token(const nlohmann::json& claims) const { return token(header(), claims.dump()); }
  std::string token(const nlohmann::json& header, std::string_view payload) const {
    return seal(base64url(header.dump()) + "." + base64url(payload));
  }
  /// Signs what is there, whether or not it is two parts of base64url.
  std::string seal(const std::string& text) const {
    return text + "." + encode_base64url(sign(text));
  }

  /// The signature as RFC 7518 and RFC 8037 encode it.
  Bytes sign(std::string_view text) const {
    const Bytes der = openssl_signature(text);
    return half() == 0 ? der : to_raw(der);
  }

  /// The signature as OpenSSL encodes it: DER for ECDSA.
  Bytes openssl_signature(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    const EVP_MD* hash = algorithm_ == JwsAlgorithm::kEdDsa   ? nullptr
                         : algorithm_ == JwsAlgorithm::kEs384 ? EVP_sha384()
                                                              : EVP_sha256();
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    check(EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_.get()) == 1, "init");
    std::size_t size = 0;
    check(EVP_DigestSign(context.get(), nullptr, &size, in, text.size()) == 1, "size");
    Bytes out(size);
    check(EVP_DigestSign(context.get(), octets(out), &size, in, text.size()) == 1, "sign");
    out.resize(size);
    return out;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

  static Key generate(JwsAlgorithm algorithm, int rsa_bits) {
    EVP_PKEY* key = nullptr;
    if (algorithm == JwsAlgorithm::kRs256) {
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits));
    } else if (algorithm == JwsAlgorithm::kEdDsa) {
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    } else {
      key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC",
                              algorithm == JwsAlgorithm::kEs256 ? "P-256" : "P-384");
    }
    return {key, &EVP_PKEY_free};
  }

  static unsigned char* octets(Bytes& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
  }

  /// Bytes of a coordinate; 0 where signatures are not ECDSA's.
  std::size_t half() const {
    return algorithm_ == JwsAlgorithm::kEs256 ? 32 : algorithm_ == JwsAlgorithm::kEs384 ? 48 : 0;
  }

  /// A number of the key, big-endian, as short as can be or padded to `size`.
  Bytes number(const char* parameter, std::size_t size) const {
    BIGNUM* value = nullptr;
    check(EVP_PKEY_get_bn_param(key_.get(), parameter, &value) == 1, "no such parameter");
    Bytes out(size == 0 ? static_cast<std::size_t>(BN_num_bytes(value)) : size);
    BN_bn2binpad(value, octets(out), static_cast<int>(out.size()));
    BN_free(value);
    return out;
  }

  Bytes to_raw(const Bytes& der) const {
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
    check(signature != nullptr, "not DER");
    Bytes out(2 * half());
    const int size = static_cast<int>(half());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), octets(out), size);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), octets(out) + size, size);
    ECDSA_SIG_free(signature);
    return out;
  }

  JwsAlgorithm algorithm_;
  std::string kid_;
  Key key_;
};

/// A JWK Set of these keys.
template <class... Signers>
JwkSet key_set_of(const Signers&... signers) {
  const nlohmann::json set = {{"keys", nlohmann::json::array({signers.jwk()...})}};
  return must(JwkSet::parse(set.dump()));
}

}  // namespace salus::service
