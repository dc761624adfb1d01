#include "keys/identity.h"

#include <sodium.h>

#include <algorithm>

#include "base/random.h"

namespace salus::keys {
namespace {

constexpr std::string_view kSigningLabel = "salus identity signing 1";
constexpr std::string_view kAgreementLabel = "salus identity agreement 1";
constexpr std::string_view kTwinLabel = "salus identity twin 1 ";
constexpr std::string_view kReaderLabel = "salus identity reader 1 ";
constexpr std::string_view kCapsuleLabel = "salus capsule 1";
constexpr std::size_t kPublicKeyBytes = crypto_scalarmult_BYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kPublicKeyBytes + kTagBytes == kCapsuleOverhead);

unsigned char* raw(std::byte* p) { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* raw(const std::byte* p) { return reinterpret_cast<const unsigned char*>(p); }

// The key of one capsule, from the shared secret and both public keys. Errors: kInvalidArgument.
Result<Secret<std::byte>> capsule_key(std::span<const std::byte> own_secret, ByteView other_public,
                                      ByteView ephemeral, ByteView recipient) {
  Secret<std::byte> material(3 * kPublicKeyBytes);
  const std::span<std::byte> all = material.reveal();
  if (crypto_scalarmult(raw(all.data()), raw(own_secret.data()), raw(other_public.data())) != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "capsule: a public key of small order; ask its owner for the right one"};
  }
  std::ranges::copy(ephemeral, all.begin() + kPublicKeyBytes);
  std::ranges::copy(recipient, all.begin() + 2 * kPublicKeyBytes);
  return derive_secret(all, kCapsuleLabel);
}

// The key is used once, so that the nonce may be constant.
constexpr std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> kNonce{};

}  // namespace

Identity::Identity(std::span<const std::byte> root)
    : root_(kIdentityRootBytes),
      signing_(crypto_sign_SECRETKEYBYTES),
      agreement_(derive_secret(root, kAgreementLabel)) {
  std::ranges::copy(root, root_.reveal().begin());
  const Secret<std::byte> seed = derive_secret(root, kSigningLabel);
  crypto_sign_seed_keypair(raw(public_.signing.data()), raw(signing_.reveal().data()),
                           raw(seed.reveal().data()));
  crypto_scalarmult_base(raw(public_.agreement.data()), raw(agreement_.reveal().data()));
}

Result<Identity> Identity::derive(std::span<const std::byte> root) {
  if (root.size() != kIdentityRootBytes)
    return Error{ErrorCode::kInvalidArgument,
                 "identity: a root of " + std::to_string(root.size()) + " bytes, expected 32"};
  return Identity(root);
}

Signature Identity::sign(std::string_view context, ByteView message) const {
  const Bytes all = identity::signed_bytes(context, message);
  Signature out;
  crypto_sign_detached(raw(out.data()), nullptr, raw(all.data()), all.size(),
                       raw(signing_.reveal().data()));
  return out;
}

Result<Bytes> seal(const PublicIdentity& to, std::string_view context,
                   std::span<const std::byte> content) {
  Secret<std::byte> ephemeral(crypto_scalarmult_SCALARBYTES);
  random_bytes(ephemeral.reveal());
  Bytes out(kPublicKeyBytes + content.size() + kTagBytes);
  crypto_scalarmult_base(raw(out.data()), raw(ephemeral.reveal().data()));
  const auto key = capsule_key(ephemeral.reveal(), to.agreement,
                               ByteView(out).first(kPublicKeyBytes), to.agreement);
  if (!key) return key.error();
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(out.data() + kPublicKeyBytes), nullptr,
                                             raw(content.data()), content.size(),
                                             raw(as_bytes(context).data()), context.size(), nullptr,
                                             kNonce.data(), raw(key->reveal().data()));
  return out;
}

Result<Secret<std::byte>> Identity::open(std::string_view context, ByteView capsule) const {
  if (capsule.size() < kCapsuleOverhead)
    return Error{ErrorCode::kParse, "capsule of " + std::to_string(capsule.size()) +
                                        " bytes; it has at least " +
                                        std::to_string(kCapsuleOverhead)};
  const ByteView ephemeral = capsule.first(kPublicKeyBytes);
  const ByteView sealed = capsule.subspan(kPublicKeyBytes);
  const auto key = capsule_key(agreement_.reveal(), ephemeral, ephemeral, public_.agreement);
  if (!key) return Error{ErrorCode::kCorrupt, key.error().message};
  Secret<std::byte> out(sealed.size() - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(raw(out.reveal().data()), nullptr, nullptr,
                                                 raw(sealed.data()), sealed.size(),
                                                 raw(as_bytes(context).data()), context.size(),
                                                 kNonce.data(), raw(key->reveal().data())) != 0) {
    return Error{ErrorCode::kCorrupt, "capsule: changed, sealed for another identity than " +
                                          public_.id() + ", or not for '" + std::string(context) +
                                          "'"};
  }
  return out;
}

Secret<std::byte> Identity::twin_seed(std::string_view twin) const {
  return derive_secret(root_.reveal(), std::string(kTwinLabel) + std::string(twin));
}

Secret<std::byte> Identity::reader_seed(std::string_view purpose) const {
  return derive_secret(root_.reveal(), std::string(kReaderLabel) + std::string(purpose));
}

}  // namespace salus::keys
