// Goal:   a proof file shows that an entry is in a log which the policy trusts, and no altered
//         file does.
// Method: the format of C2SP tlog-proof letter by letter; every bit of a cosigned proof flipped;
//         Tessera's log.

#include "tlog/proof.h"

#include <gtest/gtest.h>

#include "tlog/directory.h"
#include "tlog/testing/built_log.h"
#include "tlog/testing/shared_log.h"
#include "tlog/text.h"

namespace salus::tlog {
namespace {

/// The proof of numbered entry 4 of 7, and the policy that it holds under.
class ProofTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 7;

  ProofTest()
      : log_(must(Signer::generate("example.com/log", KeyType::kEd25519))),
        witness_(must(Signer::generate("witness.example", KeyType::kCosignature))) {
    policy_ = must(parse_policy("log " + log_.key().text() + "\nwitness W " +
                                witness_.key().text() + "\nquorum W\n"));
    const std::string text = print_checkpoint(test::built_checkpoint("example.com/log", kSize));
    proof_.index = 4;
    proof_.hashes = test::naive_path(4, test::numbered_leaves(kSize));
    proof_.checkpoint =
        print_note({text, {sign_note(log_, text), cosign_note(witness_, text, 1679315147)}});
  }

  bool holds(std::string_view text) const {
    const Result<LogProof> proof = parse_proof(text);
    return proof && verify_proof(*proof, entry_, policy_).has_value();
  }

  Signer log_;
  Signer witness_;
  Policy policy_;
  LogProof proof_;
  Bytes entry_ = test::numbered_entry(4);
};

TEST_F(ProofTest, IsWrittenAsTheStandardSays) {
  std::string expected = "c2sp.org/tlog-proof@v1\nindex 4\n";
  for (const Digest& hash : proof_.hashes) expected += encode_base64(hash.bytes) + "\n";
  expected += "\n" + proof_.checkpoint;
  const std::string text = print_proof(proof_);

  EXPECT_EQ(text, expected);
  EXPECT_EQ(must(parse_proof(text)), proof_);
  EXPECT_EQ(must(verify_proof(proof_, entry_, policy_)).head.size, kSize);
}

TEST_F(ProofTest, CarriesExtraData) {
  proof_.extra = to_bytes(as_bytes("more"));
  const std::string text = print_proof(proof_);

  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 4\n"));
  EXPECT_EQ(must(parse_proof(text)), proof_);
  EXPECT_TRUE(holds(text));
  proof_.extra = Bytes(kMaxProofExtraBytes);
  EXPECT_TRUE(parse_proof(print_proof(proof_)));
  proof_.extra = Bytes(kMaxProofExtraBytes + 1);
  EXPECT_FALSE(parse_proof(print_proof(proof_)));
  proof_.extra = Bytes();
  EXPECT_FALSE(parse_proof(print_proof(proof_))) << "no extra data is no line";
}

TEST_F(ProofTest, NoFlippedBitVerifies) {
  const std::string text = print_proof(proof_);
  ASSERT_TRUE(holds(text));
  for (std::size_t i = 0; i < 8 * text.size(); ++i) {
    std::string wrong = text;
    wrong[i / 8] = static_cast<char>(wrong[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(holds(wrong)) << "bit " << i;
  }
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(holds(text.substr(0, size)));
}

TEST_F(ProofTest, HoldsForItsEntryOnly) {
  for (const std::uint64_t i : {0, 3, 5}) {
    EXPECT_EQ(verify_proof(proof_, test::numbered_entry(i), policy_).error().code,
              ErrorCode::kCorrupt);
  }
}

TEST_F(ProofTest, AProofWithoutItsWitnessIsRefused) {
  Note note = must(parse_note(proof_.checkpoint));
  note.signatures.pop_back();
  proof_.checkpoint = print_note(note);

  EXPECT_EQ(verify_proof(proof_, entry_, policy_).error().code, ErrorCode::kDenied);
}

TEST_F(ProofTest, OtherSpellingsAreRefused) {
  const std::string hash = encode_digest({}) + "\n";
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string end = "\n" + proof_.checkpoint;
  ASSERT_TRUE(parse_proof(head + "index 0\n" + hash + end));
  EXPECT_EQ(parse_proof("c2sp.org/tlog-proof@v2\nindex 0\n" + end).error().code,
            ErrorCode::kVersion);
  for (const std::string& wrong :
       {head, head + "index 0\n", head + "index 0\n" + hash, head + hash + end, head + end,
        head + "index 00\n" + end, head + "index 0 \n" + end, head + "index -1\n" + end,
        head + "index 9223372036854775808\n" + end, head + "index 0\nextra AAAA\n" + end,
        head + "extra AAA\nindex 0\n" + end, head + "extra AAAA\nextra AAAA\nindex 0\n" + end,
        head + "index 0\n" + hash.substr(1) + end, head + "index 0\n" + end + "\n",
        head + "index 0\n\n" + end.substr(1, end.size() - 2)}) {
    EXPECT_FALSE(parse_proof(wrong)) << wrong;
  }
}

TEST_F(ProofTest, LimitsHoldAtOneBeyond) {
  proof_.hashes.assign(kMaxProofHashes, Digest{});
  EXPECT_TRUE(parse_proof(print_proof(proof_)));
  proof_.hashes.emplace_back();
  EXPECT_EQ(parse_proof(print_proof(proof_)).error().code, ErrorCode::kLimit);
  EXPECT_EQ(parse_proof(std::string(kMaxProofBytes + 1, 'x')).error().code, ErrorCode::kLimit);
}

TEST(Proof, TesserasLogGivesProofs) {
  const auto folder = test::shared_log(SALUS_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << test::kNoSharedLog;
  const DirectoryReader files(folder);
  const TileHashReader reader(files, test::kSharedLogSize);
  const Policy policy =
      must(parse_policy("log " + test::shared_log_key().text() + "\nquorum none\n"));
  const std::vector<Bytes> entries =
      must(read_bundle(files, {0, 0, static_cast<unsigned>(test::kSharedLogSize)}));
  for (std::uint64_t i = 0; i < test::kSharedLogSize; ++i) {
    LogProof proof;
    proof.index = i;
    proof.hashes = must(inclusion_proof(reader, i, test::kSharedLogSize));
    proof.checkpoint = test::shared_checkpoint(folder, test::kSharedLogSize);
    const LogProof read = must(parse_proof(print_proof(proof)));
    for (std::uint64_t j = 0; j < test::kSharedLogSize; ++j) {
      EXPECT_EQ(verify_proof(read, entries[j], policy).has_value(), i == j);
    }
  }
}

}  // namespace
}  // namespace salus::tlog
