// Goal:   changes of basis are exact up to what convert.h allows.
// Method: 128-bit integers: rescaling against rounded division, conversion against x + u D.

#include "ring/convert.h"

#include <gtest/gtest.h>

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

// The u of x -> x + u D that fits every target, or -1.
int multiple_of(uint128 x, uint128 d, int max_u, const std::vector<std::vector<std::uint64_t>>& out,
                BasisView to, std::size_t i) {
  for (int u = 0; u < max_u; ++u) {
    bool fits = true;
    for (std::size_t t = 0; t < to.size(); ++t) {
      const std::uint64_t p = to[t]->modulus().value();
      const auto expected = static_cast<std::uint64_t>(
          (x % p + static_cast<uint128>(u) * static_cast<std::uint64_t>(d % p)) % p);
      fits = fits && out[t][i] == expected;
    }
    if (fits) return u;
  }
  return -1;
}

TEST_F(ConvertTest, ConversionGivesXPlusASmallMultipleOfTheModulus) {
  const Basis to = test::basis_of(kLogN, 60, 3);
  for (int count = 1; count <= 3; ++count) {
    const Basis from = test::basis_of(kLogN, 41, count);
    const uint128 d = product(from);
    const BigPoly x = test::random_poly(random_, kN, d);
    const Poly residues = test::residues_of(x, from);
    std::vector<kernel::ConstWords> limbs;
    for (std::size_t j = 0; j < from.size(); ++j) limbs.push_back(residues.limb(j));
    std::vector<std::vector<std::uint64_t>> out(to.size(), std::vector<std::uint64_t>(kN));

    BaseConverter(from, to).convert(limbs, std::vector<kernel::Words>(out.begin(), out.end()));

    for (std::size_t i = 0; i < kN; ++i) {
      EXPECT_GE(multiple_of(x[i], d, count, out, to, i), 0)
          << "coefficient " << i << " of " << count;
    }
  }
}

TEST_F(ConvertTest, ConversionOfAnotherShapeIsADefect) {
  const Basis from = test::basis_of(kLogN, 41, 2);
  const std::vector<std::uint64_t> limb(kN);

  EXPECT_THROW(BaseConverter(from, from).convert(std::vector<kernel::ConstWords>{limb}, {}),
               Defect);
}

// a = Q-residues and P-residues of x; distance of the result from round(x / P), modulo Q.
void expect_mod_down_within(int specials, int special_bits, salus::test::TestRandom& random) {
  const Basis q = test::basis_of(kLogN, 25, 2);
  const Basis p = test::basis_of(kLogN, special_bits, specials);
  Basis all = q;
  all.insert(all.end(), p.begin(), p.end());
  const uint128 big_q = product(q);
  const uint128 big_p = product(p);
  const BigPoly x = test::random_poly(random, kN, big_q * big_p);

  Poly result = ModDown(q, p).apply(ntt_of(x, all));

  to_coefficients(result, q);
  const BigPoly expected = rounded(x, big_p, big_q);
  for (std::size_t i = 0; i < kN; ++i) {
    bool near = false;
    for (uint128 u = 0; u < static_cast<uint128>(specials); ++u) {
      const uint128 candidate = (expected[i] + big_q - u) % big_q;
      near = near || (result.limb(0)[i] == candidate % q[0]->modulus().value() &&
                      result.limb(1)[i] == candidate % q[1]->modulus().value());
    }
    EXPECT_TRUE(near) << "coefficient " << i << " with " << specials << " special primes";
  }
}

TEST_F(ConvertTest, DivisionByOneSpecialPrimeIsExact) { expect_mod_down_within(1, 50, random_); }

TEST_F(ConvertTest, DivisionByMoreSpecialPrimesIsOffByLessThanTheirNumber) {
  expect_mod_down_within(2, 32, random_);
  expect_mod_down_within(3, 26, random_);
}

TEST_F(ConvertTest, DivisionOfAnotherShapeIsADefect) {
  const Basis q = test::basis_of(kLogN, 30, 2);
  const Basis p = test::basis_of(kLogN, 40, 1);

  EXPECT_THROW(ModDown(q, p).apply(Poly(kN, 2, Form::kNtt)), Defect);
  EXPECT_THROW(ModDown(q, p).apply(Poly(kN, 3, Form::kCoefficient)), Defect);
}

}  // namespace
}  // namespace salus::ring
