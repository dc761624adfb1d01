// Goal:   a literal becomes parameters only when every number fits, and the error names what does
// not. Method: one good literal, broken in one place at a time; accessors against their
// definitions.

#include "ckks/parameters.h"

#include <gtest/gtest.h>

#include <functional>

#include "keys/testing/fixture.h"

namespace salus::ckks {
namespace {

using keys::test::literal_of;
using keys::test::Shape;

const Shape kSecure{
    .log_n = 14, .levels = 3, .dnum = 2, .specials = 2, .security = SecurityProfile::kClassical128};

// What becomes of the good literal after a change; `validate` must say the same.
Error refusal(const std::function<void(ParametersLiteral&)>& change) {
  ParametersLiteral literal = literal_of(kSecure);
  change(literal);
  const Result<ParametersPtr> result = Parameters::create(literal);
  const Status valid = Parameters::validate(literal);
  EXPECT_EQ(valid.has_value(), result.has_value());
  if (result) return Error{ErrorCode::kIo, "accepted"};
  EXPECT_EQ(valid.error().message, result.error().message);
  return result.error();
}

void expect_refusal(const Error& error, ErrorCode code, const std::vector<std::string>& parts) {
  EXPECT_EQ(error.code, code) << error.message;
  for (const std::string& part : parts) {
    EXPECT_NE(error.message.find(part), std::string::npos) << part << " in: " << error.message;
  }
}

TEST(Parameters, KnowTheirChain) {
  const ParametersLiteral literal = literal_of(kSecure);
  const ParametersPtr params = must(Parameters::create(literal));

  EXPECT_EQ(params->literal(), literal);
  EXPECT_EQ(params->log_n(), 14);
  EXPECT_EQ(params->ring_degree(), 16384u);
  EXPECT_EQ(params->slot_count(), 8192u);
  EXPECT_EQ(params->max_level(), 3);
  EXPECT_EQ(params->special_count(), 2u);
  EXPECT_EQ(params->alpha(), 2u);
  EXPECT_NEAR(params->log_q(0), 50, 0.01);
  EXPECT_NEAR(params->log_q(3), 170, 0.01);
  EXPECT_NEAR(params->log_p(), 100, 0.01);
  EXPECT_NEAR(params->log_qp(), 270, 0.01);
  EXPECT_EQ(params->q(2).value(), literal.q[2]);
}

TEST(Parameters, BasesArePrefixesFollowedByTheSpecialPrimes) {
  const ParametersPtr params = must(Parameters::create(literal_of(kSecure)));
  for (int level = 0; level <= 3; ++level) {
    const auto chain_limbs = static_cast<std::size_t>(level) + 1;
    ASSERT_EQ(params->basis(level).size(), chain_limbs);
    ASSERT_EQ(params->extended_basis(level).size(), chain_limbs + 2);
    for (std::size_t j = 0; j < chain_limbs; ++j) {
      EXPECT_EQ(params->extended_basis(level)[j]->modulus().value(), params->literal().q[j]);
    }
    EXPECT_EQ(params->extended_basis(level).back()->modulus().value(), params->literal().p[1]);
  }
  for (const int outside : {-1, 4}) {
    EXPECT_THROW(params->basis(outside), Defect);
    EXPECT_THROW(params->extended_basis(outside), Defect);
    EXPECT_THROW(params->key_switch_plan(outside), Defect);
  }
}

TEST(Parameters, DigitsCoverEachLevelAndTargetEverythingElse) {
  for (const auto& [dnum, alpha] : {std::pair{1, 4u}, {2, 2u}, {3, 2u}, {4, 1u}}) {
    const ParametersPtr params =
        must(Parameters::create(literal_of({.dnum = dnum, .specials = 3, .p_bits = 60})));
    EXPECT_EQ(params->alpha(), alpha);
    for (int level = 0; level <= 3; ++level) {
      const KeySwitchPlan& plan = params->key_switch_plan(level);
      std::size_t next = 0;
      for (const KeySwitchPlan::Digit& digit : plan.digits) {
        EXPECT_EQ(digit.begin, next);
        EXPECT_LE(digit.end - digit.begin, alpha);
        EXPECT_EQ(digit.converter.target_count(),
                  params->extended_basis(level).size() - (digit.end - digit.begin));
        next = digit.end;
      }
      EXPECT_EQ(next, static_cast<std::size_t>(level) + 1);
    }
  }
}

TEST(Parameters, SpecialProductsAreResiduesOfP) {
  const ParametersPtr params = must(Parameters::create(literal_of(kSecure)));
  for (int level = 0; level <= 3; ++level) {
    const auto p = static_cast<arith::uint128>(params->literal().p[0]) * params->literal().p[1];
    EXPECT_EQ(params->special_product(static_cast<std::size_t>(level)).value,
              static_cast<std::uint64_t>(p % params->q(level).value()));
  }
}

TEST(Parameters, WithoutSpecialPrimesThereIsNoKeySwitching) {
  const ParametersPtr params = must(Parameters::create(literal_of({.specials = 0})));

  EXPECT_EQ(params->log_p(), 0);
  EXPECT_THROW(params->key_switch_plan(0), Defect);
}

TEST(Parameters, HashesNameTheNumbersAndNotTheProfile) {
  const ParametersLiteral literal = literal_of(kSecure);
  const Digest hash = must(Parameters::create(literal))->hash();
  ParametersLiteral unsafe = literal;
  unsafe.security = SecurityProfile::kUnsafeNoSecurity;
  ParametersLiteral other = literal;
  other.dnum = 3;
  ParametersLiteral shorter = literal;
  shorter.q.pop_back();

  EXPECT_EQ(must(Parameters::create(unsafe))->hash(), hash);
  EXPECT_NE(must(Parameters::create(other))->hash(), hash);
  EXPECT_NE(must(Parameters::create(shorter))->hash(), hash);
  EXPECT_EQ(hash.hex(), "977d3d97a537555b616f10d486a51a1c232c62741e1b446e8adc72199b990fe1");
}

TEST(Parameters, RingDegreesOutsideTheLimitsAreRefused) {
  for (const int log_n : {-1, 0, 9, 18, 64}) {
    expect_refusal(refusal([&](auto& l) { l.log_n = log_n; }), ErrorCode::kInvalidArgument,
                   {"2^" + std::to_string(log_n), "2^10", "2^17"});
  }
}

TEST(Parameters, ChainsThatAreEmptyOrTooLongAreRefused) {
  expect_refusal(refusal([](auto& l) { l.q.clear(); }), ErrorCode::kInvalidArgument, {"empty"});
  const auto grown = [](std::size_t count) {
    return refusal([&](auto& l) {
      l.log_n = 17;
      l.q = must(arith::find_primes(40, static_cast<int>(count), arith::Side::kBelow));
      l.dnum = static_cast<int>(count);
      l.p.resize(1);
    });
  };
  EXPECT_EQ(grown(kMaxPrimes - 1).message, "accepted");
  expect_refusal(grown(kMaxPrimes), ErrorCode::kLimit, {"65 primes", "limit of 64"});
}

TEST(Parameters, DigitCountsOutsideTheChainAreRefused) {
  for (const int dnum : {-1, 0, 5}) {
    expect_refusal(refusal([&](auto& l) { l.dnum = dnum; }), ErrorCode::kInvalidArgument,
                   {"dnum " + std::to_string(dnum), "4 primes"});
  }
}

TEST(Parameters, PrimesMustBeDistinctPrimesOfTheRing) {
  const std::uint64_t q0 = literal_of(kSecure).q[0];
  const std::string q0_text = std::to_string(q0);
  const auto invalid = ErrorCode::kInvalidArgument;

  expect_refusal(refusal([&](auto& l) { l.q[3] = q0; }), invalid, {q0_text, "twice"});
  expect_refusal(refusal([&](auto& l) { l.p[1] = q0; }), invalid, {q0_text, "twice"});
  expect_refusal(refusal([&](auto& l) { l.q[0] = q0 - 2; }), invalid, {std::to_string(q0 - 2)});
  expect_refusal(refusal([](auto& l) { l.q[1] = 40961ull * 786433ull; }), invalid, {"not a prime"});
  expect_refusal(refusal([](auto& l) { l.q[1] = 0; }), invalid, {"0"});
  expect_refusal(refusal([](auto& l) { l.q[1] = 1ull << 60; }), invalid, {"more than 60 bits"});
}

TEST(Parameters, SpecialPrimesSmallerThanADigitAreRefused) {
  expect_refusal(refusal([](auto& l) { l.dnum = 1; }), ErrorCode::kInvalidArgument,
                 {"100 bits", "170 bits", "raise dnum"});
}

TEST(Parameters, InsecureModuliAreRefusedUnderTheChosenProfile) {
  expect_refusal(refusal([](auto& l) { l.log_n = 13; }), ErrorCode::kUnsafeParameters,
                 {"270.00 bits", "2^13", "214", "2^14 would allow"});
  const Shape larger{.log_n = 14, .levels = 7, .dnum = 8};  // 380 bits: classical, not quantum
  ParametersLiteral literal = literal_of(larger);
  literal.security = SecurityProfile::kClassical128;
  EXPECT_TRUE(Parameters::create(literal));
  literal.security = SecurityProfile::kQuantum128;
  expect_refusal(Parameters::create(literal).error(), ErrorCode::kUnsafeParameters, {"322"});
}

}  // namespace
}  // namespace salus::ckks
