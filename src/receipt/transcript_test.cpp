// Goal:   a transcript names the values of a run, and any residue that differs shows.
// Method: ciphertexts of the smallest ring; digests against libsodium on bytes laid out by hand.
#include "receipt/transcript.h"

#include <gtest/gtest.h>
#include <sodium.h>

namespace salus::receipt {
namespace {

ckks::Ciphertext some_value() {
  ckks::Ciphertext value{.params = {}, .level = 0, .scale = 0x1p40, .parts = {}};
  for (std::uint64_t part = 0; part < 2; ++part) {
    ring::Poly poly = ring::Poly(1024, 1, ring::Form::kNtt);
    for (std::size_t i = 0; i < 1024; ++i) poly.words()[i] = 1000 * part + i;
    value.parts.push_back(std::move(poly));
  }
  return value;
}

TEST(Transcript, DigestsAreOfTheResidues) {
  const ckks::Ciphertext value = some_value();
  Bytes bytes = to_bytes(as_bytes("salus-value 1\n"));
  append_u32(bytes, 0);
  append_f64(bytes, 0x1p40);
  append_u32(bytes, 2);
  for (std::uint64_t part = 0; part < 2; ++part) {
    for (std::uint64_t i = 0; i < 1024; ++i) append_u64(bytes, 1000 * part + i);
  }
  Digest expected;
  crypto_generichash(reinterpret_cast<unsigned char*>(expected.bytes.data()), 32,
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), nullptr,
                     0);
  EXPECT_EQ(value_digest(value), expected);
  ckks::Ciphertext other = some_value();
  other.parts[1].words()[1023] ^= 1;
  EXPECT_NE(value_digest(other), expected);
  other = some_value();
  other.scale *= 2;
  EXPECT_NE(value_digest(other), expected);
}

TEST(Transcript, KeepsEverySixtyFourthOfEachStage) {
  Transcript transcript;
  const ckks::Ciphertext value = some_value();
  for (circuit::ValueId id = 1; id <= 130; ++id) transcript.take("basis", id, value);
  for (circuit::ValueId id = 1; id <= 64; ++id) transcript.take("readout", id, value);
  const Digest digest = value_digest(value);
  EXPECT_EQ(transcript.checkpoints(),
            (std::vector<Checkpoint>{
                {"basis", 64, digest}, {"basis", 128, digest}, {"readout", 64, digest}}));
}

TEST(Transcript, LongProgramsKeepFewer) {
  Transcript transcript;
  ckks::Ciphertext value = some_value();
  value.parts.clear();
  const circuit::ValueId last = 64 * 3 * kMaxCheckpoints;
  for (circuit::ValueId id = 1; id <= last; ++id) transcript.take("basis", id, value);
  EXPECT_LT(transcript.checkpoints().size(), kMaxCheckpoints);
  EXPECT_GE(transcript.checkpoints().size(), kMaxCheckpoints / 2);
  EXPECT_EQ(transcript.checkpoints().front().value % 128, 0u);
}

}  // namespace
}  // namespace salus::receipt
