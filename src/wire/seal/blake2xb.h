// BLAKE2b with its whole parameter block, and BLAKE2Xb: what Microsoft SEAL expands seeds with.
// libsodium's generichash is BLAKE2b too, but sets the tree and output-length parameters itself.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace salus::wire::seal {

inline constexpr std::size_t kBlake2bBytes = 64;  ///< longest digest and longest key

/// The parameter block of BLAKE2b (RFC 7693 section 2.5; Aumasson et al., "BLAKE2", section 2.8),
/// with the output length of BLAKE2X in the upper half of the node offset. Default: sequential
/// mode.
struct Blake2bParameters {
  std::uint8_t digest_bytes = kBlake2bBytes;
  std::uint8_t fanout = 1;
  std::uint8_t depth = 1;
  std::uint32_t leaf_bytes = 0;
  std::uint32_t node_offset = 0;
  std::uint32_t output_bytes = 0;
  std::uint8_t node_depth = 0;
  std::uint8_t inner_bytes = 0;
};

/// BLAKE2b of `input` under `key`. Errors (Defect): a key of more than 64 bytes, `out` of another
/// size than the parameters' digest.
void blake2b(const Blake2bParameters& parameters, ByteView key, ByteView input,
             std::span<std::byte> out);

/// BLAKE2Xb (Aumasson et al., "BLAKE2X", 2016): `out` of any size from 1 to 2^32 - 2 bytes. The
/// size is part of what is hashed: a shorter output is not a prefix of a longer one.
void blake2xb(ByteView key, ByteView input, std::span<std::byte> out);

}  // namespace salus::wire::seal
