// Goal:   residue polynomials compute in Z_Q[X]/(X^N + 1).
// Method: rings of 16 coefficients against schoolbook arithmetic on 128-bit integers.

#include "ring/poly.h"

#include <gtest/gtest.h>

#include "ring/testing/small_ring.h"

namespace salus::ring {
namespace {

using test::BigPoly;
using test::ntt_of;
using test::residues_of;
using test::uint128;

constexpr int kLogN = 4;
constexpr std::size_t kN = 16;
constexpr std::uint64_t kSeed = 41;

class PolyTest : public ::testing::Test {
 protected:
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(kSeed)};
  salus::test::TestRandom random_{kSeed};
  const Basis basis_ = test::basis_of(kLogN, 40, 3);
  const uint128 q_ = test::product(basis_);
  const BigPoly x_ = test::random_poly(random_, kN, q_);
  const BigPoly y_ = test::random_poly(random_, kN, q_);
  const Poly a_ = ntt_of(x_, basis_);
  const Poly b_ = ntt_of(y_, basis_);

  template <class Operation>
  Poly expect(const Operation& operation) const {
    BigPoly out(kN);
    for (std::size_t i = 0; i < kN; ++i) out[i] = operation(x_[i], y_[i]) % q_;
    return ntt_of(out, basis_);
  }
};

TEST_F(PolyTest, SumsAreCoefficientwise) {
  const Poly expected = expect([](uint128 x, uint128 y) { return x + y; });

  EXPECT_EQ(add(a_, b_, basis_), expected);
  Poly sum = a_;
  add_to(sum, b_, basis_);
  EXPECT_EQ(sum, expected);
}

TEST_F(PolyTest, DifferencesAndNegationsAreCoefficientwise) {
  const Poly expected = expect([this](uint128 x, uint128 y) { return x + q_ - y; });

  EXPECT_EQ(subtract(a_, b_, basis_), expected);
  Poly difference = a_;
  subtract_from(difference, b_, basis_);
  EXPECT_EQ(difference, expected);
  EXPECT_EQ(negate(a_, basis_), expect([this](uint128 x, uint128) { return q_ - x; }));
}

// sum_{i+j=k} x_i y_j - sum_{i+j=k+N} x_i y_j, limb by limb.
Poly schoolbook(const Poly& x, const Poly& y, BasisView basis) {
  Poly out(kN, basis.size(), Form::kCoefficient);
  for (std::size_t l = 0; l < basis.size(); ++l) {
    const std::uint64_t q = basis[l]->modulus().value();
    for (std::size_t i = 0; i < kN; ++i) {
      for (std::size_t j = 0; j < kN; ++j) {
        const uint128 term = uint128{x.limb(l)[i]} * y.limb(l)[j] % q;
        std::uint64_t& c = out.limb(l)[(i + j) % kN];
        c = static_cast<std::uint64_t>((c + (i + j < kN ? term : q - term)) % q);
      }
    }
  }
  to_ntt(out, basis);
  return out;
}

TEST_F(PolyTest, ProductsAreNegacyclicConvolutions) {
  const Poly expected = schoolbook(residues_of(x_, basis_), residues_of(y_, basis_), basis_);

  EXPECT_EQ(multiply(a_, b_, basis_), expected);
  Poly sum = b_;
  multiply_add(a_, b_, sum, basis_);
  EXPECT_EQ(sum, add(expected, b_, basis_));
}

TEST_F(PolyTest, FormsRoundTrip) {
  Poly a = a_;
  to_coefficients(a, basis_);
  EXPECT_EQ(a, residues_of(x_, basis_));
  to_ntt(a, basis_);
  EXPECT_EQ(a, a_);
}

TEST_F(PolyTest, ResidueFactorsMultiplyTheirLimbs) {
  const uint128 w = (uint128{1} << 90) + 12345;
  std::vector<std::uint64_t> residues;
  for (const auto& tables : basis_) {
    residues.push_back(static_cast<std::uint64_t>(w % tables->modulus().value()));
  }
  Poly a = a_;
  multiply_by_residues(a, residues, basis_);

  Poly constant(kN, 3, Form::kCoefficient);
  for (std::size_t j = 0; j < 3; ++j) constant.limb(j)[0] = residues[j];
  to_ntt(constant, basis_);
  EXPECT_EQ(a, multiply(a_, constant, basis_));
}

TEST_F(PolyTest, SmallSignedCoefficientsBecomeResidues) {
  std::vector<std::int64_t> coefficients(kN);
  BigPoly expected(kN);
  for (std::size_t i = 0; i < kN; ++i) {
    coefficients[i] = static_cast<std::int64_t>(random_.below(43)) - 21;
    expected[i] = coefficients[i] < 0 ? q_ - static_cast<uint128>(-coefficients[i])
                                      : static_cast<uint128>(coefficients[i]);
  }

  EXPECT_EQ(from_signed(coefficients, basis_), residues_of(expected, basis_));
}

TEST_F(PolyTest, AutomorphismsReplaceXByItsPower) {
  for (std::uint32_t g = 1; g < 2 * kN; g += 2) {
    BigPoly image(kN);
    for (std::size_t i = 0; i < kN; ++i) {
      const std::size_t exponent = i * g % (2 * kN);
      image[exponent % kN] = exponent < kN ? x_[i] : (q_ - x_[i]) % q_;
    }
    const Automorphism automorphism(kLogN, g);
    EXPECT_EQ(automorphism.apply(a_), ntt_of(image, basis_)) << "X -> X^" << g;
    EXPECT_EQ(automorphism.galois_element(), g);
  }
}

TEST_F(PolyTest, TruncationKeepsAPrefixOfTheLimbs) {
  Poly a = a_;
  a.truncate(2);

  EXPECT_EQ(a, ntt_of(x_, BasisView(basis_).first(2)));
  EXPECT_EQ(a.limb_count(), 2u);
  EXPECT_EQ(Poly().limb_count(), 0u);
}

TEST_F(PolyTest, WrongFormsAndShapesAreDefects) {
  Poly coefficients = residues_of(x_, basis_);
  Poly short_poly = a_;
  short_poly.truncate(1);
  Poly ntt = a_;

  EXPECT_THROW(add(a_, coefficients, basis_), Defect);
  EXPECT_THROW(add(a_, short_poly, basis_), Defect);
  EXPECT_THROW(add(a_, b_, BasisView(basis_).first(2)), Defect);
  EXPECT_THROW(multiply(coefficients, coefficients, basis_), Defect);
  EXPECT_THROW(multiply_add(coefficients, coefficients, coefficients, basis_), Defect);
  EXPECT_THROW(to_coefficients(coefficients, basis_), Defect);
  EXPECT_THROW(to_ntt(ntt, basis_), Defect);
  EXPECT_THROW(multiply_by_residues(ntt, std::vector<std::uint64_t>{1}, basis_), Defect);
  EXPECT_THROW(Automorphism(kLogN, 2), Defect);
  EXPECT_THROW(Automorphism(kLogN, 2 * kN + 1), Defect);
  EXPECT_THROW(Automorphism(kLogN, 3).apply(coefficients), Defect);
  EXPECT_THROW(Automorphism(kLogN + 1, 3).apply(a_), Defect);
}

}  // namespace
}  // namespace salus::ring
