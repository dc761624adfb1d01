// Goal:   a result opens for the reader that it was re-encrypted to, within the stated noise, and
//         for nobody else; what a reader and a server can do together is known, not hoped away.
// Method: small insecure rings of several gadgets, and one at 128 bits with flooding; fixed seeds.

#include "keys/reencryption.h"

#include <gtest/gtest.h>

#include <cmath>

#include "keys/testing/fixture.h"

namespace salus::keys {
namespace {

using salus::test::seed_of;
using test::CkksFixture;
using test::literal_of;
using test::max_error;
using test::Shape;
using test::Values;

const Shape kShape{.log_n = 11, .levels = 2, .dnum = 2, .specials = 2};

Identity identity(std::uint64_t number) { return must(Identity::derive(seed_of(number))); }

struct Reader {
  Reader(CkksFixture& f, std::uint64_t number, int level)
      : secret(must(derive_reader_key(f.params, identity(number), "grant 1"))),
        open(must(make_public_key(secret, level, f.random))) {}
  Values decrypt(const CkksFixture& f, const ckks::Ciphertext& c) const {
    return f.encoder.decode(must(keys::decrypt(secret, c)));
  }
  SecretKey secret;
  ckks::PublicKey open;
};

ckks::ReencryptionKey key_for(CkksFixture& f, const Reader& reader, int level) {
  return must(make_reencryption_key(f.secret, reader.open, level, f.random));
}

class ReencryptionTest : public ::testing::Test {
 protected:
  CkksFixture f_{literal_of(kShape), 181};
  Reader reader_{f_, 1, 1};
  ckks::ReencryptionKey key_ = key_for(f_, reader_, 1);
  const ::testing::ScopedTrace trace_{__FILE__, __LINE__, "seed 181"};

  void expect_refused(const auto& result, ErrorCode code, const std::string& part) const {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, code);
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
};

// The bound is 29 and 170 standard deviations for what slots of 2^10 show at 4 to 5.
TEST(ReencryptionNoise, StaysBelowItsBoundOfEveryGadget) {
  for (const Shape& shape : {Shape{.log_n = 11, .levels = 2, .dnum = 3, .specials = 1},
                             Shape{.log_n = 11, .levels = 3, .dnum = 2, .specials = 2},
                             Shape{.log_n = 11, .levels = 2, .dnum = 1, .specials = 3}}) {
    CkksFixture f(literal_of(shape), 182);
    const Reader reader(f, 1, shape.levels);
    const ckks::ReencryptionKey key = key_for(f, reader, 1);
    for (int level = 0; level <= 1; ++level) {
      const Values x = f.values();
      const ckks::Ciphertext c =
          must(ckks::reencrypt_unflooded(f.encrypt(x, level), f.secret.id(), key));
      const double error = max_error(reader.decrypt(f, c), x);
      const double bound = f.fresh() + f.noise.reencrypt(level, c.scale, level < 1);
      EXPECT_LT(error, bound) << shape << ", level " << level << ", seed 182";
      EXPECT_GT(error, bound / 500)
          << shape << ", level " << level << ": a bound that says nothing";
      EXPECT_EQ(c.level, level);
      EXPECT_EQ(c.scale, CkksFixture::kScale);
    }
  }
}

TEST_F(ReencryptionTest, NobodyElseOpensWhatWasReencrypted) {
  const Values x = f_.values();
  const ckks::Ciphertext c =
      must(ckks::reencrypt_unflooded(f_.encrypt(x, 0), f_.secret.id(), key_));
  const Reader second(f_, 2, 1);

  EXPECT_LT(max_error(reader_.decrypt(f_, c), x), 1e-5);
  EXPECT_GT(max_error(second.decrypt(f_, c), x), 1000);
  EXPECT_GT(max_error(f_.decrypt(c), x), 1000);
  EXPECT_GT(max_error(reader_.decrypt(f_, f_.encrypt(x, 0)), x), 1000) << "nor what was not";
}

TEST_F(ReencryptionTest, CiphertextsUnderAnotherKeyAreRefused) {
  const ckks::Ciphertext c = f_.encrypt(f_.values(), 0);
  expect_refused(ckks::reencrypt_unflooded(c, reader_.secret.id(), key_), ErrorCode::kMismatch,
                 f_.secret.id().hex());
  CkksFixture other(literal_of({.log_n = 11, .levels = 1, .dnum = 1, .specials = 2}), 183);
  expect_refused(ckks::reencrypt_unflooded(other.encrypt(other.values(), 0), f_.secret.id(), key_),
                 ErrorCode::kMismatch, "parameters");
  expect_refused(ckks::reencrypt_unflooded(f_.encrypt(f_.values(), 2), f_.secret.id(), key_),
                 ErrorCode::kMismatch, "level 2");
  ckks::Ciphertext three = c;
  three.parts.push_back(three.parts[0]);
  expect_refused(ckks::reencrypt_unflooded(three, f_.secret.id(), key_), ErrorCode::kMismatch,
                 "3 parts");
}

TEST_F(ReencryptionTest, KeysThatCannotBeMadeAreRefused) {
  const auto make = [&](const ckks::PublicKey& to, int level) {
    return make_reencryption_key(f_.secret, to, level, f_.random);
  };
  expect_refused(make(reader_.open, 2), ErrorCode::kMismatch, "reaches level 1");
  expect_refused(make(make_public_key(f_.secret, f_.random), 0), ErrorCode::kInvalidArgument,
                 "itself");
  CkksFixture other(literal_of({.log_n = 11, .levels = 1, .dnum = 1, .specials = 2}), 184);
  expect_refused(make(make_public_key(other.secret, other.random), 0), ErrorCode::kMismatch,
                 "parameters");
  expect_refused(make_public_key(f_.secret, 3, f_.random), ErrorCode::kMismatch, "level 3");
  expect_refused(encrypt(reader_.open, f_.encode(f_.values(), 2), f_.random), ErrorCode::kMismatch,
                 "level 1");
}

TEST_F(ReencryptionTest, PublicKeysOfALevelEncryptAtAndBelowIt) {
  for (int level = 0; level <= 1; ++level) {
    const Values x = f_.values();
    const ckks::Ciphertext c = must(encrypt(reader_.open, f_.encode(x, level), f_.random));
    EXPECT_LT(
        max_error(reader_.decrypt(f_, c), x),
        f_.noise.fresh(circuit::Encryption::kPublicKey, c.scale) + CkksFixture::kEncoderError);
  }
  EXPECT_EQ(reader_.open.key_id, reader_.secret.id());
}

TEST_F(ReencryptionTest, ReaderKeysFollowFromIdentityPurposeAndParameters) {
  const auto id = [&](std::uint64_t who, const char* purpose, const ckks::ParametersPtr& params) {
    return must(derive_reader_key(params, identity(who), purpose)).id();
  };
  const Digest mine = id(1, "grant 1", f_.params);
  EXPECT_EQ(mine, reader_.secret.id());
  EXPECT_NE(mine, id(1, "grant 2", f_.params));
  EXPECT_NE(mine, id(2, "grant 1", f_.params));
  const auto other =
      must(ckks::Parameters::create(literal_of({.log_n = 11, .levels = 1, .dnum = 2})));
  EXPECT_NE(mine, id(1, "grant 1", other));
}

// Documented in docs/security.md: who has the re-encryption key and the reader's secret has the
// owner's. b + a s_to = P s_from + e modulo q_0, and modulo p_0 it is e itself.
TEST_F(ReencryptionTest, AServerAndAReaderTogetherHaveTheOwnersKey) {
  const ring::BasisView basis = f_.params->extended_basis(1);
  const ckks::KeySwitchKey::Digit& digit = key_.key.digits[0];
  const auto phase = [&](std::size_t limb, std::size_t secret_limb) {
    const arith::Modulus& q = basis[limb]->modulus();
    std::vector<std::uint64_t> out(f_.params->ring_degree());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::uint64_t as =
          q.multiply(digit.a.limb(limb)[i], reader_.secret.reveal_limb(secret_limb)[i]);
      out[i] = q.add(digit.b.limb(limb)[i], as);
    }
    kernel::active().ntt_inverse(out, *basis[limb]);
    return out;
  };
  const std::vector<std::uint64_t> error = phase(2, 3);  // p_0
  const std::vector<std::uint64_t> masked = phase(0, 0);
  const arith::Modulus& q = f_.params->q(0);
  std::uint64_t product = 1;
  for (const std::uint64_t p : f_.params->literal().p) product = q.multiply(product, q.reduce(p));
  std::vector<std::int64_t> s;
  for (std::size_t i = 0; i < error.size(); ++i) {
    const std::int64_t e = basis[2]->modulus().to_signed(error[i]);
    const std::uint64_t ps = q.subtract(masked[i], q.from_signed(e));
    s.push_back(q.to_signed(q.multiply(ps, q.inverse(product))));
  }

  EXPECT_EQ(must(SecretKey::from_coefficients(f_.params, s)).id(), f_.secret.id());
}

// N = 2^14 at 128 bits, a result at level 1 with a scale of 2^75: what a composite scale gives.
TEST(ReencryptionAtRealParameters, AFloodedResultOpensWithinTheStatedError) {
  const Shape real{.log_n = 14,
                   .levels = 4,
                   .dnum = 5,
                   .specials = 2,
                   .q_bits = 45,
                   .security = ckks::SecurityProfile::kClassical128};
  CkksFixture f(literal_of(real), 185);
  const Reader reader(f, 1, 2);
  const ckks::ReencryptionKey key = key_for(f, reader, 2);
  constexpr double kScale = 0x1p75;
  const Values x = f.real_values();
  const ckks::Ciphertext c = f.encrypt(x, 1, kScale);
  // Rounding of the encoder's doubles is the owner's and knows no key: flooding need not cover it.
  const double noise =
      f.noise.fresh(circuit::Encryption::kSecretKey, kScale) + f.noise.reencrypt(1, kScale, true);
  const ckks::FloodingTarget target{.statistical_bits = 40, .releases = 1024};
  const ckks::Flooding flooding =
      must(ckks::plan_flooding(*f.params, {1, kScale, noise, 1}, target));

  const Values got =
      reader.decrypt(f, must(ckks::reencrypt(c, f.secret.id(), key, flooding, f.random)));

  double squares = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += std::pow((got[i] - x[i]).real(), 2) / static_cast<double>(x.size());
  }
  EXPECT_NEAR(std::sqrt(squares) / flooding.typical, 1, 0.05) << "seed 185";
  EXPECT_LT(max_error(got, x), noise + flooding.slot_error + CkksFixture::kEncoderError);
  EXPECT_TRUE(ckks::require_accuracy(noise + flooding.slot_error, 1, 1e-6, target));
}

// Today's programs leave at a scale of 2^45: nothing provable fits, and that is said.
TEST(ReencryptionAtRealParameters, AScaleOfFortyFiveBitsIsRefused) {
  const auto params = must(
      ckks::Parameters::create(literal_of({.log_n = 14,
                                           .levels = 4,
                                           .dnum = 5,
                                           .specials = 2,
                                           .q_bits = 45,
                                           .security = ckks::SecurityProfile::kClassical128})));
  const circuit::NoiseLedger ledger(test::chain_of(params->literal()));
  constexpr double kScale = 0x1p45;
  const ckks::FloodingTarget target{.statistical_bits = 30, .releases = 1};
  const double noise = 2 * ledger.reencrypt(1, kScale, true);
  const auto flooding = must(ckks::plan_flooding(*params, {1, kScale, noise, 1}, target));

  const Status fine = ckks::require_accuracy(noise + flooding.slot_error, 1, 1e-3, target);
  ASSERT_FALSE(fine);
  EXPECT_NE(fine.error().message.find("asked 0.001"), std::string::npos) << fine.error().message;
}

}  // namespace
}  // namespace salus::keys
