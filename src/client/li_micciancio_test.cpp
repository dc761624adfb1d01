// Goal:   the reason for the release gate: two results as open_result gives them, and their public
//         ciphertexts, are the secret key; the same two results as the gate releases them are not.
// Method: Li and Micciancio, eprint 2020/1533, at N = 2^14 and 128 bits. The real parts of all
// slots,
//         encoded again and rounded, are m + conj(m) exactly: encoding noise is below a half. In
//         NTT form each pair of conjugate points gives one equation in the two values of s there,
//         each result another. Coefficients that come out ternary are the key.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "base/testing/test_random.h"
#include "client/release_gate.h"
#include "client/result.h"
#include "client/testing/weighted.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAllSlots = 8192;

/// What is public, and what somebody was given.
struct Shared {
  Bytes result;
  std::vector<double> slots;
};

class LiMicciancio : public testing::Test {
 protected:
  const program::Program program_ = test::weighted(kAllSlots, 45, 0);
  const KeyFile key_ = must(make_key("mine", program_.basis.circuit.chain, "2026-01-31T12:00:00Z"));
  const ckks::ParametersPtr params_ = must(parameters_of(key_.chain));
  const arith::Modulus& q_ = params_->q(0);
  const std::span<const std::uint32_t> conjugate_ =
      params_->automorphism(ckks::galois_element_of_conjugation(params_->log_n())).source();
  RandomStream random_{salus::test::seed_of(211), 0};
  const std::vector<Bytes> results_ = {test::result_of(program_, key_, 0.6789, random_),
                                       test::result_of(program_, key_, -0.345, random_)};

  /// c_1 at the points, and what c_1 s + conj(c_1 s) must be there.
  struct Equations {
    std::vector<std::uint64_t> a, right;
  };
  Equations equations(const Shared& shared) const {
    const ckks::Ciphertext c = must(wire::read_ciphertext(shared.result, params_)).ciphertext;
    std::vector<double> twice = shared.slots;
    for (double& x : twice) x *= 2;
    const ckks::Plaintext m =
        must(ckks::Encoder(params_).encode(std::span<const double>(twice), 0, c.scale));
    Equations out;
    for (std::size_t i = 0; i < params_->ring_degree(); ++i) {
      const std::uint64_t c0 = q_.add(c.parts[0].limb(0)[i], c.parts[0].limb(0)[conjugate_[i]]);
      out.a.push_back(c.parts[1].limb(0)[i]);
      out.right.push_back(q_.subtract(m.poly.limb(0)[i], c0));
    }
    return out;
  }

  /// s in coefficients, whatever they are.
  std::vector<std::int64_t> solve(const Shared& first, const Shared& second) const {
    const Equations x = equations(first), y = equations(second);
    std::vector<std::uint64_t> s;
    for (std::size_t i = 0; i < params_->ring_degree(); ++i) {
      // x.a[i] s + x.a[k] s' = x.right, y.a[i] s + y.a[k] s' = y.right, by Cramer's rule.
      const std::size_t k = conjugate_[i];
      const auto cross = [&](std::uint64_t a, std::uint64_t d, std::uint64_t b, std::uint64_t c) {
        return q_.subtract(q_.multiply(a, d), q_.multiply(b, c));
      };
      const std::uint64_t det = cross(x.a[i], y.a[k], x.a[k], y.a[i]);
      const std::uint64_t top = cross(x.right[i], y.a[k], x.a[k], y.right[i]);
      s.push_back(det == 0 ? 0 : q_.multiply(top, q_.inverse(det)));
    }
    kernel::active().ntt_inverse(s, *params_->basis(0)[0]);
    std::vector<std::int64_t> out;
    for (const std::uint64_t value : s) out.push_back(q_.to_signed(value));
    return out;
  }

  Result<keys::SecretKey> attack(const Shared& first, const Shared& second) const {
    return keys::SecretKey::from_coefficients(params_, solve(first, second));
  }
};

TEST_F(LiMicciancio, TwoOpenedResultsAreTheKey) {
  std::vector<Shared> shared;
  for (const Bytes& result : results_)
    shared.push_back({result, must(open_result(result, key_, program_)).slots});

  const keys::SecretKey stolen = must(attack(shared[0], shared[1]));

  EXPECT_EQ(stolen.id().hex(), key_.id);
  // It opens what was never shared.
  const Bytes other = test::result_of(program_, key_, 0.111, random_);
  const auto plain =
      must(keys::decrypt(stolen, must(wire::read_ciphertext(other, params_)).ciphertext));
  EXPECT_NEAR(ckks::Encoder(params_).decode_real(plain)[4], 0.111, 1e-6);
}

TEST_F(LiMicciancio, OneExactDecryptionIsTheKey) {
  const keys::SecretKey secret = must(expand_key(key_));
  const ckks::Ciphertext c = must(wire::read_ciphertext(results_[0], params_)).ciphertext;
  const ckks::Plaintext plain = must(keys::decrypt(secret, c));

  std::vector<std::uint64_t> s;
  for (std::size_t i = 0; i < params_->ring_degree(); ++i) {
    const std::uint64_t right = q_.subtract(plain.poly.limb(0)[i], c.parts[0].limb(0)[i]);
    s.push_back(q_.multiply(right, q_.inverse(c.parts[1].limb(0)[i])));
  }
  kernel::active().ntt_inverse(s, *params_->basis(0)[0]);
  std::vector<std::int64_t> coefficients;
  for (const std::uint64_t value : s) coefficients.push_back(q_.to_signed(value));

  EXPECT_EQ(must(keys::SecretKey::from_coefficients(params_, coefficients)).id().hex(), key_.id);
}

// Same ciphertexts, same attack, all slots of each: the gate is the difference. At a scale of 2^45
// this many slots keep no digit; what a tolerance leaves of a result is the gate's own test.
TEST_F(LiMicciancio, TwoReleasedResultsAreNot) {
  const Seed suffix = random_seed();
  const fs::path ledger =
      fs::temp_directory_path() / ("salus-attack-" + to_hex(ByteView(suffix).first(8)));
  ReleaseGate gate = must(ReleaseGate::open(
      key_, must(ReleaseLedger::open(ledger, key_.id, {.statistical_bits = 20, .releases = 2}))));
  std::vector<Shared> shared;
  for (const Bytes& result : results_)
    shared.push_back({result, must(gate.release(result, program_, {.tolerance = 1})).slots});
  fs::remove(ledger);

  EXPECT_EQ(attack(shared[0], shared[1]).error().code, ErrorCode::kInvalidArgument);
  std::size_t small = 0;
  for (const std::int64_t x : solve(shared[0], shared[1])) small += std::abs(x) <= 1 ? 1 : 0;
  EXPECT_LT(small, 10u) << "coefficients that look like a key's: 3 in 2^50 do by chance";
}

}  // namespace
}  // namespace salus::client
