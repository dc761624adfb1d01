// Goal:   a checkpoint has one spelling, counts only when its log signed it, and gathers
//         cosignatures.
// Method: texts that break one rule each; every bit flipped; Tessera's checkpoints 0 to 15.

#include "tlog/checkpoint.h"

#include <gtest/gtest.h>

#include "tlog/testing/shared_log.h"
#include "tlog/text.h"

namespace salus::tlog {
namespace {

const std::string kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(Checkpoint, IsThreeLines) {
  const std::string text = "example.com/behind-the-sofa\n20852163\n" + kRoot;
  const Checkpoint checkpoint = must(parse_checkpoint(text));

  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.head.size, 20852163u);
  EXPECT_EQ(print_checkpoint(checkpoint), text);
}

TEST(Checkpoint, OtherSpellingsAreRefused) {
  ASSERT_TRUE(parse_checkpoint("a\n9223372036854775807\n" + kRoot));
  for (const std::string& wrong :
       {std::string(), std::string("a\n"), std::string("a\n1\n"), "\n1\n" + kRoot,
        "a\n01\n" + kRoot, "a\n-1\n" + kRoot, "a\n\n" + kRoot, "a\n1 \n" + kRoot,
        "a\n9223372036854775808\n" + kRoot, "a\n1\n" + kRoot + "extension\n",
        "a\n1\n" + kRoot + "\n", "a\n1\n" + kRoot.substr(0, kRoot.size() - 1), "a\r\n1\n" + kRoot,
        std::string("a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"),
        std::string("a\n1\nAAAA\n"), std::string("a\n1\n\n")}) {
    const Result<Checkpoint> checkpoint = parse_checkpoint(wrong);
    ASSERT_FALSE(checkpoint) << wrong;
    EXPECT_EQ(checkpoint.error().code, ErrorCode::kParse);
  }
}

TEST(Checkpoint, NoFlippedBitOpens) {
  const Signer log = must(Signer::generate("example.com/log", KeyType::kEd25519));
  const Checkpoint checkpoint{"example.com/log", {7, sha256(as_bytes("x"))}};
  const std::string note = sign_checkpoint(log, checkpoint);

  EXPECT_EQ(must(open_checkpoint(note, log.key())), checkpoint);
  for (std::size_t i = 0; i < 8 * note.size(); ++i) {
    std::string wrong = note;
    wrong[i / 8] = static_cast<char>(wrong[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(open_checkpoint(wrong, log.key())) << "bit " << i;
  }
}

TEST(Checkpoint, ALogSignsForItselfOnly) {
  const Signer log = must(Signer::generate("a", KeyType::kEd25519));
  const std::string note = sign_checkpoint(log, {"b", {}});

  EXPECT_EQ(open_checkpoint(note, log.key()).error().code, ErrorCode::kMismatch);
}

TEST(Checkpoint, GathersGoodCosignaturesOfKnownWitnesses) {
  const Signer log = must(Signer::generate("log", KeyType::kEd25519));
  const Signer one = must(Signer::generate("one", KeyType::kCosignature));
  const Signer stranger = must(Signer::generate("stranger", KeyType::kCosignature));
  const std::vector<VerifierKey> witnesses = {one.key()};
  const std::string note = sign_checkpoint(log, {"log", {0, empty_root()}});
  const std::string text = must(parse_note(note)).text;
  const std::string by_one = print_signature(cosign_note(one, text, 5));
  const std::string by_stranger = print_signature(cosign_note(stranger, text, 5));

  const std::string more = must(add_cosignatures(note, by_stranger + by_one, witnesses));
  EXPECT_EQ(more, note + by_one);
  EXPECT_EQ(must(add_cosignatures(more, by_one, witnesses)), more) << "not twice";
  EXPECT_TRUE(open_checkpoint(more, log.key()));
  EXPECT_EQ(add_cosignatures(note, by_stranger, witnesses).error().code, ErrorCode::kDenied);
  const std::string of_other = print_signature(cosign_note(one, "log\n1\nx\n", 5));
  EXPECT_EQ(add_cosignatures(note, of_other, witnesses).error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(add_cosignatures(note, "", witnesses));
}

TEST(Checkpoint, TesserasCheckpointsAreSigned) {
  const auto folder = test::shared_log(SALUS_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << test::kNoSharedLog;
  for (std::uint64_t size = 0; size <= test::kSharedLogSize; ++size) {
    const std::string note = test::shared_checkpoint(folder, size);
    const Checkpoint checkpoint = must(open_checkpoint(note, test::shared_log_key()));
    EXPECT_EQ(checkpoint.head.size, size);
    for (std::size_t i = 0; i < note.size(); ++i) {
      std::string wrong = note;
      wrong[i] = static_cast<char>(wrong[i] ^ (1 << (i % 8)));
      EXPECT_FALSE(open_checkpoint(wrong, test::shared_log_key())) << size << ", byte " << i;
    }
  }
}

}  // namespace
}  // namespace salus::tlog
