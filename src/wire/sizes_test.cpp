// Goal:   keys and ciphertexts are as small on the wire as seeds and packed bits make them.
// Method: real objects of real parameter sets at 128 bits; the bytes that `write` gives, against
//         budgets and against what is predicted before anything is made.

#include <gtest/gtest.h>

#include <iostream>

#include "compiler/chain.h"
#include "keys/testing/fixture.h"
#include "wire/container.h"

namespace salus::wire {
namespace {

using keys::test::CkksFixture;
using keys::test::literal_of;

constexpr double kMegabyte = 1e6;

/// The set S14 of the public comparisons (bench/ckks): one prime a digit.
const keys::test::Shape kS14{
    .log_n = 14, .levels = 8, .dnum = 9, .security = ckks::SecurityProfile::kClassical128};

/// What every twin of the default depth gets: the compiler's chain of six levels.
ckks::ParametersLiteral default_twin() {
  const circuit::Chain chain = must(compiler::chain_for(6));
  return {.log_n = chain.log_n, .q = chain.q, .p = chain.p, .dnum = chain.dnum};
}

/// Bytes on the wire of a relinearization key at the top level.
std::size_t relinearization_bytes(CkksFixture& f) {
  const int top = f.params->max_level();
  const Bytes bytes = write(*f.params, ckks::kRelinearization,
                            keys::make_relinearization_key(f.secret, top, f.random), f.secret.id());
  EXPECT_EQ(bytes.size(), evaluation_key_bytes(*f.params, top));
  EXPECT_TRUE(read_evaluation_key(bytes, f.params));
  // What errors about missing keys say: all but header, element, level, seed and checksum.
  const std::size_t header =
      8 + 8 + 2 * 2 + 8 * (f.params->literal().q.size() + f.params->special_count()) + 32;
  EXPECT_EQ(ckks::KeySwitchKey::byte_count(*f.params, top, true) + header + 4 + 2 + 32 + 32,
            bytes.size());
  std::cout << "  " << bytes.size() << " bytes\n";
  return bytes.size();
}

TEST(Sizes, ARelinearizationKeyOfS14IsAThirdOfItsResidues) {
  CkksFixture f(literal_of(kS14), 151);
  const std::size_t residues = 2 * 9 * 10 * f.params->ring_degree() * sizeof(std::uint64_t);
  EXPECT_NEAR(static_cast<double>(residues), 23.6 * kMegabyte, 0.01 * kMegabyte);

  EXPECT_LE(static_cast<double>(relinearization_bytes(f)), 9.5 * kMegabyte);
}

TEST(Sizes, ARelinearizationKeyOfTheDefaultTwinFitsItsBudget) {
  CkksFixture f(default_twin(), 152);
  EXPECT_EQ(f.params->log_n(), 14);
  EXPECT_EQ(f.params->max_level(), 6);

  EXPECT_LE(static_cast<double>(relinearization_bytes(f)), 3.5 * kMegabyte);
}

TEST(Sizes, ASeedHalvesACiphertext) {
  for (const ckks::ParametersLiteral& literal : {literal_of(kS14), default_twin()}) {
    CkksFixture f(literal, 153);
    for (int level = 0; level <= f.params->max_level(); level += 3) {
      const auto seeded = must(keys::encrypt(f.secret, f.encode(f.values(), level), f.random));
      const std::size_t small = write(seeded, f.secret.id()).size();
      const std::size_t large = write(seeded.expand(), f.secret.id()).size();
      // Header, seed and checksum remain.
      EXPECT_LE(small, large / 2 + 256) << level;
      EXPECT_EQ(small, ciphertext_bytes(*f.params, level, true));
      EXPECT_EQ(large, ciphertext_bytes(*f.params, level, false));
    }
  }
}

}  // namespace
}  // namespace salus::wire
