// Goal:   a witness cosigns what continues the log that it knows, and nothing else, in the answers
//         of C2SP tlog-witness.
// Method: two witnesses follow one log to a quorum; a fork, and requests wrong in one way each;
//         a memory that loses a race or fails.

#include "tlog/witness.h"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "tlog/policy.h"
#include "tlog/testing/naive_tree.h"
#include "tlog/text.h"

namespace salus::tlog {
namespace {

using test::naive_root;
using test::NaiveReader;
using test::numbered_leaves;

constexpr std::uint64_t kTime = 1679315147;

class Memory : public WitnessStore {
 public:
  Result<std::optional<TreeHead>> load(const std::string& origin) override {
    if (fails) return Error{ErrorCode::kIo, "no disk"};
    const auto found = heads.find(origin);
    if (found == heads.end()) return std::optional<TreeHead>();
    return std::optional(found->second);
  }
  Result<bool> replace(const std::string& origin, const std::optional<TreeHead>& expected,
                       const TreeHead& next) override {
    if (replace_fails) return Error{ErrorCode::kIo, "no disk"};
    if (racing) heads[origin] = *racing;
    if (must(load(origin)) != expected) return false;
    heads[origin] = next;
    return true;
  }
  std::map<std::string, TreeHead> heads;
  std::optional<TreeHead> racing;  ///< what another request stores just before
  bool fails = false;
  bool replace_fails = false;
};

class WitnessTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 40;

  WitnessTest()
      : log_(must(Signer::generate("example.com/log", KeyType::kEd25519))),
        reader_(numbered_leaves(kSize)),
        key_(must(Signer::generate("w1", KeyType::kCosignature))),
        witness_key_(key_.key()),
        witness_(std::move(key_), {log_.key()}, memory_) {}

  TreeHead head(std::size_t size) const { return {size, naive_root(reader_.first(size))}; }
  std::string note(const TreeHead& head) const {
    return sign_checkpoint(log_, {"example.com/log", head});
  }
  WitnessRequest request(std::size_t old, std::size_t size) const {
    return {old, must(consistency_proof(reader_, old, size)), note(head(size))};
  }
  /// The kind of refusal; nothing where the witness cosigned.
  std::optional<RefusalKind> refused(const WitnessRequest& asked) {
    last_ = must(witness_.add_checkpoint(asked, kTime));
    const Refusal* refusal = std::get_if<Refusal>(&last_);
    return refusal ? std::optional(refusal->kind) : std::nullopt;
  }

  Signer log_;
  NaiveReader reader_;
  Memory memory_;
  Signer key_;
  VerifierKey witness_key_;
  Witness witness_;
  WitnessAnswer last_;
};

TEST_F(WitnessTest, FollowsALogThatGrows) {
  std::size_t old = 0;
  for (const std::size_t size : {0u, 0u, 1u, 5u, 5u, 16u, 17u, 40u}) {
    const WitnessRequest asked = request(old, size);
    ASSERT_EQ(refused(asked), std::nullopt) << size;
    const NoteSignature& line = std::get<NoteSignature>(last_);
    EXPECT_TRUE(
        verify_signature(witness_key_, must(parse_note(asked.checkpoint)).text, line.signature));
    EXPECT_EQ(cosignature_time(line.signature), kTime);
    EXPECT_EQ(memory_.heads["example.com/log"], head(size));
    old = size;
  }
}

TEST_F(WitnessTest, TwoWitnessesMakeAQuorum) {
  Memory other_memory;
  Signer other = must(Signer::generate("w2", KeyType::kCosignature));
  const VerifierKey other_key = other.key();
  const Witness second(std::move(other), {log_.key()}, other_memory);
  const Policy policy = must(parse_policy("log " + log_.key().text() + "\nwitness W1 " +
                                          witness_key_.text() + "\nwitness W2 " + other_key.text() +
                                          "\ngroup both all W1 W2\nquorum both\n"));
  const std::vector<VerifierKey> keys = {witness_key_, other_key};
  const std::string body = print_witness_request(request(0, 7));

  std::string checkpoint = request(0, 7).checkpoint;
  for (const Witness* witness : std::array<const Witness*, 2>{&witness_, &second}) {
    EXPECT_EQ(check_checkpoint(policy, checkpoint).error().code, ErrorCode::kDenied);
    const WitnessAnswer answer = must(witness->add_checkpoint(body, kTime));
    const std::string line = print_signature(std::get<NoteSignature>(answer));
    checkpoint = must(add_cosignatures(checkpoint, line, keys));
  }
  EXPECT_EQ(must(check_checkpoint(policy, checkpoint)).head, head(7));
}

TEST_F(WitnessTest, AForkIsRefused) {
  ASSERT_EQ(refused(request(0, 5)), std::nullopt);
  std::vector<Digest> leaves = numbered_leaves(9);
  leaves[2] = leaf_hash(test::numbered_entry(99));
  const NaiveReader fork(leaves);
  const auto forked = [&](std::size_t size) {
    return WitnessRequest{5, must(consistency_proof(fork, 5, size)),
                          note({size, naive_root(fork.first(size))})};
  };

  EXPECT_EQ(refused(forked(9)), RefusalKind::kBadProof);
  EXPECT_EQ(refused(forked(5)), RefusalKind::kBadProof) << "the same size with another root";
  WitnessRequest restart = forked(9);
  restart.old_size = 0;
  restart.proof.clear();
  EXPECT_EQ(refused(restart), RefusalKind::kConflict) << "from the beginning again";
  EXPECT_EQ(memory_.heads["example.com/log"], head(5));
  EXPECT_EQ(refused(request(5, 9)), std::nullopt) << "the log itself goes on";
}

TEST_F(WitnessTest, AnswersAsTheStandardSays) {
  ASSERT_EQ(refused(request(0, 8)), std::nullopt);
  const Signer stranger = must(Signer::generate("example.com/other", KeyType::kEd25519));
  const Signer impostor = must(Signer::generate("example.com/log", KeyType::kEd25519));
  WitnessRequest asked = request(8, 12);

  asked.checkpoint = sign_checkpoint(stranger, {"example.com/other", head(12)});
  EXPECT_EQ(refused(asked), RefusalKind::kUnknownLog);
  asked.checkpoint = sign_checkpoint(impostor, {"example.com/log", head(12)});
  EXPECT_EQ(refused(asked), RefusalKind::kNotSigned);
  Note wrong = must(parse_note(note(head(12))));
  wrong.signatures[0].signature[0] ^= std::byte{1};
  asked.checkpoint = print_note(wrong);
  EXPECT_EQ(refused(asked), RefusalKind::kNotSigned);
  asked.checkpoint = "no note\n";
  EXPECT_EQ(refused(asked), RefusalKind::kMalformed);
  EXPECT_EQ(refused({13, {}, note(head(12))}), RefusalKind::kMalformed);
  EXPECT_EQ(refused({9, {}, note(head(12))}), RefusalKind::kConflict);
  EXPECT_EQ(std::get<Refusal>(last_).size, 8u);
  EXPECT_EQ(refused({0, {}, note(head(12))}), RefusalKind::kConflict);
  EXPECT_EQ(refused({8, {}, note(head(12))}), RefusalKind::kBadProof);
  EXPECT_EQ(refused({8, {Digest{}}, note(head(8))}), RefusalKind::kBadProof);
}

TEST_F(WitnessTest, TheEmptyTreeHasItsOwnRootAndNeedsNoProof) {
  EXPECT_EQ(refused({0, {}, note({0, head(1).root})}), RefusalKind::kBadProof);
  EXPECT_EQ(refused({0, {Digest{}}, note(head(3))}), RefusalKind::kBadProof);
  EXPECT_EQ(refused({0, {}, note(head(0))}), std::nullopt);
}

TEST_F(WitnessTest, OfTwoRequestsAtOnceOneIsAConflict) {
  ASSERT_EQ(refused(request(0, 8)), std::nullopt);
  memory_.racing = head(11);

  EXPECT_EQ(refused(request(8, 9)), RefusalKind::kConflict);
  EXPECT_EQ(std::get<Refusal>(last_).size, 11u);
  EXPECT_EQ(memory_.heads["example.com/log"], head(11)) << "nothing rolls back";
}

TEST_F(WitnessTest, WithoutItsMemoryItCosignsNothing) {
  memory_.replace_fails = true;
  EXPECT_EQ(witness_.add_checkpoint(request(0, 8), kTime).error().code, ErrorCode::kIo);
  memory_.fails = true;
  EXPECT_EQ(witness_.add_checkpoint(request(0, 8), kTime).error().code, ErrorCode::kIo);
}

TEST_F(WitnessTest, RequestsAreReadBackInTheirOneSpelling) {
  const std::string hash = encode_digest({}) + "\n";
  const std::string end = "\n" + note(head(3));
  const WitnessRequest asked = request(3, 12);
  EXPECT_EQ(must(parse_witness_request(print_witness_request(asked))), asked);
  ASSERT_TRUE(parse_witness_request("old 0\n" + end));
  for (const std::string& wrong :
       {std::string(), end, "old\n" + end, "old \n" + end, "old 00\n" + end, "old -1\n" + end,
        "Old 0\n" + end, "old 9223372036854775808\n" + end, "old 0\n" + hash,
        "old 0\n" + hash + "x" + end, "old 0\n" + hash.substr(4) + end, "old 0\n\n" + end,
        "old 0\n" + end + "\n", "old 0\r\n" + end}) {
    EXPECT_FALSE(parse_witness_request(wrong)) << wrong;
    EXPECT_TRUE(std::holds_alternative<Refusal>(must(witness_.add_checkpoint(wrong, kTime))));
  }
}

TEST_F(WitnessTest, LimitsHoldAtOneBeyond) {
  WitnessRequest asked{1, std::vector<Digest>(kMaxProofHashes), note(head(3))};
  EXPECT_TRUE(parse_witness_request(print_witness_request(asked)));
  asked.proof.emplace_back();
  EXPECT_EQ(parse_witness_request(print_witness_request(asked)).error().code, ErrorCode::kLimit);
  const std::string long_body(kMaxWitnessRequestBytes + 1, 'x');
  EXPECT_EQ(parse_witness_request(long_body).error().code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace salus::tlog
