// Goal:   a result opens as its program's curves, or is refused with what is wrong: another key's,
// or a value that left its declared range. Method: results encrypted here, at 128 bits of security.
#include "client/result.h"

#include <gtest/gtest.h>

#include "ckks/encoder.h"
#include "compiler/chain.h"
#include "wire/container.h"

namespace salus::client {
namespace {

class OpenResult : public testing::Test {
 protected:
  OpenResult() {
    program_.name = "tiny";
    program_.output.outputs = {{"C", "mg/L", "concentration", {}, ""}};
    program_.output.regimens = {{.id = "once", .label = "100 mg once", .dose = 100}};
    program_.output.times_h = {1, 2.5, 4};
    program_.output.peak = {8};
  }

  Bytes result(const std::vector<double>& slots) const {
    const keys::SecretKey secret = must(expand_key(key_));
    const ckks::Plaintext plain =
        must(ckks::Encoder(secret.params()).encode(std::span<const double>(slots), 1, 0x1p40));
    RandomStream random(Seed{std::byte{5}}, 0);
    return wire::write(must(keys::encrypt(secret, plain, random)), secret.id());
  }

  const circuit::Chain chain_ = must(compiler::chain_for(2));
  const KeyFile key_ = must(make_key("mine", chain_, "2026-01-31T12:00:00Z"));
  program::Program program_;
};

TEST_F(OpenResult, GivesTheProgramsCurves) {
  const Opened opened = must(open_result(result({0.5, 1.25, -0.125}), key_, program_));
  ASSERT_EQ(opened.curves.size(), 1u);
  const std::vector<double> expected = {4, 10, -1};
  for (std::size_t t = 0; t < expected.size(); ++t)
    EXPECT_NEAR(opened.curves[0][t], expected[t], 1e-4);
}

TEST_F(OpenResult, NamesTheValueThatLeftItsRange) {
  const auto opened = open_result(result({0.5, 2, 7e5}), key_, program_);
  EXPECT_EQ(opened.error().code, ErrorCode::kMismatch);
  for (const char* part : {"C of regimen \"100 mg once\" at 2.5 h", "16", "12 mg/L", "tiny"})
    EXPECT_NE(opened.error().message.find(part), std::string::npos) << opened.error().message;
}

TEST_F(OpenResult, RefusesAnotherKeysResult) {
  const KeyFile other = must(make_key("other", chain_, "2026-01-31T12:00:00Z"));
  const auto opened = open_result(result({0.5, 0.5, 0.5}), other, program_);
  EXPECT_EQ(opened.error().code, ErrorCode::kMismatch);
  EXPECT_NE(opened.error().message.find("encrypted under key"), std::string::npos);
}

}  // namespace
}  // namespace salus::client
