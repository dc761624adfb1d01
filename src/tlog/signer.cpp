#include "tlog/signer.h"

#include <sodium.h>

#include <algorithm>

#include "base/file.h"
#include "base/random.h"
#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kPrefix = "PRIVATE+KEY+";
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kEncodedChars = 44;  // base64 of the type and the seed
static_assert(crypto_sign_SEEDBYTES == kSeedBytes);

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

/// "<name>+<id>+" of a signing key's text, which is also that of its verifier key.
std::string head_of(const VerifierKey& key) {
  const std::string text = key.text();
  return text.substr(0, text.find('+', text.find('+') + 1) + 1);
}

/// base64 of type and seed, in libsodium's constant time.
Secret<char> encode_seed(KeyType type, const Secret<std::byte>& seed) {
  Secret<std::byte> typed(1 + kSeedBytes);
  typed.reveal()[0] = static_cast<std::byte>(type);
  std::copy(seed.reveal().begin(), seed.reveal().end(), typed.reveal().begin() + 1);
  Secret<char> out(kEncodedChars + 1);
  sodium_bin2base64(out.reveal().data(), out.reveal().size(), raw(typed.reveal().data()),
                    typed.reveal().size(), sodium_base64_VARIANT_ORIGINAL);
  return out;
}

}  // namespace

Signer::Signer(std::string_view name, KeyType type, Secret<std::byte> seed)
    : key_{std::string(name), type, {}},
      seed_(std::move(seed)),
      expanded_(crypto_sign_SECRETKEYBYTES) {
  crypto_sign_seed_keypair(raw(key_.public_key.data()), raw(expanded_.reveal().data()),
                           raw(seed_.reveal().data()));
}

Result<Signer> Signer::generate(std::string_view name, KeyType type) {
  if (!is_key_name(name)) {
    return Error{ErrorCode::kInvalidArgument,
                 "a key's name is 1 to " + std::to_string(kMaxNameBytes) +
                     " bytes of UTF-8 without spaces and plus, such as example.com/log"};
  }
  Secret<std::byte> seed(kSeedBytes);
  random_bytes(seed.reveal());
  return Signer(name, type, std::move(seed));
}

Result<Signer> Signer::parse(std::string_view text) {
  const Error wrong{ErrorCode::kParse,
                    "not a signing key: PRIVATE+KEY+NAME+ID+KEY, 44 characters of base64 last"};
  if (!text.starts_with(kPrefix) || text.size() < kPrefix.size() + kEncodedChars) return wrong;
  const std::string_view rest = text.substr(kPrefix.size());
  const std::string_view name = rest.substr(0, rest.find('+'));
  if (!is_key_name(name)) return wrong;

  const std::string_view encoded = rest.substr(rest.size() - kEncodedChars);
  Secret<std::byte> typed(1 + kSeedBytes);
  std::size_t length = 0;
  const int status =
      sodium_base642bin(raw(typed.reveal().data()), typed.reveal().size(), encoded.data(),
                        encoded.size(), nullptr, &length, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (status != 0 || length != 1 + kSeedBytes) return wrong;
  const auto type = static_cast<KeyType>(typed.reveal()[0]);
  if (type != KeyType::kEd25519 && type != KeyType::kCosignature) {
    return Error{ErrorCode::kVersion,
                 "a signing key of a type that this build does not know; it "
                 "knows 1 (Ed25519) and 4 (cosignature)"};
  }
  Secret<std::byte> seed(kSeedBytes);
  std::copy(typed.reveal().begin() + 1, typed.reveal().end(), seed.reveal().begin());
  // libsodium reads every byte from 0x80 on as the last digit of base64.
  const Secret<char> again = encode_seed(type, seed);
  if (sodium_memcmp(again.reveal().data(), encoded.data(), kEncodedChars) != 0) return wrong;
  Signer signer(name, type, std::move(seed));
  if (rest.substr(0, rest.size() - kEncodedChars) != head_of(signer.key_)) {
    return Error{ErrorCode::kParse, "signing key " + std::string(name) +
                                        " does not have the id that is written in it"};
  }
  return signer;
}

Secret<char> Signer::text() const {
  const std::string head = std::string(kPrefix) + head_of(key_);
  const Secret<char> encoded = encode_seed(key_.type, seed_);
  Secret<char> out(head.size() + kEncodedChars);
  const auto middle = std::copy(head.begin(), head.end(), out.reveal().begin());
  std::copy_n(encoded.reveal().begin(), kEncodedChars, middle);
  return out;
}

Status Signer::save(const std::filesystem::path& path) const {
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown)) {
    return Error{ErrorCode::kConflict,
                 "signing key " + path.string() + " exists and is never overwritten"};
  }
  const Secret<char> key = text();
  Secret<char> line(key.reveal().size() + 1);
  *std::copy(key.reveal().begin(), key.reveal().end(), line.reveal().begin()) = '\n';
  return write_file(path, std::as_bytes(line.reveal()), FileMode::kOwnerOnly);
}

Result<Signer> Signer::load(const std::filesystem::path& path) {
  constexpr std::uint64_t kMaxKeyFileBytes = 1024;
  if (Status fine = require_private("signing key", path); !fine) return fine.error();
  Result<Bytes> file = read_file(path, kMaxKeyFileBytes);
  if (!file) return file.error();
  std::string_view line = as_text(*file);
  if (line.ends_with('\n')) line.remove_suffix(1);
  Result<Signer> signer = parse(line);
  secure_zero(*file);
  if (signer) return signer;
  return Error{signer.error().code, path.string() + ": " + signer.error().message};
}

Bytes Signer::sign_bytes(ByteView message) const {
  Bytes signature(kEd25519SignatureBytes);
  crypto_sign_detached(raw(signature.data()), nullptr, raw(message.data()), message.size(),
                       raw(expanded_.reveal().data()));
  return signature;
}

Bytes Signer::sign(std::string_view text) const {
  check(key_.type == KeyType::kEd25519, "a cosigning key does not sign notes");
  return sign_bytes(as_bytes(text));
}

Bytes Signer::cosign(std::string_view text, std::uint64_t time) const {
  check(key_.type == KeyType::kCosignature, "only a cosigning key cosigns");
  check(time > 0 && time <= kMaxCosignatureTime, "a cosignature's time is positive, below 2^63");
  Bytes out;
  append_big_endian(out, time, sizeof time);
  append(out, sign_bytes(as_bytes(cosignature_message(time, text))));
  return out;
}

}  // namespace salus::tlog
