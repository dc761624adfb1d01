// Goal:   the tables hold the smallest primitive 2N-th root and its powers in SEAL's order.
// Method: brute force over all residues of small primes; the definition of each entry for larger
// ones.

#include "arith/ntt_tables.h"

#include <gtest/gtest.h>

#include "arith/primes.h"

namespace salus::arith {
namespace {

TEST(ReverseBits, ReversesTheLowBits) {
  EXPECT_EQ(reverse_bits(0b0001, 4), 0b1000u);
  EXPECT_EQ(reverse_bits(0b1011, 4), 0b1101u);
  EXPECT_EQ(reverse_bits(1, 17), 1u << 16);
  EXPECT_EQ(reverse_bits(5, 0), 0u);
  for (std::uint32_t i = 0; i < 256; ++i) EXPECT_EQ(reverse_bits(reverse_bits(i, 8), 8), i);
}

TEST(NttTables, TheRootIsTheSmallestPrimitiveOne) {
  for (const auto& [log_n, prime] : {std::pair{1, 5ull},
                                     {1, 13ull},
                                     {2, 17ull},
                                     {3, 97ull},
                                     {4, 12289ull},
                                     {8, 12289ull},
                                     {6, 40961ull}}) {
    const NttTables tables = must(NttTables::create(log_n, prime));
    const Modulus& q = tables.modulus();
    std::uint64_t smallest = 0;
    for (std::uint64_t x = 2; smallest == 0; ++x) {
      if (q.power(x, tables.ring_degree()) == prime - 1) smallest = x;
    }
    EXPECT_EQ(tables.root(), smallest) << "N = 2^" << log_n << ", q = " << prime;
    EXPECT_EQ(tables.log_n(), log_n);
  }
}

TEST(NttTables, EntriesArePowersOfTheRootInReversedOrder) {
  for (const int log_n : {1, 4, 11, 14}) {
    const std::uint64_t prime = must(find_primes(60, 1, Side::kBelow))[0];
    const NttTables tables = must(NttTables::create(log_n, prime));
    const Modulus& q = tables.modulus();
    const std::uint64_t inverse_root = q.inverse(tables.root());
    std::uint64_t power = 1;
    std::uint64_t inverse_power = 1;
    for (std::uint32_t i = 0; i < tables.ring_degree(); ++i) {
      const std::uint32_t place = reverse_bits(i, log_n);
      ASSERT_EQ(tables.roots()[place].value, power);
      ASSERT_EQ(tables.roots()[place].quotient, Factor(power, q).quotient);
      ASSERT_EQ(tables.inverse_roots()[place].value, inverse_power);
      power = q.multiply(power, tables.root());
      inverse_power = q.multiply(inverse_power, inverse_root);
    }
    EXPECT_EQ(power, prime - 1) << "psi^N = -1";
  }
}

TEST(NttTables, TheInverseDegreeUndoesTheDegree) {
  const std::uint64_t prime = must(find_primes(40, 1, Side::kBelow))[0];
  const NttTables tables = must(NttTables::create(12, prime));
  const Modulus& q = tables.modulus();

  EXPECT_EQ(q.multiply(tables.inverse_degree().value, 1 << 12), 1u);
  EXPECT_EQ(tables.inverse_degree_times_root().value,
            q.multiply(tables.inverse_degree().value, tables.inverse_roots()[1].value));
}

TEST(NttTables, RefusesDegreesAndModuliThatDoNotFit) {
  EXPECT_TRUE(NttTables::create(11, 12289));
  const std::uint64_t prime = must(find_primes(40, 1, Side::kBelow))[0];
  for (const auto& [log_n, q] : {std::pair<int, std::uint64_t>{0, prime},
                                 {18, prime},
                                 {-3, prime},
                                 {12, 12289},  // 12289 = 3 * 2^12 + 1
                                 {4, 0},
                                 {4, 1},
                                 {4, 97 * 193},  // composite, 1 mod 32
                                 {4, std::uint64_t{1} << 61}}) {
    const Result<NttTables> result = NttTables::create(log_n, q);
    ASSERT_FALSE(result) << log_n << " " << q;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace salus::arith
