// Goal:   a policy says who has to have signed, and a refusal says who has not.
// Method: the two-level example of C2SP tlog-policy under all 64 sets of cosigning witnesses; files
//         that break one rule each; the limits.

#include "tlog/policy.h"

#include <gtest/gtest.h>

#include <bit>

namespace salus::tlog {
namespace {

Signer signer(std::string_view name, KeyType type) { return must(Signer::generate(name, type)); }

/// The example of the standard: 2 of X1 to X3, and any of Y1 to Y3.
class PolicyTest : public ::testing::Test {
 protected:
  PolicyTest() : log_(signer("example.com/log", KeyType::kEd25519)) {
    text_ = "# an example\n\n  log\t" + log_.key().text() + "  https://example.com/\n";
    for (const std::string name : {"X1", "X2", "X3", "Y1", "Y2", "Y3"}) {
      witnesses_.push_back(signer("witness.example/" + name, KeyType::kCosignature));
      text_ += "witness " + name + " " + witnesses_.back().key().text() + "\n";
    }
    text_ +=
        "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\n"
        "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";
  }

  /// A checkpoint cosigned by the witnesses in the bits of `set`.
  std::string note(unsigned set) const {
    const std::string text = print_checkpoint({"example.com/log", {3, {}}});
    Note out{text, {sign_note(log_, text)}};
    for (std::size_t i = 0; i < witnesses_.size(); ++i) {
      if ((set >> i & 1) != 0) out.signatures.push_back(cosign_note(witnesses_[i], text, 1));
    }
    return print_note(out);
  }

  Signer log_;
  std::vector<Signer> witnesses_;
  std::string text_;
};

TEST_F(PolicyTest, TheExampleHoldsForExactlyTheRightSets) {
  const Policy policy = must(parse_policy(text_));
  for (unsigned set = 0; set < 64; ++set) {
    const bool enough = std::popcount(set & 7) >= 2 && (set & 56) != 0;
    const Result<Checkpoint> checkpoint = check_checkpoint(policy, note(set));
    EXPECT_EQ(checkpoint.has_value(), enough) << set;
    if (!enough) {
      EXPECT_EQ(checkpoint.error().code, ErrorCode::kDenied);
    }
  }
}

TEST_F(PolicyTest, ARefusalNamesTheMissingWitnesses) {
  const Policy policy = must(parse_policy(text_));

  EXPECT_EQ(check_checkpoint(policy, note(0b000'010)).error().message,
            "checkpoint 3 of example.com/log has too few cosignatures for the quorum X-and-Y; "
            "X-and-Y needs 2 of 2 and has 0, missing: X-witnesses, Y-witnesses; "
            "Y-witnesses needs 1 of 3 and has 0, missing: Y1, Y2, Y3; "
            "X-witnesses needs 2 of 3 and has 1, missing: X1, X3");
  EXPECT_EQ(check_checkpoint(policy, note(0b010'001)).error().message,
            "checkpoint 3 of example.com/log has too few cosignatures for the quorum X-and-Y; "
            "X-and-Y needs 2 of 2 and has 1, missing: X-witnesses; "
            "X-witnesses needs 2 of 3 and has 1, missing: X2, X3");
}

TEST_F(PolicyTest, AQuorumMayBeOneWitnessOrNone) {
  const std::string head = text_.substr(0, text_.find("group"));
  const Policy one = must(parse_policy(head + "quorum Y3\n"));
  const Policy none = must(parse_policy(head + "quorum none\n"));

  EXPECT_TRUE(check_checkpoint(one, note(0b100'000)));
  const Result<Checkpoint> missing = check_checkpoint(one, note(0b011'111));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("no cosignature of Y3"), std::string::npos);
  EXPECT_TRUE(check_checkpoint(none, note(0)));
}

TEST_F(PolicyTest, OtherLogsAndWrongSignaturesAreRefused) {
  const Policy policy = must(parse_policy(text_));
  const Signer other = signer("example.com/other", KeyType::kEd25519);
  const Signer same_name = signer("example.com/log", KeyType::kEd25519);

  EXPECT_EQ(
      check_checkpoint(policy, sign_checkpoint(other, {"example.com/other", {}})).error().code,
      ErrorCode::kDenied);
  EXPECT_EQ(
      check_checkpoint(policy, sign_checkpoint(same_name, {"example.com/log", {}})).error().code,
      ErrorCode::kDenied);
  Note wrong = must(parse_note(note(63)));
  wrong.signatures.back().signature[20] ^= std::byte{1};
  EXPECT_EQ(check_checkpoint(policy, print_note(wrong)).error().code, ErrorCode::kCorrupt);
}

TEST_F(PolicyTest, AWitnessOfAnotherTimeOrTextDoesNotCount) {
  const std::string head = text_.substr(0, text_.find("group"));
  const Policy one = must(parse_policy(head + "quorum X1\n"));
  Note moved = must(parse_note(note(1)));
  moved.text = print_checkpoint({"example.com/log", {4, {}}});
  moved.signatures[0] = sign_note(log_, moved.text);

  EXPECT_EQ(check_checkpoint(one, print_note(moved)).error().code, ErrorCode::kCorrupt);
}

TEST_F(PolicyTest, FilesThatBreakARuleAreRefused) {
  const std::string w = "witness W " + signer("w", KeyType::kCosignature).key().text() + "\n";
  const std::string v = "witness V " + signer("v", KeyType::kCosignature).key().text() + "\n";
  const std::string log_key = log_.key().text();
  const std::string end = "quorum none\n";
  ASSERT_TRUE(parse_policy(w + v + "group G 1 W V\n" + end));
  ASSERT_TRUE(parse_policy(end));
  for (const std::string& wrong : {
           std::string(),
           w,
           std::string("quorum\n"),
           std::string("quorum W\n"),
           end + end,
           std::string("quorum none"),
           "quorum W\n" + w,
           w + w + end,
           "quorum none x\n" + w,
           "witness W2 " + w.substr(10) + w + end,
           "witness none " + w.substr(10) + end,
           "witness W " + log_key + "\n" + end,
           "log " + w.substr(10) + end,
           "log " + log_key + "\nlog " + log_key + "\n" + end,
           "log\n" + end,
           "witness W\n" + end,
           "log " + log_key + " url more\n" + end,
           w.substr(0, w.size() - 2) + "\n" + end,
           w + "group G all\n" + end,
           w + "group G 0 W\n" + end,
           w + "group G 2 W\n" + end,
           w + "group G 01 W\n" + end,
           w + "group G most W\n" + end,
           w + "group G all G\n" + end,
           w + "group G all H\n" + end,
           w + "group W all W\n" + end,
           w + "group G 1 W W\n" + end,
           w + "group G all W\ngroup H all W\n" + end,
           "quorums none\n" + end,
           "\r\n" + end,
           "# a\x7f\n" + end,
           std::string("#\0\n", 3) + end,
           "Log " + log_key + "\n" + end,
       }) {
    const Result<Policy> policy = parse_policy(wrong);
    ASSERT_FALSE(policy) << wrong;
    EXPECT_EQ(policy.error().code, ErrorCode::kParse) << wrong;
    EXPECT_TRUE(policy.error().message.starts_with("policy line ")) << policy.error().message;
  }
}

TEST_F(PolicyTest, LimitsHoldAtOneBeyond) {
  std::string logs;
  std::string witnesses;
  for (std::size_t i = 0; i < kMaxPolicyLogs; ++i) {
    logs += "log " + signer("l", KeyType::kEd25519).key().text() + "\n";
    witnesses += "witness w" + std::to_string(i) + " " +
                 signer("w", KeyType::kCosignature).key().text() + "\n";
  }
  std::string groups;
  for (std::size_t i = 0; i < kMaxPolicyGroups; ++i) {
    groups += "group g" + std::to_string(i) + " any " +
              (i == 0 ? "w0" : "g" + std::to_string(i - 1)) + "\n";
  }
  const std::string end = "quorum none\n";
  EXPECT_TRUE(parse_policy(logs + witnesses + groups + "quorum g63\n"));
  for (const std::string& more :
       {"log " + log_.key().text() + "\n",
        "witness more " + signer("w", KeyType::kCosignature).key().text() + "\n",
        std::string("group more any w1\n")}) {
    EXPECT_EQ(parse_policy(logs + witnesses + groups + more + end).error().code, ErrorCode::kLimit);
  }
  const std::string comment(kMaxPolicyBytes - end.size() - 1, '#');
  EXPECT_TRUE(parse_policy(comment + "\n" + end));
  EXPECT_EQ(parse_policy(comment + "#\n" + end).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::tlog
