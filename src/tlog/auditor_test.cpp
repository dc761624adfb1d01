// Goal:   an audit finds every altered byte of a log's files and names the place.
// Method: logs made by the recursive definition with one bit flipped in every byte of every file
//         (of a large log: every hundredth), consistent but rewritten histories, and Tessera's log.

#include "tlog/auditor.h"

#include <gtest/gtest.h>

#include "tlog/directory.h"
#include "tlog/testing/built_log.h"
#include "tlog/testing/shared_log.h"

namespace salus::tlog {
namespace {

const Signer& log_signer() {
  static const Signer kSigner = must(Signer::generate("example.com/log", KeyType::kEd25519));
  return kSigner;
}

std::string signed_head(std::uint64_t size) {
  return sign_checkpoint(log_signer(), test::built_checkpoint("example.com/log", size));
}

test::MapReader signed_log(std::uint64_t size) {
  test::MapReader out = test::built_log(size);
  out.files["checkpoint"] = to_bytes(as_bytes(signed_head(size)));
  return out;
}

Status audit(const test::MapReader& log, const std::vector<std::string>& older = {}) {
  const Result<Checkpoint> checkpoint = audit_log(log, log_signer().key(), older);
  return checkpoint ? Status{} : checkpoint.error();
}

/// Every `step`-th byte of every file with one bit flipped in turn.
void expect_every_flip_is_found(const test::MapReader& log, std::size_t step) {
  for (const auto& [path, bytes] : log.files) {
    for (std::size_t i = 0; i < bytes.size(); i += step) {
      test::MapReader wrong = log;
      wrong.files[path][i] ^= static_cast<std::byte>(1 << (i / step % 8));
      ASSERT_FALSE(audit(wrong)) << path << ", byte " << i;
    }
  }
}

TEST(Auditor, AcceptsLogsOfEverySize) {
  for (const std::uint64_t size : {0, 1, 2, 15, 255, 256, 257, 512, 600}) {
    EXPECT_TRUE(audit(signed_log(size))) << size;
  }
  const test::MapReader large = signed_log(70'000);
  EXPECT_TRUE(audit(large, {signed_head(0), signed_head(65'536), signed_head(69'999)}));
}

TEST(Auditor, FindsEveryFlippedByteOfASmallLog) { expect_every_flip_is_found(signed_log(7), 1); }

TEST(Auditor, FindsFlippedBytesOfALogWithUpperTiles) {
  expect_every_flip_is_found(signed_log(600), 97);
}

TEST(Auditor, NamesTheFirstPlaceThatDiffers) {
  test::MapReader entry = signed_log(600);
  entry.files["tile/entries/001"][3] ^= std::byte{1};
  test::MapReader hash = signed_log(600);
  hash.files["tile/1/000.p/2"][33] ^= std::byte{1};
  test::MapReader leaf = signed_log(600);
  leaf.files["tile/0/002.p/88"][64] ^= std::byte{1};

  EXPECT_NE(audit(entry).error().message.find("entry 256 in tile/entries/001 "), std::string::npos);
  EXPECT_NE(audit(hash).error().message.find("the tile tile/0/001 hashes to"), std::string::npos);
  EXPECT_NE(audit(hash).error().message.find("tile/1/000.p/2 says"), std::string::npos);
  EXPECT_NE(audit(leaf).error().message.find("entry 514 in"), std::string::npos);
}

TEST(Auditor, FindsMissingAndForeignFiles) {
  const test::MapReader log = signed_log(600);
  for (const auto& [path, bytes] : log.files) {
    test::MapReader without = log;
    without.files.erase(path);
    EXPECT_EQ(audit(without).error().code, ErrorCode::kNotFound) << path;
    test::MapReader longer = log;
    longer.files[path].push_back(std::byte{0});
    EXPECT_FALSE(audit(longer)) << path;
  }
}

TEST(Auditor, FindsARewrittenHistoryThatIsConsistentInItself) {
  // The first entry and all hashes above it are exchanged and the head is signed again.
  std::vector<Digest> leaves = test::numbered_leaves(3);
  const Bytes other = to_bytes(as_bytes("other"));
  leaves[0] = leaf_hash(other);
  test::MapReader log = signed_log(3);
  log.files["tile/entries/000.p/3"] =
      print_bundle(std::vector<Bytes>{other, test::numbered_entry(1), test::numbered_entry(2)});
  log.files["tile/0/000.p/3"] = print_tile(leaves);
  const std::string note =
      sign_checkpoint(log_signer(), {"example.com/log", {3, test::naive_root(leaves)}});
  log.files["checkpoint"] = to_bytes(as_bytes(note));

  EXPECT_TRUE(audit(log)) << "alone it cannot be told";
  for (const std::uint64_t size : {1, 2, 3}) {
    const Status status = audit(log, {signed_head(size)});
    ASSERT_FALSE(status) << size;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Auditor, FindsALogThatLostEntries) {
  const Status status = audit(signed_log(3), {signed_head(2), signed_head(4)});

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kMismatch);
}

TEST(Auditor, TesserasLogPassesAndNoFlippedByteOfItDoes) {
  const auto folder = test::shared_log(SALUS_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << test::kNoSharedLog;
  const DirectoryReader files(folder);
  std::vector<std::string> older;
  for (std::uint64_t size = 0; size <= test::kSharedLogSize; ++size) {
    older.push_back(test::shared_checkpoint(folder, size));
  }
  EXPECT_TRUE(audit_log(files, test::shared_log_key(), older));

  test::MapReader log;
  for (const std::string path : {"checkpoint", "tile/0/000.p/15", "tile/entries/000.p/15"}) {
    log.files[path] = must(files.read(path, kMaxNoteBytes));
  }
  ASSERT_TRUE(audit_log(log, test::shared_log_key()));
  for (const auto& [path, bytes] : log.files) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      test::MapReader wrong = log;
      wrong.files[path][i] ^= static_cast<std::byte>(1 << (i % 8));
      EXPECT_FALSE(audit_log(wrong, test::shared_log_key())) << path << ", byte " << i;
    }
  }
}

}  // namespace
}  // namespace salus::tlog
