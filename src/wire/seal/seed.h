// What Microsoft SEAL expands from a seed instead of storing it.
#pragma once

#include <array>

#include "ring/poly.h"
#include "wire/seal/blake2xb.h"

namespace salus::wire::seal {

/// Seed of SEAL's Blake2xb generator.
using Seed = std::array<std::byte, 64>;

/// SEAL's Blake2xb generator: block i of 4,096 bytes is BLAKE2Xb of the 64-bit number i under the
/// seed; reads may cross blocks.
class Blake2xbStream {
 public:
  explicit Blake2xbStream(const Seed& seed) : seed_(seed) {}
  void fill(std::span<std::byte> out);

 private:
  static constexpr std::size_t kBuffer = 4096;
  Seed seed_;
  std::uint64_t block_ = 0;
  std::size_t used_ = kBuffer;
  std::array<std::byte, kBuffer> buffer_;
};

/// Uniform residues in NTT form as SEAL draws them: 8 bytes a residue for all limbs at once, then
/// limb by limb words at or above the largest multiple of q_j (less one) are replaced by later
/// words of the stream, and reduced.
ring::Poly expand_uniform(const Seed& seed, std::size_t ring_degree, ring::BasisView basis);

}  // namespace salus::wire::seal
