#include "tlog/key.h"

#include <sodium.h>

#include <algorithm>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

static_assert(crypto_sign_PUBLICKEYBYTES == std::tuple_size_v<PublicKey>);
static_assert(crypto_sign_BYTES == kEd25519SignatureBytes);

constexpr std::size_t kIdBytes = 4;

Bytes typed_key(const VerifierKey& key) {
  Bytes out{static_cast<std::byte>(key.type)};
  append(out, key.public_key);
  return out;
}

bool verify_ed25519(const PublicKey& key, ByteView message, ByteView signature) {
  return signature.size() == kEd25519SignatureBytes &&
         crypto_sign_verify_detached(reinterpret_cast<const unsigned char*>(signature.data()),
                                     reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(),
                                     reinterpret_cast<const unsigned char*>(key.data())) == 0;
}

}  // namespace

void append_big_endian(Bytes& out, std::uint64_t value, unsigned byte_count) {
  for (unsigned i = byte_count; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

std::uint64_t load_big_endian(ByteView bytes) {
  check(bytes.size() <= sizeof(std::uint64_t), "a word has at most eight bytes");
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

std::uint32_t VerifierKey::id() const {
  Sha256 hash;
  hash.update(as_bytes(name));
  hash.update(as_bytes("\n"));
  hash.update(typed_key(*this));
  return static_cast<std::uint32_t>(load_big_endian(ByteView(hash.finish().bytes).first(kIdBytes)));
}

std::string VerifierKey::text() const {
  Bytes id_bytes;
  append_big_endian(id_bytes, id(), kIdBytes);
  return name + "+" + to_hex(id_bytes) + "+" + encode_base64(typed_key(*this));
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  // The base64 may hold plus signs of its own; name and id cannot.
  const std::size_t first = text.find('+');
  const std::size_t second = first == text.npos ? text.npos : text.find('+', first + 1);
  if (second == text.npos) {
    return Error{ErrorCode::kParse,
                 "a verifier key is NAME+ID+KEY, as its owner publishes it; this has no two plus "
                 "signs"};
  }
  VerifierKey key;
  key.name = text.substr(0, first);
  if (!is_key_name(key.name)) {
    return Error{ErrorCode::kParse, "a key's name is 1 to " + std::to_string(kMaxNameBytes) +
                                        " bytes of UTF-8 without spaces"};
  }
  const Result<Bytes> typed = decode_base64(text.substr(second + 1));
  if (!typed) return Error{ErrorCode::kParse, "key " + key.name + ": " + typed.error().message};
  if (typed->empty()) return Error{ErrorCode::kParse, "key " + key.name + " is empty"};
  const auto type = std::to_integer<std::uint8_t>((*typed)[0]);
  if (type != static_cast<std::uint8_t>(KeyType::kEd25519) &&
      type != static_cast<std::uint8_t>(KeyType::kCosignature)) {
    return Error{ErrorCode::kVersion, "key " + key.name + " has signature type " +
                                          std::to_string(type) +
                                          "; this build knows 1 (Ed25519) and 4 (cosignature)"};
  }
  if (typed->size() != 1 + key.public_key.size()) {
    return Error{ErrorCode::kParse, "key " + key.name + " has " +
                                        std::to_string(typed->size() - 1) + " bytes, not " +
                                        std::to_string(key.public_key.size())};
  }
  key.type = static_cast<KeyType>(type);
  std::copy(typed->begin() + 1, typed->end(), key.public_key.begin());
  if (key.text() != text) {
    return Error{ErrorCode::kParse, "key " + key.name +
                                        " does not have the id that is written in it: a typing "
                                        "error? Its own would be " +
                                        key.text()};
  }
  return key;
}

std::string cosignature_message(std::uint64_t time, std::string_view text) {
  return "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(text);
}

std::uint64_t cosignature_time(ByteView signature) {
  return signature.size() < sizeof(std::uint64_t)
             ? 0
             : load_big_endian(signature.first(sizeof(std::uint64_t)));
}

bool verify_signature(const VerifierKey& key, std::string_view text, ByteView signature) {
  if (key.type == KeyType::kEd25519) {
    return verify_ed25519(key.public_key, as_bytes(text), signature);
  }
  if (signature.size() != kCosignatureBytes) return false;
  const std::uint64_t time = cosignature_time(signature);
  if (time > kMaxCosignatureTime) return false;
  return verify_ed25519(key.public_key, as_bytes(cosignature_message(time, text)),
                        signature.subspan(sizeof(std::uint64_t)));
}

}  // namespace salus::tlog
