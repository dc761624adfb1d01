// Goal:   A x from encrypted x equals the same product on doubles, for every way to fold and step.
// Method: fixed seeds, a small insecure ring. Tolerance: the plaintext products' noise, see below.

#include "routine/linear_transform.h"

#include <gtest/gtest.h>

#include <random>

#include "arith/primes.h"
#include "keys/secret_key.h"

namespace salus::routine {
namespace {

constexpr std::size_t kRows = 40;
constexpr std::size_t kColumns = 50;
constexpr std::size_t kPeriod = 64;

ckks::ParametersPtr small_ring() {
  const std::vector<std::uint64_t> level =
      must(arith::find_primes(40, 1, arith::Side::kAlternating));
  const std::vector<std::uint64_t> large = must(arith::find_primes(50, 2, arith::Side::kBelow));
  return must(ckks::Parameters::create({.log_n = 11,
                                        .q = {large[0], level[0]},
                                        .p = {large[1]},
                                        .dnum = 2,
                                        .security = ckks::SecurityProfile::kUnsafeNoSecurity}));
}

struct Case {
  int baby;
  int fold;
  std::size_t rows = kRows;
  bool side_by_side = false;
};

class LinearTransformOf : public testing::TestWithParam<Case> {};

TEST_P(LinearTransformOf, EncryptedVectorIsTheMatrixProduct) {
  const ckks::ParametersPtr params = small_ring();
  const ckks::Encoder encoder(params);
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto [baby, fold, rows, side_by_side] = GetParam();
  std::vector<double> matrix(rows * kColumns);
  std::vector<double> x(kPeriod, 0.0);
  for (double& v : matrix) v = uniform(random);
  for (double& v : x) v = uniform(random);

  RandomStream stream(Seed{std::byte{7}}, 0);
  const keys::SecretKey secret =
      must(keys::SecretKey::derive(params, std::vector<std::byte>(32), "linear"));
  circuit::KeyRequirements needed;
  const auto c = static_cast<int>(kPeriod);
  for (int j = 1; j < baby; ++j) needed.rotation_levels[j] = 1;
  for (int i = baby; i < c / fold; i += baby) needed.rotation_levels[i] = 1;
  const int slots = static_cast<int>(params->slot_count());
  const int apart = c / fold + (side_by_side ? 0 : slots / fold);
  for (int k = 1; k < fold; k *= 2) needed.rotation_levels[apart * k] = 1;
  const ckks::Evaluator evaluator(std::make_shared<const ckks::EvaluationKeys>(
      must(keys::make_evaluation_keys(secret, needed, stream))));

  const ckks::Plaintext plain = must(encoder.encode_repeated(x, 1, 0x1p40));
  const ckks::Ciphertext input = must(keys::encrypt(secret, plain, stream)).expand();
  const LinearTransform transform = must(
      LinearTransform::create(encoder, *params, {rows, kColumns, baby, fold}, matrix, 1, 0x1p40));
  const ckks::Ciphertext product = must(evaluator.rescale(must(transform.apply(evaluator, input))));
  const ckks::Ciphertext at_once = must(transform.apply_rescale(evaluator, input));
  EXPECT_EQ(at_once.level, product.level);
  EXPECT_EQ(at_once.scale, product.scale);
  const std::vector<double> out = encoder.decode_real(must(keys::decrypt(secret, product)));
  const std::vector<double> same = encoder.decode_real(must(keys::decrypt(secret, at_once)));

  // Fresh noise, key switching and rescaling each stay below 2^-20 of a slot at scale 2^40 and
  // N = 2^11; 64 columns with entries of at most one add up linearly.
  const double tolerance = 64 * 0x1p-20;
  for (std::size_t r = 0; r < rows; ++r) {
    double expected = 0;
    for (std::size_t m = 0; m < kColumns; ++m) expected += matrix[r * kColumns + m] * x[m];
    EXPECT_NEAR(out[r], expected, tolerance) << "row " << r;
    EXPECT_NEAR(same[r], expected, tolerance) << "row " << r;
  }
}

INSTANTIATE_TEST_SUITE_P(EverySplit, LinearTransformOf,
                         testing::Values(Case{1, 1}, Case{8, 1}, Case{64, 1}, Case{8, 2},
                                         Case{4, 4}, Case{1, 8}, Case{2, 32, 2, true},
                                         Case{1, 64, 1, true}));

TEST(LinearTransform, RefusesShapesThatDoNotFit) {
  const ckks::ParametersPtr params = small_ring();
  const ckks::Encoder encoder(params);
  const std::vector<double> matrix(kRows * kColumns);
  const auto create = [&](const LinearShape& shape) {
    return LinearTransform::create(encoder, *params, shape, matrix, 1, 0x1p40).has_value();
  };
  EXPECT_FALSE(create({kRows, kColumns - 1, 8, 1}));
  EXPECT_FALSE(create({kRows, kColumns, 3, 1}));
  EXPECT_FALSE(create({kRows, kColumns, 64, 2}));
  EXPECT_FALSE(create({kRows, kColumns, 1, 32}));
}

}  // namespace
}  // namespace salus::routine
