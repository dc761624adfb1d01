#include "base/random.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

namespace salus {
namespace {

void ensure_sodium() {
  static const int kReady = sodium_init();
  check(kReady >= 0, "libsodium could not be initialised");
}

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace

void secure_zero(std::span<std::byte> bytes) noexcept {
  sodium_memzero(bytes.data(), bytes.size());
}

void random_bytes(std::span<std::byte> out) {
  ensure_sodium();
  randombytes_buf(out.data(), out.size());
}

Seed random_seed() {
  Seed seed;
  random_bytes(seed);
  return seed;
}

// Before its initialisation libsodium uses its portable ChaCha20, a quarter as fast.
RandomStream::RandomStream(const Seed& seed, std::uint64_t stream) : seed_(seed), stream_(stream) {
  ensure_sodium();
}

RandomStream::~RandomStream() {
  secure_zero(seed_);
  secure_zero(buffer_);
}

// The stream's next bytes, whole blocks of them.
void RandomStream::generate(std::span<std::byte> out) {
  constexpr std::size_t kChaChaBlock = 64;
  check(out.size() % kChaChaBlock == 0, "ChaCha20 makes whole blocks");
  unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];
  static_assert(sizeof nonce == sizeof stream_);
  std::memcpy(nonce, &stream_, sizeof nonce);
  std::ranges::fill(out, std::byte{0});
  crypto_stream_chacha20_xor_ic(raw(out.data()), raw(out.data()), out.size(), nonce, block_,
                                raw(seed_.data()));
  block_ += out.size() / kChaChaBlock;
}

void RandomStream::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    if (used_ == buffer_.size() && out.size() >= buffer_.size()) {
      const std::size_t take = out.size() - out.size() % buffer_.size();
      generate(out.first(take));
      out = out.subspan(take);
      continue;
    }
    if (used_ == buffer_.size()) {
      generate(buffer_);
      used_ = 0;
    }
    const std::size_t take = std::min(out.size(), buffer_.size() - used_);
    std::memcpy(out.data(), buffer_.data() + used_, take);
    used_ += take;
    out = out.subspan(take);
  }
}

std::uint64_t RandomStream::next_u64() {
  std::array<std::byte, 8> word;
  fill(word);
  return load_u64(word);
}

Secret<std::byte> derive_secret(std::span<const std::byte> root, std::string_view label) {
  // RFC 5869: PRK = HMAC(salt = 0^32, root); T(1) = HMAC(PRK, info || 0x01); one block suffices.
  static_assert(crypto_auth_hmacsha256_BYTES == 32);
  const std::array<std::byte, 32> salt{};
  Secret<std::byte> prk(32);
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, raw(salt.data()), salt.size());
  crypto_auth_hmacsha256_update(&state, raw(root.data()), root.size());
  crypto_auth_hmacsha256_final(&state, raw(prk.reveal().data()));

  Secret<std::byte> out(32);
  const unsigned char one = 1;
  crypto_auth_hmacsha256_init(&state, raw(prk.reveal().data()), 32);
  crypto_auth_hmacsha256_update(&state, raw(as_bytes(label).data()), label.size());
  crypto_auth_hmacsha256_update(&state, &one, 1);
  crypto_auth_hmacsha256_final(&state, raw(out.reveal().data()));
  sodium_memzero(&state, sizeof state);
  return out;
}

}  // namespace salus
