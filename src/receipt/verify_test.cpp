// Goal:   a client opens only what a log it trusts says was computed for it.
// Method: a real log of several receipts; then one lie at a time: another twin's result, an old
//         version, a result swapped, a receipt that was never logged, any byte of the proof.
#include "receipt/verify.h"

#include <gtest/gtest.h>

#include "tlog/log.h"
#include "tlog/testing/memory_files.h"

namespace salus::receipt {
namespace {

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

Receipt receipt_of(const std::string& who) {
  return {.run = "run_" + who,
          .time_ms = 5,
          .actor = digest_of("actor"),
          .twin = digest_of("twin of " + who),
          .twin_version = 2,
          .content = digest_of("content of " + who),
          .program = digest_of("program"),
          .basis = digest_of("basis of " + who),
          .checkpoints = {},
          .result = digest_of("result of " + who),
          .software = "test/1"};
}

Expectation expected_of(const Receipt& r) {
  return {.run = r.run,
          .twin = r.twin,
          .twin_version = r.twin_version,
          .content = r.content,
          .program = r.program,
          .result = r.result};
}

class Verify : public ::testing::Test {
 protected:
  Verify() {
    tlog::Signer signer = must(tlog::Signer::generate("log.example", tlog::KeyType::kEd25519));
    policy_.logs.push_back({.key = signer.key(), .url = ""});
    log_.emplace(must(
        tlog::Log::create(std::make_unique<tlog::test::MemoryFiles>(disk_), std::move(signer))));
    std::vector<Bytes> entries;
    for (const char* who : {"ada", "ben", "cyd"}) {
      entries.push_back(to_bytes(as_bytes(print(receipt_of(who)))));
    }
    (void)must(log_->append(entries));
  }

  tlog::LogProof proof(std::uint64_t index) {
    tlog::LogProof made = must(log_->prove(index));
    made.extra = must(log_->entry(index));
    return made;
  }
  ErrorCode refused(const tlog::LogProof& proof, const Expectation& expected) {
    const auto verified = verify_receipt(proof, policy_, expected);
    EXPECT_FALSE(verified.has_value());
    return verified ? ErrorCode::kConflict : verified.error().code;
  }

  tlog::test::Disk disk_;
  tlog::Policy policy_;
  std::optional<tlog::Log> log_;
};

TEST_F(Verify, AcceptsWhatTheLogSays) {
  const Receipt ben = receipt_of("ben");
  EXPECT_EQ(must(verify_receipt(proof(1), policy_, expected_of(ben))), ben);
}

TEST_F(Verify, RefusesEachDifference) {
  const Expectation ben = expected_of(receipt_of("ben"));
  EXPECT_EQ(refused(proof(0), ben), ErrorCode::kCorrupt) << "another patient's run";
  std::vector<Expectation> others(6, ben);
  others[0].run = "run_ada";
  others[1].twin = digest_of("twin of ada");
  others[2].twin_version = 1;
  others[3].content = digest_of("content of ada");
  others[4].program = digest_of("another program");
  others[5].result = digest_of("result of ada");
  for (const Expectation& other : others) EXPECT_EQ(refused(proof(1), other), ErrorCode::kCorrupt);
}

TEST_F(Verify, RefusesReceiptsThatAreNotLogged) {
  tlog::LogProof made = proof(1);
  Receipt forged = receipt_of("ben");
  forged.result = digest_of("a forged result");
  made.extra = to_bytes(as_bytes(print(forged)));
  EXPECT_EQ(refused(made, expected_of(forged)), ErrorCode::kCorrupt);
  made.extra.reset();
  EXPECT_EQ(refused(made, expected_of(forged)), ErrorCode::kParse);
  tlog::LogProof elsewhere = proof(1);
  elsewhere.index = 2;
  EXPECT_EQ(refused(elsewhere, expected_of(receipt_of("ben"))), ErrorCode::kCorrupt);
}

TEST_F(Verify, RefusesLogsThatNobodyTrusts) {
  policy_.logs[0].key = must(tlog::Signer::generate("log.example", tlog::KeyType::kEd25519)).key();
  EXPECT_EQ(refused(proof(1), expected_of(receipt_of("ben"))), ErrorCode::kDenied);
}

TEST_F(Verify, RefusesEveryFlippedByteOfAProofFile) {
  const Receipt ben = receipt_of("ben");
  const std::string text = tlog::print_proof(proof(1));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    const auto parsed = tlog::parse_proof(flipped);
    EXPECT_FALSE(parsed && verify_receipt(*parsed, policy_, expected_of(ben))) << "byte " << i;
  }
}

}  // namespace
}  // namespace salus::receipt
