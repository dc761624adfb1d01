// Goal:   a circuit means the same in the clear and on ciphertexts, at the levels and scales that
// its
//         text promises; what does not fit is refused by name.
// Method: one circuit with every operation on a small insecure ring, fixed seeds.

#include "runtime/encrypted.h"

#include <gtest/gtest.h>

#include <cmath>

#include "arith/primes.h"
#include "circuit/interpret.h"
#include "keys/secret_key.h"
#include "runtime/lifetimes.h"

namespace salus::runtime {
namespace {

using circuit::Node;
using circuit::Op;

circuit::Chain small_chain() {
  const std::vector<std::uint64_t> large = must(arith::find_primes(50, 2, arith::Side::kBelow));
  const std::vector<std::uint64_t> levels =
      must(arith::find_primes(40, 3, arith::Side::kAlternating));
  return {
      .log_n = 11, .q = {large[0], levels[0], levels[1], levels[2]}, .p = {large[1]}, .dnum = 4};
}

// y = A (conj(x) z + m + rot(x, 3) - (-x) ...): every operation once.
struct Sample {
  circuit::Circuit circuit;
  circuit::ConstantTable constants;
};

Sample every_operation() {
  Sample s;
  circuit::Circuit& c = s.circuit;
  c.name = "every_operation";
  c.chain = small_chain();
  const double s3 = 0x1p40;
  const double q3 = static_cast<double>(c.chain.q[3]);
  const double q2 = static_cast<double>(c.chain.q[2]);
  const double s2 = s3 * s3 / q3;
  s.constants["mask"] = {1, 4, {0.5, -0.25, 1.0, 0.75}};
  s.constants["shift"] = {1, 1, {0.125}};
  s.constants["A"] = {3, 4, {1, -1, 0.5, 0, 0.25, 0, 0, 1, 0.5, 0.5, -0.5, -0.5}};
  const auto add = [&c](Node node) { c.nodes.push_back(std::move(node)); };
  add({.op = Op::kInput, .name = "x", .level = 3, .scale = s3, .bound = 1, .period = 4});
  add({.op = Op::kInput, .name = "z", .level = 3, .scale = s3, .bound = 1, .period = 4});
  add({.op = Op::kConjugate, .name = "xc", .operands = {0}, .level = 3, .scale = s3});
  add({.op = Op::kMultiply, .name = "xz", .operands = {2, 1}, .level = 3, .scale = s3 * s3});
  add({.op = Op::kRescale, .name = "p", .operands = {3}, .level = 2, .scale = s2});
  add({.op = Op::kRotate, .name = "r", .operands = {0}, .steps = 3, .level = 3, .scale = s3});
  add({.op = Op::kMultiplyPlain,
       .name = "rm",
       .operands = {5},
       .constant = "mask",
       .level = 3,
       .scale = s3 * s3});
  add({.op = Op::kRescale, .name = "rr", .operands = {6}, .level = 2, .scale = s2});
  add({.op = Op::kAdd, .name = "sum", .operands = {4, 7}, .level = 2, .scale = s2});
  add({.op = Op::kNegate, .name = "n", .operands = {8}, .level = 2, .scale = s2});
  add({.op = Op::kAddPlain,
       .name = "a",
       .operands = {9},
       .constant = "shift",
       .level = 2,
       .scale = s2});
  add({.op = Op::kSubtract, .name = "d", .operands = {10}, .level = 2, .scale = s2});
  c.nodes.back().operands = {10, 4};
  add({.op = Op::kLinear,
       .name = "y",
       .operands = {11},
       .constant = "A",
       .baby = 2,
       .fold = 2,
       .level = 2,
       .scale = s2 * q2});
  add({.op = Op::kRescale, .name = "yr", .operands = {12}, .level = 1, .scale = s2 * q2 / q2});
  add({.op = Op::kDropLevel, .name = "out", .operands = {13}, .level = 0, .scale = s2});
  c.outputs = {14};
  return s;
}

class EncryptedCircuit : public testing::Test {
 protected:
  EncryptedCircuit() : sample_(every_operation()) {
    ckks::ParametersLiteral literal = literal_of(sample_.circuit.chain);
    literal.security = ckks::SecurityProfile::kUnsafeNoSecurity;
    params_ = must(ckks::Parameters::create(literal));
    secret_ = std::make_unique<keys::SecretKey>(
        must(keys::SecretKey::derive(params_, std::vector<std::byte>(32), "runtime")));
    must(circuit::verify(sample_.circuit, sample_.constants));
  }

  ckks::Ciphertext encrypt(const std::vector<double>& values, int level) {
    const ckks::Encoder encoder(params_);
    const ckks::Plaintext plain = must(encoder.encode_repeated(values, level, 0x1p40));
    return must(keys::encrypt(*secret_, plain, random_)).expand();
  }

  ckks::Evaluator evaluator_with(const circuit::KeyRequirements& needed) {
    return ckks::Evaluator(std::make_shared<const ckks::EvaluationKeys>(
        must(keys::make_evaluation_keys(*secret_, needed, random_))));
  }

  Sample sample_;
  ckks::ParametersPtr params_;
  std::unique_ptr<keys::SecretKey> secret_;
  RandomStream random_{Seed{std::byte{11}}, 0};
  const std::vector<double> x_ = {0.3, -0.7, 0.9, 0.1};
  const std::vector<double> z_ = {-0.2, 0.6, 0.4, -0.8};
};

// Two rescales in a row after a product are one division; an 80-bit scale keeps doubles' precision.
TEST_F(EncryptedCircuit, TwoPrimesMakeALevelOfACompositeScale) {
  circuit::Circuit c{.name = "composite", .chain = small_chain()};
  const double s = 0x1p80;
  const double once = s * s / static_cast<double>(c.chain.q[3]);
  const double twice = once / static_cast<double>(c.chain.q[2]);
  c.nodes = {{.op = Op::kInput, .name = "x", .level = 3, .scale = s, .bound = 1, .period = 4},
             {.op = Op::kMultiply, .name = "xx", .operands = {0, 0}, .level = 3, .scale = s * s},
             {.op = Op::kRescale, .name = "a", .operands = {1}, .level = 2, .scale = once},
             {.op = Op::kRescale, .name = "b", .operands = {2}, .level = 1, .scale = twice}};
  c.outputs = {3};
  must(circuit::verify(c, {}));
  const Lifetimes lifetimes(c);
  EXPECT_EQ(lifetimes.fused(c.nodes[3])->product, 1u);
  EXPECT_EQ(lifetimes.fused(c.nodes[3])->primes, 2);

  const ckks::Encoder encoder(params_);
  const ckks::Plaintext plain = must(encoder.encode_repeated(x_, 3, s));
  const auto prepared = must(PreparedCircuit::create(c, {}, params_));
  const std::vector<ckks::Ciphertext> out = must(run_encrypted(
      *prepared, evaluator_with(circuit::required_keys(c, {})),
      std::vector<ckks::Ciphertext>{must(keys::encrypt(*secret_, plain, random_)).expand()}));
  EXPECT_EQ(out[0].level, 1);
  EXPECT_EQ(out[0].scale, twice);
  const std::vector<double> slots = encoder.decode_real(must(keys::decrypt(*secret_, out[0])));
  for (std::size_t i = 0; i < x_.size(); ++i) EXPECT_NEAR(slots[i], x_[i] * x_[i], 0x1p-44);
}

TEST_F(EncryptedCircuit, MeansTheSameAsInTheClear) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  const ckks::Evaluator evaluator =
      evaluator_with(circuit::required_keys(sample_.circuit, sample_.constants));
  const std::vector<ckks::Ciphertext> inputs = {encrypt(x_, 3), encrypt(z_, 3)};

  const std::vector<ckks::Ciphertext> out = must(run_encrypted(*prepared, evaluator, inputs));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].level, 0);
  const std::vector<double> slots =
      ckks::Encoder(params_).decode_real(must(keys::decrypt(*secret_, out[0])));
  const std::vector<circuit::Slots> clear =
      must(circuit::interpret(sample_.circuit, sample_.constants, {x_, z_}));
  // Nine operations, each below 2^-20 of a slot at scale 2^40 and N = 2^11.
  for (std::size_t r = 0; r < 3; ++r) EXPECT_NEAR(slots[r], clear.back()[r], 9 * 0x1p-20);
}

TEST_F(EncryptedCircuit, RunTwiceGivesTheSameWords) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  const ckks::Evaluator evaluator =
      evaluator_with(circuit::required_keys(sample_.circuit, sample_.constants));
  const std::vector<ckks::Ciphertext> inputs = {encrypt(x_, 3), encrypt(z_, 3)};
  EXPECT_EQ(must(run_encrypted(*prepared, evaluator, inputs))[0].parts,
            must(run_encrypted(*prepared, evaluator, inputs))[0].parts);
}

TEST_F(EncryptedCircuit, SaysWhichInputDoesNotFit) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  const ckks::Evaluator evaluator = evaluator_with({});
  const std::vector<ckks::Ciphertext> low = {encrypt(x_, 2), encrypt(z_, 3)};
  const auto wrong_level = run_encrypted(*prepared, evaluator, low);
  ASSERT_FALSE(wrong_level);
  EXPECT_EQ(wrong_level.error().code, ErrorCode::kMismatch);
  EXPECT_NE(wrong_level.error().message.find("%x"), std::string::npos);
  EXPECT_NE(wrong_level.error().message.find("level 2"), std::string::npos);

  const auto missing = run_encrypted(*prepared, evaluator, std::vector{encrypt(x_, 3)});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("%z"), std::string::npos);
  const std::vector<ckks::Ciphertext> three = {encrypt(x_, 3), encrypt(z_, 3), encrypt(z_, 3)};
  const auto many = run_encrypted(*prepared, evaluator, three);
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code, ErrorCode::kMismatch);
  EXPECT_NE(many.error().message.find("takes 2 inputs, 3 were given"), std::string::npos);

  ckks::Ciphertext coarse = encrypt(x_, 3);
  coarse.scale = 0x1p39;
  const auto wrong_scale = run_encrypted(*prepared, evaluator, std::vector{coarse, encrypt(z_, 3)});
  ASSERT_FALSE(wrong_scale);
  EXPECT_EQ(wrong_scale.error().code, ErrorCode::kMismatch);
  EXPECT_NE(wrong_scale.error().message.find("2^39"), std::string::npos);
}

TEST_F(EncryptedCircuit, ListsAllMissingKeysBeforeTheFirstOperation) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  circuit::KeyRequirements few;
  few.relinearization_level = 2;  // one too low
  few.rotation_levels[1] = 3;
  bool begun = false;
  const auto refused =
      run_encrypted(*prepared, evaluator_with(few), std::vector{encrypt(x_, 3), encrypt(z_, 3)},
                    [&](double) { return begun = true; });

  ASSERT_FALSE(refused);
  EXPECT_FALSE(begun);
  EXPECT_EQ(refused.error().code, ErrorCode::kMissingKey);
  const auto bytes = [&](int level) {
    return std::to_string(ckks::KeySwitchKey::byte_count(*params_, level, true)) + " bytes";
  };
  // The matrix of 4 columns in 2 parts: one baby step, which is there, and one to add the parts.
  for (const std::string& part :
       {"relinearization at level 3 (" + bytes(3), "rotation 3 at level 3 (" + bytes(3),
        "rotation 514 at level 2 (" + bytes(2), "conjugation at level 3 (" + bytes(3)}) {
    EXPECT_NE(refused.error().message.find(part), std::string::npos)
        << part << " in: " << refused.error().message;
  }
  EXPECT_EQ(refused.error().message.find("rotation 1 "), std::string::npos);
}

TEST_F(EncryptedCircuit, RefusesKeysAndInputsOfAnotherRing) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  ckks::ParametersLiteral larger = params_->literal();
  larger.log_n = 12;
  auto keys = std::make_shared<ckks::EvaluationKeys>();
  keys->params = must(ckks::Parameters::create(larger));
  const auto foreign_keys = run_encrypted(*prepared, ckks::Evaluator(keys), {});
  ASSERT_FALSE(foreign_keys);
  EXPECT_EQ(foreign_keys.error().code, ErrorCode::kMismatch);
  EXPECT_NE(foreign_keys.error().message.find("different parameters"), std::string::npos);

  ckks::Ciphertext foreign = encrypt(x_, 3);
  foreign.params = keys->params;
  const auto foreign_input = run_encrypted(*prepared, evaluator_with(prepared->required_keys()),
                                           std::vector{foreign, encrypt(z_, 3)});
  ASSERT_FALSE(foreign_input);
  EXPECT_EQ(foreign_input.error().code, ErrorCode::kMismatch);
  EXPECT_NE(foreign_input.error().message.find("input %x: encrypted under"), std::string::npos)
      << foreign_input.error().message;
}

TEST_F(EncryptedCircuit, ListsTheKeysThatAreMissing) {
  const circuit::KeyRequirements needed =
      circuit::required_keys(sample_.circuit, sample_.constants);
  ckks::EvaluationKeys keys = must(keys::make_evaluation_keys(*secret_, needed, random_));
  const auto required = key_levels(needed, *params_);
  EXPECT_EQ(missing_keys(*params_, required, keys.levels()), "");
  keys.relinearization.reset();
  keys.galois.erase(ckks::galois_element_of_rotation(params_->log_n(), 3));
  const std::string missing = missing_keys(*params_, required, keys.levels());
  EXPECT_NE(missing.find("relinearization at level 3"), std::string::npos) << missing;
  EXPECT_NE(missing.find("rotation 3 at level 3"), std::string::npos) << missing;
}

TEST_F(EncryptedCircuit, StopsWhenAskedTo) {
  const auto prepared = must(PreparedCircuit::create(sample_.circuit, sample_.constants, params_));
  const ckks::Evaluator evaluator =
      evaluator_with(circuit::required_keys(sample_.circuit, sample_.constants));
  const std::vector<ckks::Ciphertext> inputs = {encrypt(x_, 3), encrypt(z_, 3)};
  const auto stopped =
      run_encrypted(*prepared, evaluator, inputs, [](double f) { return f < 0.5; });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST_F(EncryptedCircuit, RefusesOtherParameters) {
  circuit::Circuit other = sample_.circuit;
  std::swap(other.chain.q[1], other.chain.q[2]);
  const auto refused = PreparedCircuit::create(other, sample_.constants, params_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kMismatch);
}

}  // namespace
}  // namespace salus::runtime
