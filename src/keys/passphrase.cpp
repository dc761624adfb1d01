#include "keys/passphrase.h"

#include <sodium.h>

#include <algorithm>

#include "base/random.h"

namespace salus::keys {
namespace {

constexpr std::size_t kSaltBytes = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(kSaltBytes + kNonceBytes + kTagBytes == kWrapOverhead);

unsigned char* raw(std::byte* p) { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* raw(const std::byte* p) { return reinterpret_cast<const unsigned char*>(p); }

Result<Secret<std::byte>> stretched(std::string_view passphrase, ByteView salt,
                                    const PassphraseCost& cost) {
  Secret<std::byte> key(kKeyBytes);
  if (crypto_pwhash_argon2id(raw(key.reveal().data()), kKeyBytes, passphrase.data(),
                             passphrase.size(), raw(salt.data()), cost.passes, cost.memory_bytes,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return Error{ErrorCode::kLimit, "passphrase: Argon2id got no " +
                                        std::to_string(cost.memory_bytes >> 20) +
                                        " MiB of memory; close something and try again"};
  }
  return key;
}

}  // namespace

Status check_cost(const PassphraseCost& cost) {
  if (cost.memory_bytes >= kLeastCost.memory_bytes && cost.passes >= kLeastCost.passes &&
      cost.memory_bytes <= kMostCost.memory_bytes && cost.passes <= kMostCost.passes) {
    return {};
  }
  return Error{ErrorCode::kLimit,
               "passphrase: a cost of " + std::to_string(cost.memory_bytes >> 20) + " MiB and " +
                   std::to_string(cost.passes) + " passes; 19 to 1024 MiB and 2 to 16 are taken"};
}

Status check_passphrase(std::string_view passphrase) {
  // Bytes that continue a UTF-8 character do not count.
  const auto characters = std::count_if(passphrase.begin(), passphrase.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  });
  if (characters < static_cast<std::ptrdiff_t>(kLeastPassphrase))
    return Error{ErrorCode::kInvalidArgument,
                 "passphrase: " + std::to_string(characters) + " characters, at least " +
                     std::to_string(kLeastPassphrase) + "; a few random words are better than one"};
  if (passphrase.size() > kMostPassphrase)
    return Error{ErrorCode::kInvalidArgument, "passphrase: " + std::to_string(passphrase.size()) +
                                                  " bytes, at most " +
                                                  std::to_string(kMostPassphrase)};
  return {};
}

Result<Bytes> wrap(std::span<const std::byte> content, std::string_view passphrase, ByteView header,
                   const PassphraseCost& cost) {
  if (Status s = check_cost(cost); !s) return s.error();
  if (Status s = check_passphrase(passphrase); !s) return s.error();
  Bytes out(content.size() + kWrapOverhead);
  random_bytes(std::span(out).first(kSaltBytes + kNonceBytes));
  const auto key = stretched(passphrase, ByteView(out).first(kSaltBytes), cost);
  if (!key) return key.error();
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      raw(out.data() + kSaltBytes + kNonceBytes), nullptr, raw(content.data()), content.size(),
      raw(header.data()), header.size(), nullptr, raw(out.data() + kSaltBytes),
      raw(key->reveal().data()));
  return out;
}

Result<Secret<std::byte>> unwrap(ByteView wrapped, std::string_view passphrase, ByteView header,
                                 const PassphraseCost& cost) {
  if (Status s = check_cost(cost); !s) return s.error();
  if (wrapped.size() < kWrapOverhead)
    return Error{ErrorCode::kParse, "wrapped secret of " + std::to_string(wrapped.size()) +
                                        " bytes; it has at least " + std::to_string(kWrapOverhead)};
  const auto key = stretched(passphrase, wrapped.first(kSaltBytes), cost);
  if (!key) return key.error();
  const ByteView sealed = wrapped.subspan(kSaltBytes + kNonceBytes);
  Secret<std::byte> out(sealed.size() - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          raw(out.reveal().data()), nullptr, nullptr, raw(sealed.data()), sealed.size(),
          raw(header.data()), header.size(), raw(wrapped.data() + kSaltBytes),
          raw(key->reveal().data())) != 0) {
    return Error{ErrorCode::kDenied, "the passphrase is wrong, or the file was changed"};
  }
  return out;
}

}  // namespace salus::keys
