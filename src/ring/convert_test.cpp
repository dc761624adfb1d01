// Goal:   changes of basis are exact up to what convert.h allows.
// Method: 128-bit integers: rescaling against rounded division, conversion against x + u D.

#include "ring/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "ring/testing/small_ring.h"

namespace salus::ring {
namespace {

using test::BigPoly;
using test::ntt_of;
using test::product;
using test::uint128;

constexpr int kLogN = 6;
constexpr std::size_t kN = 64;
constexpr std::uint64_t kSeed = 51;

class ConvertTest : public ::testing::Test {
 protected:
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
  salus::test::TestRandom random_{kSeed};
};

// floor((c + floor(d / 2)) / d) of a residue c of Q = rest * d: rounding may reach rest, which is
// 0.
BigPoly rounded(const BigPoly& x, uint128 d, uint128 rest) {
  BigPoly out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const uint128 quotient = x[i] / d;
    out[i] = (quotient + (x[i] % d > d / 2 ? 1 : 0)) % rest;
  }
  return out;
}

TEST_F(ConvertTest, RescalingIsExactRoundingAtEveryLevel) {
  const Basis basis =
      test::basis_of(kLogN, must(arith::find_primes(42, 3, arith::Side::kAlternating)));
  for (std::size_t limbs = 2; limbs <= 3; ++limbs) {
    const BasisView used = BasisView(basis).first(limbs);
    const BasisView rest = used.first(limbs - 1);
    const BigPoly x = test::random_poly(random_, kN, product(used));

    const Poly result = divide_and_round_by_last(ntt_of(x, used), used);

    EXPECT_EQ(result, ntt_of(rounded(x, used.back()->modulus().value(), product(rest)), rest));
  }
}

TEST_F(ConvertTest, RescalingWorksWhateverTheSizesOfThePrimes) {
  for (const auto& [first, last] : {std::pair{60, 30}, {30, 60}, {59, 60}}) {
    const auto q = must(arith::find_primes(first, 1, arith::Side::kBelow));
    const auto d = must(arith::find_primes(last, 1, arith::Side::kBelow));
    const Basis basis = test::basis_of(kLogN, {q[0], d[0]});
    const BigPoly x = test::random_poly(random_, kN, product(basis));

    EXPECT_EQ(divide_and_round_by_last(ntt_of(x, basis), basis),
              ntt_of(rounded(x, d[0], q[0]), BasisView(basis).first(1)))
        << first << " " << last;
  }
}

TEST_F(ConvertTest, RescalingNeedsTwoLimbsInNttForm) {
  const Basis basis = test::basis_of(kLogN, 40, 2);

  EXPECT_THROW(divide_and_round_by_last(Poly(kN, 1, Form::kNtt), basis), Defect);
  EXPECT_THROW(divide_and_round_by_last(Poly(kN, 2, Form::kCoefficient), basis), Defect);
}

// Converts x from D to `to`.
std::vector<std::vector<std::uint64_t>> converted(const BigPoly& x, BasisView from, BasisView to,
                                                  Lift lift) {
  Poly residues = test::residues_of(x, from);
  std::vector<kernel::Words> limbs;
  for (std::size_t j = 0; j < from.size(); ++j) limbs.push_back(residues.limb(j));
  const BaseConverter converter(from, to, lift);
  for (std::size_t j = 0; j < from.size(); ++j) converter.prepare(j, limbs[j]);
  std::vector<kernel::ConstWords> prepared(limbs.begin(), limbs.end());
  std::vector<std::uint64_t> multiples(kN);
  if (converter.prepared_count() > limbs.size()) {
    converter.count_multiples(prepared, multiples);
    prepared.emplace_back(multiples);
  }
  std::vector<std::vector<std::uint64_t>> out(to.size(), std::vector<std::uint64_t>(kN));
  converter.convert(prepared, 0, std::vector<kernel::Words>{out[0]});
  converter.convert(prepared, 1, std::vector<kernel::Words>(out.begin() + 1, out.end()));
  for (std::size_t t = 0; t < to.size(); ++t) kernel::active().ntt_inverse(out[t], *to[t]);
  return out;
}

std::uint64_t residue(test::int128 x, std::uint64_t p) {
  const auto r = static_cast<std::int64_t>(x % static_cast<test::int128>(p));
  return static_cast<std::uint64_t>(r < 0 ? r + static_cast<std::int64_t>(p) : r);
}

// The u in [low, high] for which x + u D has these residues, if there is one.
std::optional<int> multiple_of(uint128 x, uint128 d, int low, int high,
                               const std::vector<std::vector<std::uint64_t>>& out, BasisView to,
                               std::size_t i) {
  for (int u = low; u <= high; ++u) {
    bool fits = true;
    for (std::size_t t = 0; t < to.size(); ++t) {
      const test::int128 lifted = static_cast<test::int128>(x) + u * static_cast<test::int128>(d);
      fits = fits && out[t][i] == residue(lifted, to[t]->modulus().value());
    }
    if (fits) return u;
  }
  return std::nullopt;
}

TEST_F(ConvertTest, ConversionGivesXPlusASmallMultipleOfTheModulus) {
  const Basis to = test::basis_of(kLogN, 60, 3);
  for (int count = 1; count <= 3; ++count) {
    const Basis from = test::basis_of(kLogN, 41, count);
    const uint128 d = product(from);
    const BigPoly x = test::random_poly(random_, kN, d);
    const auto out = converted(x, from, to, Lift::kNonNegative);
    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_TRUE(multiple_of(x[i], d, 0, count - 1, out, to, i)) << i << " of " << count;
    }
  }
}

TEST_F(ConvertTest, CentredConversionGivesTheNumberNearestToZero) {
  const Basis to = test::basis_of(kLogN, 60, 3);
  for (const int bits : {40, 50, 60}) {
    for (int count = 1; count <= (bits == 60 ? 2 : 3) && bits * count < 126; ++count) {
      const Basis from = test::basis_of(kLogN, bits, count);
      const uint128 d = product(from);
      BigPoly x = test::random_poly(random_, kN, d);
      x[0] = 0;
      x[1] = d - 1;
      x[2] = d / 2 - (d >> 40);
      x[3] = d / 2 + (d >> 40);
      const auto out = converted(x, from, to, Lift::kCentred);
      for (std::size_t i = 0; i < kN; ++i) {
        const int u = x[i] > d / 2 ? -1 : 0;
        EXPECT_TRUE(multiple_of(x[i], d, u, u, out, to, i))
            << i << " of " << count << " primes of " << bits << " bits";
      }
    }
  }
}

TEST_F(ConvertTest, ConversionOfAnotherShapeIsADefect) {
  const Basis from = test::basis_of(kLogN, 41, 2);
  std::vector<std::uint64_t> limb(kN);
  const std::vector<kernel::ConstWords> one = {limb};
  const std::vector<kernel::ConstWords> two = {limb, limb};
  const BaseConverter converter(from, from);

  EXPECT_THROW(converter.prepare(2, limb), Defect);
  EXPECT_THROW(converter.count_multiples(two, limb), Defect) << "its lift wants none";
  EXPECT_THROW(converter.convert(one, 0, std::vector<kernel::Words>{limb}), Defect);
  EXPECT_THROW(converter.convert(two, 2, std::vector<kernel::Words>{limb}), Defect);
}

// The residues of x modulo Q P become those of round(x / P) modulo Q.
void expect_mod_down_rounds(int specials, int special_bits, salus::test::TestRandom& random) {
  const Basis q = test::basis_of(kLogN, 25, 2);
  const Basis p = test::basis_of(kLogN, special_bits, specials);
  Basis all = q;
  all.insert(all.end(), p.begin(), p.end());
  const uint128 big_q = product(q);
  const uint128 big_p = product(p);
  const BigPoly x = test::random_poly(random, kN, big_q * big_p);

  Poly result = ntt_of(x, all);
  ModDown(q, p).apply({&result, 1});

  to_coefficients(result, q);
  const BigPoly expected = rounded(x, big_p, big_q);
  for (std::size_t i = 0; i < kN; ++i) {
    // Q P / 2 and its neighbour are among the numbers: as good as a tie, unless P is one prime.
    const uint128 rest = x[i] % big_p;
    const bool tie = specials > 1 && (rest > big_p / 2 ? rest - big_p / 2 : big_p / 2 - rest) <= 1;
    for (std::size_t j = 0; j < 2; ++j) {
      const arith::Modulus& modulus = q[j]->modulus();
      const std::uint64_t nearest = modulus.reduce(expected[i]);
      const std::uint64_t other =
          rest > big_p / 2 ? modulus.subtract(nearest, 1) : modulus.add(nearest, 1);
      EXPECT_TRUE(result.limb(j)[i] == nearest || (tie && result.limb(j)[i] == other))
          << "coefficient " << i << " with " << specials << " special primes";
    }
  }
}

TEST_F(ConvertTest, DivisionByOneSpecialPrimeIsExact) { expect_mod_down_rounds(1, 50, random_); }

TEST_F(ConvertTest, DivisionByMoreSpecialPrimesRoundsToo) {
  expect_mod_down_rounds(2, 32, random_);
  expect_mod_down_rounds(3, 26, random_);
}

TEST_F(ConvertTest, DivisionOfAnotherShapeIsADefect) {
  const Basis q = test::basis_of(kLogN, 30, 2);
  const Basis p = test::basis_of(kLogN, 40, 1);

  Poly small(kN, 2, Form::kNtt);
  Poly coefficients(kN, 3, Form::kCoefficient);
  EXPECT_THROW(ModDown(q, p).apply({&small, 1}), Defect);
  EXPECT_THROW(ModDown(q, p).apply({&coefficients, 1}), Defect);
}

}  // namespace
}  // namespace salus::ring
