// Goal:   packed residues are dense, exact and checked.
// Method: round trips at every width; a bit-by-bit packing as reference; residues at the prime.

#include "wire/limbs.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/testing/test_random.h"

namespace salus::wire {
namespace {

constexpr std::uint64_t kSeed = 131;

// Bit i of the string is bit i % 8 of byte i / 8.
Bytes packed_bit_by_bit(const std::vector<std::uint64_t>& limb, int bits) {
  Bytes out((limb.size() * static_cast<std::size_t>(bits) + 7) / 8);
  std::size_t position = 0;
  for (const std::uint64_t word : limb) {
    for (int b = 0; b < bits; ++b, ++position) {
      out[position / 8] |= static_cast<std::byte>((word >> b & 1) << (position % 8));
    }
  }
  return out;
}

TEST(PackedLimbs, AreTheResiduesBitsOneAfterTheOther) {
  test::TestRandom random(kSeed);
  for (int bits = 2; bits <= 60; ++bits) {
    const std::uint64_t q =
        (std::uint64_t{1} << bits) - 1 - random.below(std::uint64_t{1} << (bits - 2));
    for (const std::size_t count : {1u, 3u, 8u, 64u}) {
      std::vector<std::uint64_t> limb = random.residues(count, q);
      limb[0] = q - 1;
      Bytes bytes;
      append_packed(bytes, limb, q);

      EXPECT_EQ(bytes, packed_bit_by_bit(limb, static_cast<int>(std::bit_width(q)))) << q;
      EXPECT_EQ(bytes.size(), packed_bytes(count, q));
      std::vector<std::uint64_t> back(count);
      must(read_packed(bytes, back, q));
      EXPECT_EQ(back, limb) << bits << " bits, seed " << kSeed;
    }
  }
}

TEST(PackedLimbs, AResidueAtItsPrimeIsCorrupt) {
  constexpr std::uint64_t kPrime = 786433;  // 20 bits
  for (const std::uint64_t bad : {kPrime, kPrime + 1, (std::uint64_t{1} << 20) - 1}) {
    const Bytes bytes = packed_bit_by_bit({1, 2, bad, 3}, 20);
    std::vector<std::uint64_t> limb(4);
    const Status status = read_packed(bytes, limb, kPrime);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(status.error().message.find("residue 2"), std::string::npos);
  }
}

TEST(PackedLimbs, PaddingMustBeZero) {
  Bytes bytes = packed_bit_by_bit({5, 6, 7}, 3);  // 9 bits of 16
  std::vector<std::uint64_t> limb(3, 0);
  EXPECT_FALSE(read_packed(bytes, limb, 7)) << "7 is not below 7";
  bytes = packed_bit_by_bit({5, 6, 4}, 3);
  EXPECT_TRUE(read_packed(bytes, limb, 7));
  bytes.back() |= std::byte{0x80};
  EXPECT_EQ(read_packed(bytes, limb, 7).error().code, ErrorCode::kCorrupt);
}

TEST(PackedLimbs, AnotherLengthIsADefect) {
  std::vector<std::uint64_t> limb(4);
  EXPECT_THROW(must(read_packed(Bytes(9), limb, 786433)), Defect);
}

}  // namespace
}  // namespace salus::wire
