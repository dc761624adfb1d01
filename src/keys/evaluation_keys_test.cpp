// Goal:   a server gets exactly the keys that a circuit needs, at the levels where it needs them.
// Method: requirements in, keys out; the equation b + a s = P g s' + e checked in coefficients.

#include <gtest/gtest.h>

#include "keys/testing/fixture.h"
#include "ring/sampling.h"

namespace salus::keys {
namespace {

using test::all_keys;
using test::CkksFixture;
using test::literal_of;
using test::Shape;

const Shape kShape{.log_n = 10, .levels = 3, .dnum = 2, .specials = 2};

class EvaluationKeysTest : public ::testing::Test {
 protected:
  CkksFixture f_{literal_of(kShape), 121};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  std::uint32_t rotation(int steps) const { return ckks::galois_element_of_rotation(10, steps); }
  ckks::EvaluationKeys make(const circuit::KeyRequirements& requirements) {
    return must(make_evaluation_keys(f_.secret, requirements, f_.random));
  }
};

TEST_F(EvaluationKeysTest, NothingRequiredIsNothingMade) {
  const ckks::EvaluationKeys keys = make({});

  EXPECT_EQ(keys.params, f_.params);
  EXPECT_FALSE(keys.relinearization);
  EXPECT_TRUE(keys.galois.empty());
}

TEST_F(EvaluationKeysTest, ExactlyWhatIsRequiredIsMadeAtItsLevel) {
  circuit::KeyRequirements wanted;
  wanted.relinearization_level = 3;
  wanted.conjugation_level = 0;
  wanted.rotation_levels = {{1, 2}, {7, 1}, {511, 3}};

  const ckks::EvaluationKeys keys = make(wanted);

  EXPECT_EQ(keys.relinearization->level, 3);
  ASSERT_EQ(keys.galois.size(), 4u);
  EXPECT_EQ(keys.galois.at(rotation(1))->level, 2);
  EXPECT_EQ(keys.galois.at(rotation(7))->level, 1);
  EXPECT_EQ(keys.galois.at(rotation(-1))->level, 3);
  EXPECT_EQ(keys.galois.at(2047)->level, 0);
}

TEST_F(EvaluationKeysTest, RotationsByNothingNeedNoneAndEqualOnesShareTheHighest) {
  circuit::KeyRequirements wanted;
  wanted.rotation_levels = {{0, 3}, {512, 3}, {3, 1}, {515, 2}};

  const ckks::EvaluationKeys keys = make(wanted);

  ASSERT_EQ(keys.galois.size(), 1u);
  EXPECT_EQ(keys.galois.at(rotation(3))->level, 2);
}

// b_d + a_d s - P g_d s' in coefficients, limb by limb: the error of the key.
void expect_key_equation(const CkksFixture& f, const ckks::KeySwitchKey& key,
                         const ring::Poly& from) {
  const ring::BasisView basis = f.params->extended_basis(key.level);
  const auto chain = static_cast<std::size_t>(key.level) + 1;
  for (std::size_t d = 0; d < key.digits.size(); ++d) {
    EXPECT_EQ(key.digits[d].a, ckks::KeySwitchKey::expand(*f.params, *key.seed, key.level, d));
    for (std::size_t j = 0; j < basis.size(); ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      const std::size_t secret_limb = j < chain ? j : j + 4 - chain;
      const auto s = f.secret.reveal_limb(secret_limb);
      std::vector<std::uint64_t> e(s.size());
      for (std::size_t i = 0; i < e.size(); ++i) {
        e[i] = q.add(key.digits[d].b.limb(j)[i], q.multiply(key.digits[d].a.limb(j)[i], s[i]));
        if (j < chain && j / f.params->alpha() == d) {
          e[i] = q.subtract(e[i], q.multiply(f.params->special_product(j).value, from.limb(j)[i]));
        }
      }
      kernel::active().ntt_inverse(e, *basis[j]);
      for (const std::uint64_t x : e) ASSERT_LE(std::abs(q.to_signed(x)), ring::kErrorBound);
    }
  }
}

TEST_F(EvaluationKeysTest, EachDigitEncryptsItsShareOfTheForeignSecret) {
  const ring::BasisView basis = f_.params->basis(3);
  ring::Poly s(1024, 4, ring::Form::kNtt);
  for (std::size_t j = 0; j < 4; ++j) {
    std::ranges::copy(f_.secret.reveal_limb(j), s.limb(j).begin());
  }
  for (const int level : {3, 2, 1, 0}) {
    const ckks::KeySwitchKey square = make_relinearization_key(f_.secret, level, f_.random);
    expect_key_equation(f_, square, ring::multiply(s, s, basis));
    EXPECT_EQ(square.digits.size(), static_cast<std::size_t>(level) / 2 + 1);
    const ckks::KeySwitchKey image = make_galois_key(f_.secret, 3, level, f_.random);
    expect_key_equation(f_, image, ring::Automorphism(10, 3).apply(s));
  }
}

TEST_F(EvaluationKeysTest, KeysOfOneSecretShareNothing) {
  const ckks::KeySwitchKey a = make_galois_key(f_.secret, 3, 1, f_.random);
  const ckks::KeySwitchKey b = make_galois_key(f_.secret, 3, 1, f_.random);

  EXPECT_NE(*a.seed, *b.seed);
  EXPECT_NE(a.digits[0].b, b.digits[0].b);
  const ckks::KeySwitchKey c = make_galois_key(f_.secret, 3, 3, f_.random);
  EXPECT_NE(c.digits[0].a, c.digits[1].a);
}

TEST_F(EvaluationKeysTest, LevelsAboveTheChainAreRefused) {
  const auto result = make_evaluation_keys(f_.secret, all_keys(4), f_.random);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kMismatch);
  EXPECT_NE(result.error().message.find("level 4"), std::string::npos);
}

TEST_F(EvaluationKeysTest, WithoutSpecialPrimesOnlyNothingCanBeMade) {
  CkksFixture bare(literal_of({.log_n = 10, .specials = 0}), 122);

  EXPECT_TRUE(make_evaluation_keys(bare.secret, {}, bare.random));
  const auto result = make_evaluation_keys(bare.secret, all_keys(1), bare.random);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kMismatch);
  EXPECT_NE(result.error().message.find("special primes"), std::string::npos);
}

TEST_F(EvaluationKeysTest, ProgressRisesToOneAndCanStopTheWork) {
  std::vector<double> seen;
  const auto note = [&](double fraction) { return seen.push_back(fraction), true; };
  must(make_evaluation_keys(f_.secret, all_keys(1, {1, 2}), f_.random, note));
  EXPECT_EQ(seen, (std::vector<double>{0.25, 0.5, 0.75, 1}));

  int calls = 0;
  const auto stop = [&](double) { return ++calls < 2; };
  const auto result = make_evaluation_keys(f_.secret, all_keys(1, {1, 2}), f_.random, stop);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(calls, 2);
}

TEST_F(EvaluationKeysTest, ByteCountsAreThoseOfThePackedResidues) {
  const ckks::KeySwitchKey key = make_galois_key(f_.secret, 3, 2, f_.random);
  // Three primes of the chain and two special ones: 50, 40, 41, 50 and 50 bits.
  const std::size_t bytes = key.digits.size() * 2 * 1024 * (50 + 40 + 41 + 50 + 50) / 8;

  EXPECT_EQ(ckks::KeySwitchKey::byte_count(*f_.params, 2, false), bytes);
  EXPECT_EQ(ckks::KeySwitchKey::byte_count(*f_.params, 2, true), bytes / 2);
}

}  // namespace
}  // namespace salus::keys
