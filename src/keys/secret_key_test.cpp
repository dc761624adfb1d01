// Goal:   what the key holder makes decrypts, hides, and is the same for the same seeds.
// Method: fixed seeds on small insecure rings; noise measured in coefficients against its
// distribution;
//         golden digests.

#include "keys/secret_key.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "keys/testing/fixture.h"
#include "ring/sampling.h"

namespace salus::keys {
namespace {

using salus::test::seed_of;
using test::CkksFixture;
using test::literal_of;
using test::max_error;
using test::Shape;
using test::Values;

const Shape kShape{.log_n = 11, .levels = 2, .dnum = 3};

class SecretKeyTest : public ::testing::Test {
 protected:
  CkksFixture f_{literal_of(kShape), 111};
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed " + std::to_string(f_.seed)};

  SecretKey key(std::uint64_t root, std::string_view label) const {
    return must(SecretKey::derive(f_.params, seed_of(root), label));
  }
  /// Signed coefficients modulo q_0.
  std::vector<std::int64_t> coefficients(ring::Poly poly) const {
    poly.truncate(1);
    ring::to_coefficients(poly, f_.params->basis(0));
    std::vector<std::int64_t> out;
    for (const std::uint64_t x : poly.limb(0)) out.push_back(f_.params->q(0).to_signed(x));
    return out;
  }
  /// Decrypted minus exact, in coefficients.
  std::vector<std::int64_t> noise(const ckks::Ciphertext& c, const ckks::Plaintext& exact) const {
    const ckks::Plaintext plain = must(decrypt(f_.secret, c));
    return coefficients(ring::subtract(plain.poly, exact.poly, f_.params->basis(c.level)));
  }
};

double variance(const std::vector<std::int64_t>& x) {
  double sum = 0;
  for (const std::int64_t v : x) sum += static_cast<double>(v) * static_cast<double>(v);
  return sum / static_cast<double>(x.size());
}

TEST_F(SecretKeyTest, SeededEncryptionDecryptsAtEveryLevel) {
  for (int level = 0; level <= 2; ++level) {
    const Values x = f_.values();
    const ckks::SeededCiphertext c = must(encrypt(f_.secret, f_.encode(x, level), f_.random));
    EXPECT_EQ(c.level, level);
    EXPECT_EQ(c.scale, CkksFixture::kScale);
    EXPECT_EQ(c.expand().byte_count(), 2u * 2048 * 8 * static_cast<std::size_t>(level + 1));
    EXPECT_LT(max_error(f_.decrypt(c.expand()), x), f_.fresh());
  }
}

TEST_F(SecretKeyTest, FreshNoiseIsTheCentredBinomial) {
  const ckks::Plaintext plain = f_.encode(f_.values(), 2);
  double sum = 0;
  constexpr int kCount = 16;
  for (int i = 0; i < kCount; ++i) {
    const auto e = noise(must(encrypt(f_.secret, plain, f_.random)).expand(), plain);
    for (const std::int64_t c : e) ASSERT_LE(std::abs(c), ring::kErrorBound);
    sum += variance(e) / kCount;
  }

  // Six standard deviations of the estimate, sqrt(2 / samples) each.
  EXPECT_NEAR(sum / 10.5, 1, 6 * std::sqrt(2.0 / (kCount * 2048)));
}

TEST_F(SecretKeyTest, PublicKeyEncryptionDecryptsWithItsPromisedNoise) {
  const PublicKey key = make_public_key(f_.secret, f_.random);
  double sum = 0;
  for (int level = 0; level <= 2; ++level) {
    const Values x = f_.values();
    const ckks::Plaintext plain = f_.encode(x, level);
    const ckks::Ciphertext c = must(encrypt(key, plain, f_.random));
    const double bound = f_.noise.fresh(circuit::Encryption::kPublicKey, c.scale);
    EXPECT_LT(max_error(f_.decrypt(c), x), bound + CkksFixture::kEncoderError);
    sum += variance(noise(c, plain)) / 3;
  }

  // ((4 N / 3) + 1) sigma^2, up to six deviations; u and s make neighbours dependent: twice that.
  const double expected = (4 * 2048 / 3.0 + 1) * 10.5;
  EXPECT_NEAR(sum / expected, 1, 12 * std::sqrt(2.0 / (3 * 2048)));
}

TEST_F(SecretKeyTest, SecretsAreTernaryInEveryLimb) {
  const ring::BasisView basis = f_.params->extended_basis(2);
  std::vector<std::int64_t> first;
  for (std::size_t j = 0; j < basis.size(); ++j) {
    std::vector<std::uint64_t> limb(f_.secret.reveal_limb(j).begin(),
                                    f_.secret.reveal_limb(j).end());
    kernel::active().ntt_inverse(limb, *basis[j]);
    std::vector<std::int64_t> s;
    for (const std::uint64_t x : limb) s.push_back(basis[j]->modulus().to_signed(x));
    if (j == 0) first = s;
    EXPECT_EQ(s, first) << "limb " << j;
  }
  for (const std::int64_t c : first) ASSERT_LE(std::abs(c), 1);
  EXPECT_NEAR(variance(first), 2.0 / 3, 6 * std::sqrt(2.0 / 9 / 2048));
}

TEST_F(SecretKeyTest, DerivationIsDeterministicAndLabelsAndRootsSeparate) {
  std::set<std::string> ids;
  for (const std::uint64_t root : {1u, 2u}) {
    for (const char* label : {"", "twin 1", "twin 2"}) {
      const SecretKey one = key(root, label);
      const SecretKey two = key(root, label);
      EXPECT_EQ(one.id(), two.id());
      EXPECT_TRUE(std::ranges::equal(one.reveal_limb(3), two.reveal_limb(3)));
      ids.insert(one.id().hex());
    }
  }
  EXPECT_EQ(ids.size(), 6u);
}

TEST_F(SecretKeyTest, AnotherKeyDecryptsToNoise) {
  const Values x = f_.values();
  const ckks::Ciphertext c = f_.encrypt(x, 0);
  const Values wrong = f_.encoder.decode(must(decrypt(key(111, "another label"), c)));

  // Uniform modulo 2^50 at scale 2^40: slots near sqrt(N / 12) 2^10 = 13000; x is below 2.
  double rms = 0;
  std::size_t near = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    rms += std::norm(wrong[i]) / static_cast<double>(x.size());
    near += std::abs(wrong[i] - x[i]) < 100 ? 1 : 0;
  }
  EXPECT_NEAR(std::sqrt(rms) / (std::sqrt(2048 / 12.0) * 1024), 1, 0.2);
  EXPECT_LE(near, 3u);
}

TEST_F(SecretKeyTest, EqualPlaintextsGiveDifferentCiphertexts) {
  const ckks::Plaintext plain = f_.encode(f_.values(), 1);
  const auto a = must(encrypt(f_.secret, plain, f_.random));
  const auto b = must(encrypt(f_.secret, plain, f_.random));
  const PublicKey key = make_public_key(f_.secret, f_.random);

  EXPECT_NE(a.seed, b.seed);
  EXPECT_NE(a.c0, b.c0);
  EXPECT_NE(must(encrypt(key, plain, f_.random)).parts, must(encrypt(key, plain, f_.random)).parts);
}

TEST_F(SecretKeyTest, EqualSeedsGiveTheSameWordsOnEveryMachine) {
  const std::vector<double> x = {0.5, -0.25, 3};
  RandomStream random(seed_of(7), 0);
  const SecretKey secret = key(5, "golden");
  const auto c = must(encrypt(secret, must(f_.encoder.encode(x, 2, 0x1p40)), random));

  EXPECT_EQ(secret.id().hex(), "3a56bcb53c4a63b619f8007cb407efd1887795d3bdb7a514cd273696a18996a7");
  EXPECT_EQ(sha256(std::as_bytes(c.c0.words())).hex(),
            "421651ec54ef4941b2704add0a12febc73d77ae38b30249511c103060ea28751");
}

TEST_F(SecretKeyTest, KeysFromCoefficientsMustBeTernaryAndComplete) {
  std::vector<std::int64_t> s(2048, 1);
  s[7] = -1;
  const SecretKey made = must(SecretKey::from_coefficients(f_.params, s));
  const auto c = must(encrypt(made, f_.encode(Values(1024, 0.5), 1), f_.random)).expand();
  EXPECT_LT(max_error(f_.encoder.decode(must(decrypt(made, c))), Values(1024, 0.5)), f_.fresh());

  s[7] = 2;
  EXPECT_EQ(SecretKey::from_coefficients(f_.params, s).error().code, ErrorCode::kInvalidArgument);
  s.pop_back();
  const auto shorter = SecretKey::from_coefficients(f_.params, s);
  EXPECT_EQ(shorter.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(shorter.error().message.find("2047"), std::string::npos);
}

TEST_F(SecretKeyTest, RootsHave32Bytes) {
  for (const std::size_t size : {0u, 31u, 33u}) {
    const auto result = SecretKey::derive(f_.params, Bytes(size), "x");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(result.error().message.find(std::to_string(size)), std::string::npos);
  }
}

TEST_F(SecretKeyTest, ObjectsOfOtherParametersAreRefused) {
  CkksFixture other(literal_of({.log_n = 11, .levels = 1, .dnum = 1, .specials = 2}), 112);
  const ckks::Plaintext plain = other.encode(other.values(), 1);

  EXPECT_EQ(encrypt(f_.secret, plain, f_.random).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(encrypt(make_public_key(f_.secret, f_.random), plain, f_.random).error().code,
            ErrorCode::kMismatch);
  EXPECT_EQ(decrypt(f_.secret, other.encrypt(other.values(), 0)).error().code,
            ErrorCode::kMismatch);
}

}  // namespace
}  // namespace salus::keys
