#include "service/verification_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <array>
#include <vector>

namespace salus::service {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using EvpKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using EvpDigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using ParametersBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

/// OpenSSL keeps its complaints per thread; the next user of the thread shall not find ours.
struct QuietErrors {
  QuietErrors() = default;
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_clear_error(); }
};

constexpr std::size_t kEd25519SignatureBytes = 64;
constexpr int kMinRsaExponent = 65537;
constexpr int kMaxRsaExponentBits = 32;

Error bad(const std::string& why) { return Error{ErrorCode::kInvalidArgument, why}; }

const unsigned char* octets(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Number number(ByteView bytes) {
  return Number(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::size_t field_bytes(JwsAlgorithm algorithm) {
  return algorithm == JwsAlgorithm::kEs384 ? 48 : 32;
}

/// A public key that OpenSSL finds valid, or nothing.
EvpKey make_key(const char* type, OSSL_PARAM* parameters) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    return nullptr;
  }
  EvpKey key(made);
  const EvpKeyContext checked(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (!checked || EVP_PKEY_public_check(checked.get()) != 1) return nullptr;
  return key;
}

/// r||s as the DER that OpenSSL reads; empty where r or s is zero, of which no signature is made
/// (CVE-2022-21449: a verifier that let zeros pass accepted them for every message and key).
std::vector<unsigned char> to_der(ByteView raw) {
  const std::size_t half = raw.size() / 2;
  Number r = number(raw.first(half));
  Number s = number(raw.subspan(half));
  const EcdsaSignature signature(ECDSA_SIG_new());
  if (!r || !s || !signature || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // the signature owns them now
  (void)s.release();
  const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (length <= 0) return {};
  std::vector<unsigned char> der(static_cast<std::size_t>(length));
  unsigned char* out = der.data();
  if (i2d_ECDSA_SIG(signature.get(), &out) != length) return {};
  return der;
}

bool digest_verifies(EVP_PKEY* key, const EVP_MD* hash, std::string_view message,
                     const unsigned char* signature, std::size_t length) {
  const EvpDigestContext context(EVP_MD_CTX_new());
  // RSA keys of OpenSSL pad by PKCS #1 v1.5 unless told otherwise.
  return context && EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature, length, octets(as_bytes(message)),
                          message.size()) == 1;
}

}  // namespace

std::string_view name(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::kEs256: return "ES256";
    case JwsAlgorithm::kEs384: return "ES384";
    case JwsAlgorithm::kRs256: return "RS256";
    case JwsAlgorithm::kEdDsa: return "EdDSA";
  }
  throw_defect("an algorithm without a name", std::source_location::current());
}

struct VerificationKey::Material {
  JwsAlgorithm algorithm;
  std::size_t signature_bytes;
  EvpKey key;   // of ECDSA and RSA
  Bytes point;  // of Ed25519, which libsodium checks: it refuses points of small order, too
};

VerificationKey::VerificationKey(std::shared_ptr<const Material> material)
    : material_(std::move(material)) {}

JwsAlgorithm VerificationKey::algorithm() const { return material_->algorithm; }

Result<VerificationKey> VerificationKey::ec(JwsAlgorithm algorithm, ByteView x, ByteView y) {
  const QuietErrors quiet;
  check(algorithm == JwsAlgorithm::kEs256 || algorithm == JwsAlgorithm::kEs384,
        "an EC key is for ECDSA");
  const std::size_t field = field_bytes(algorithm);
  if (x.size() != field || y.size() != field) {
    return bad("x and y are not of " + std::to_string(field) + " bytes each");
  }
  std::string group(algorithm == JwsAlgorithm::kEs256 ? "P-256" : "P-384");
  Bytes point;
  append_u8(point, 0x04);  // uncompressed: SEC 1 section 2.3.3
  append(point, x);
  append(point, y);
  std::array<OSSL_PARAM, 3> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  EvpKey key = make_key("EC", parameters.data());
  if (!key) return bad("x and y are not a point of the curve");
  return VerificationKey(
      std::make_shared<const Material>(Material{algorithm, 2 * field, std::move(key), {}}));
}

Result<VerificationKey> VerificationKey::rsa(ByteView modulus, ByteView exponent) {
  const QuietErrors quiet;
  const auto leading_zero = [](ByteView in) { return in.empty() || in.front() == std::byte{0}; };
  if (leading_zero(modulus) || leading_zero(exponent)) return bad("n or e begins with a zero byte");
  if (modulus.size() > kMaxRsaBits / 8 || exponent.size() > kMaxRsaExponentBits / 8) {
    return bad("n is over " + std::to_string(kMaxRsaBits) + " bits or e over " +
               std::to_string(kMaxRsaExponentBits));
  }
  const Number n = number(modulus);
  const Number e = number(exponent);
  if (!n || !e) return bad("n or e is not a number");
  if (BN_num_bits(n.get()) < kMinRsaBits) {
    return bad("n has " + std::to_string(BN_num_bits(n.get())) + " bits, fewer than " +
               std::to_string(kMinRsaBits));
  }
  if (!BN_is_odd(e.get()) || BN_get_word(e.get()) < kMinRsaExponent) {
    return bad("e is even or below " + std::to_string(kMinRsaExponent));
  }
  const ParametersBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return bad("n and e cannot be taken");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EvpKey key = parameters ? make_key("RSA", parameters.get()) : nullptr;
  if (!key) return bad("n is even, prime or has small factors");
  return VerificationKey(std::make_shared<const Material>(
      Material{JwsAlgorithm::kRs256, modulus.size(), std::move(key), {}}));
}

Result<VerificationKey> VerificationKey::ed25519(ByteView x) {
  if (x.size() != crypto_sign_PUBLICKEYBYTES) return bad("x is not of 32 bytes");
  if (crypto_core_ed25519_is_valid_point(octets(x)) != 1) {
    return bad("x is not a point of the prime-order group");
  }
  return VerificationKey(std::make_shared<const Material>(
      Material{JwsAlgorithm::kEdDsa, kEd25519SignatureBytes, nullptr, to_bytes(x)}));
}

bool VerificationKey::verifies(std::string_view message, ByteView signature) const {
  if (signature.size() != material_->signature_bytes) return false;
  const QuietErrors quiet;
  switch (material_->algorithm) {
    case JwsAlgorithm::kEdDsa:
      return crypto_sign_verify_detached(octets(signature), octets(as_bytes(message)),
                                         message.size(), octets(material_->point)) == 0;
    case JwsAlgorithm::kRs256:
      return digest_verifies(material_->key.get(), EVP_sha256(), message, octets(signature),
                             signature.size());
    case JwsAlgorithm::kEs256:
    case JwsAlgorithm::kEs384: {
      const std::vector<unsigned char> der = to_der(signature);
      const bool es256 = material_->algorithm == JwsAlgorithm::kEs256;
      return !der.empty() &&
             digest_verifies(material_->key.get(), es256 ? EVP_sha256() : EVP_sha384(), message,
                             der.data(), der.size());
    }
  }
  return false;
}

}  // namespace salus::service
