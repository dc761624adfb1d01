// The one source of randomness, and streams expanded from seeds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace salus {

using Seed = std::array<std::byte, 32>;

/// Fills `out` from the operating system's generator (libsodium randombytes).
void random_bytes(std::span<std::byte> out);
Seed random_seed();

/// A deterministic stream of bytes: ChaCha20 (RFC 8439 block function, libsodium's 64-bit-nonce
/// variant) keyed by `seed`, nonce = `stream`, counter from 0. Equal (seed, stream) give equal
/// bytes on every machine; ciphertext compression and reproducible tests rest on it.
class RandomStream {
 public:
  RandomStream(const Seed& seed, std::uint64_t stream);
  ~RandomStream();
  RandomStream(const RandomStream&) = delete;
  RandomStream& operator=(const RandomStream&) = delete;

  void fill(std::span<std::byte> out);
  std::uint64_t next_u64();

 private:
  static constexpr std::size_t kBuffer = 4096;
  void generate(std::span<std::byte> out);
  Seed seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;
  std::size_t used_ = kBuffer;
  std::array<std::byte, kBuffer> buffer_;
};

/// HKDF-SHA256 (RFC 5869) with an empty salt: 32 bytes derived from `root` for the purpose `label`.
Secret<std::byte> derive_secret(std::span<const std::byte> root, std::string_view label);

}  // namespace salus
