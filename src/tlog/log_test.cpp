// Goal:   a log gives back what was appended, with checkpoints and proofs that verify, and refuses
//         to sign where its files do not fit together.
// Method: logs in memory and on disk, audited after every append; folders with one file exchanged,
//         removed or taken from a fork; the limits. Crashes: log_crash_test.cpp.

#include "tlog/log.h"

#include <gtest/gtest.h>

#include "tlog/auditor.h"
#include "tlog/directory.h"
#include "tlog/testing/built_log.h"
#include "tlog/testing/memory_files.h"

namespace salus::tlog {
namespace {

namespace fs = std::filesystem;
using test::Disk;
using test::MemoryFiles;
using test::numbered_entry;

constexpr std::string_view kSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

Signer signer() { return must(Signer::parse(kSigner)); }

std::vector<Bytes> batch(std::uint64_t first, std::uint64_t count) {
  std::vector<Bytes> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(numbered_entry(first + i));
  return out;
}

Result<Log> open(Disk& disk) { return Log::open(std::make_unique<MemoryFiles>(disk), signer()); }
Log create(Disk& disk) { return must(Log::create(std::make_unique<MemoryFiles>(disk), signer())); }

/// A log of numbered entries, appended in two batches.
void fill(Disk& disk, std::uint64_t first, std::uint64_t second) {
  Log log = create(disk);
  must(log.append(batch(0, first)));
  must(log.append(batch(first, second)));
}

TEST(Log, HasTheTreeOfItsEntriesAfterEveryAppend) {
  Disk disk;
  Log log = create(disk);
  std::uint64_t size = 0;
  for (const std::uint64_t count : {1, 2, 252, 1, 1, 300, 211, 4096}) {
    const Log::Appended appended = must(log.append(batch(size, count)));
    EXPECT_EQ(appended.first_index, size);
    size += count;
    EXPECT_EQ(log.head(), test::built_checkpoint("PeterNeumann", size).head) << size;
    EXPECT_EQ(must(open_checkpoint(appended.checkpoint, signer().key())).head, log.head());
    EXPECT_TRUE(audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads)) << size;
  }
  // The files of the final size are those of the definition.
  const auto files = disk.files();
  for (const auto& [path, bytes] : test::built_log(size).files) EXPECT_EQ(files.at(path), bytes);
}

TEST(Log, GrowsWhereItWasLeft) {
  Disk disk;
  create(disk);
  for (std::uint64_t size = 0; size < 520; size += 40) {
    Log log = must(open(disk));
    EXPECT_EQ(log.head().size, size);
    must(log.append(batch(size, 40)));
  }
  EXPECT_TRUE(audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads));
}

TEST(Log, ProvesItsEntriesAndItsGrowth) {
  Disk disk;
  fill(disk, 250, 50);
  const Log log = must(open(disk));
  const Policy policy = must(parse_policy("log " + signer().key().text() + "\nquorum none\n"));
  for (std::uint64_t i = 0; i < 300; i += 13) {
    EXPECT_EQ(must(log.entry(i)), numbered_entry(i));
    EXPECT_TRUE(verify_proof(must(log.prove(i)), numbered_entry(i), policy)) << i;
  }
  for (const std::uint64_t old : {0, 1, 250, 299, 300}) {
    EXPECT_TRUE(verify_consistency(test::built_checkpoint("", old).head, log.head(),
                                   must(log.consistency_proof(old))));
  }
  EXPECT_EQ(log.entry(300).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log.prove(300).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log.consistency_proof(301).error().code, ErrorCode::kInvalidArgument);
}

TEST(Log, RemovesPartialFilesThatAFullOneReplaces) {
  Disk disk;
  fill(disk, 250, 50);
  for (const auto& [path, bytes] : disk.files()) {
    EXPECT_FALSE(path.starts_with("tile/0/000.p") || path.starts_with("tile/entries/000.p"));
  }
  EXPECT_TRUE(disk.has("tile/0/001.p/44"));
}

TEST(Log, LimitsHoldAtOneBeyond) {
  Disk disk;
  Log log = create(disk);
  EXPECT_TRUE(log.append(std::vector<Bytes>{Bytes(kMaxEntryBytes), Bytes()}));
  EXPECT_EQ(log.append(std::vector<Bytes>{Bytes(kMaxEntryBytes + 1)}).error().code,
            ErrorCode::kLimit);
  EXPECT_EQ(log.append({}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(log.append(batch(0, kMaxBatchEntries)));
  EXPECT_EQ(log.append(batch(0, kMaxBatchEntries + 1)).error().code, ErrorCode::kLimit);
  EXPECT_EQ(log.head().size, 2 + kMaxBatchEntries);
  EXPECT_TRUE(audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads));
}

TEST(Log, PublishesCosignaturesAndKeepsThem) {
  Disk disk;
  fill(disk, 3, 4);
  const Signer witness = must(Signer::generate("witness", KeyType::kCosignature));
  Log log = must(open(disk));
  const std::string before = log.checkpoint();
  const std::string cosigned =
      before + print_signature(cosign_note(witness, must(parse_note(before)).text, 1));

  EXPECT_TRUE(log.publish(cosigned));
  EXPECT_EQ(must(open(disk)).checkpoint(), cosigned);
  must(log.append(batch(7, 1)));
  EXPECT_EQ(log.publish(cosigned).error().code, ErrorCode::kInvalidArgument) << "an older one";
  const Signer other = must(Signer::generate("other", KeyType::kEd25519));
  EXPECT_FALSE(log.publish(sign_checkpoint(other, {"other", log.head()})));
}

TEST(Log, IsMadeOnceAndOnlyWhereThereIsNone) {
  Disk disk;
  EXPECT_EQ(open(disk).error().code, ErrorCode::kNotFound);
  create(disk);
  EXPECT_EQ(Log::create(std::make_unique<MemoryFiles>(disk), signer()).error().code,
            ErrorCode::kConflict);
  const auto other = [](KeyType type) { return must(Signer::generate("PeterNeumann", type)); };
  EXPECT_EQ(
      Log::open(std::make_unique<MemoryFiles>(disk), other(KeyType::kCosignature)).error().code,
      ErrorCode::kInvalidArgument);
  EXPECT_EQ(Log::open(std::make_unique<MemoryFiles>(disk), other(KeyType::kEd25519)).error().code,
            ErrorCode::kCorrupt);
  EXPECT_EQ(Log::open(std::make_unique<MemoryFiles>(disk),
                      must(Signer::generate("another", KeyType::kEd25519)))
                .error()
                .code,
            ErrorCode::kMismatch);
}

TEST(Log, SignsNothingWhereAFileIsMissingOrAltered) {
  for (const std::string path :
       {"state", "checkpoint", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"}) {
    Disk disk;
    fill(disk, 250, 50);
    const std::size_t heads = disk.signed_heads.size();
    const Bytes content = disk.files().at(path);
    for (std::size_t i = 0; i < content.size(); i += 7) {
      Bytes wrong = content;
      wrong[i] ^= std::byte{2};
      disk.put(path, wrong);
      ASSERT_FALSE(open(disk)) << path << ", byte " << i;
    }
    disk.erase(path);
    EXPECT_EQ(open(disk).error().code, ErrorCode::kCorrupt) << path;
    EXPECT_EQ(disk.signed_heads.size(), heads) << path;
  }
}

TEST(Log, SignsNothingThatItsSignedCheckpointIsNoPrefixOf) {
  Disk disk;
  fill(disk, 3, 4);
  const auto put_signed = [&](const TreeHead& head) {
    disk.put("checkpoint", as_bytes(sign_checkpoint(signer(), {"PeterNeumann", head})));
  };
  TreeHead fork = test::built_checkpoint("", 5).head;
  put_signed(fork);
  EXPECT_TRUE(open(disk)) << "a prefix";
  fork.root.bytes[0] ^= std::byte{1};
  put_signed(fork);
  const std::size_t heads = disk.signed_heads.size();

  const Result<Log> forked = open(disk);
  ASSERT_FALSE(forked);
  EXPECT_EQ(forked.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(forked.error().message.find("is not a prefix of the tree of 7"), std::string::npos);
  put_signed(test::built_checkpoint("", 8).head);
  const Result<Log> ahead = open(disk);
  ASSERT_FALSE(ahead);
  EXPECT_NE(ahead.error().message.find("only 7 are here"), std::string::npos);
  EXPECT_EQ(disk.signed_heads.size(), heads) << "nothing was signed";
}

TEST(Log, LiesOnDiskForOneWriter) {
  const fs::path folder = fs::temp_directory_path() / ("salus-log-" + to_hex(random_seed()));
  EXPECT_EQ(Log::open(folder, signer()).error().code, ErrorCode::kNotFound);
  {
    Log log = must(Log::create(folder, signer()));
    must(log.append(batch(0, 300)));
    const Result<Log> second = Log::open(folder, signer());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kConflict);
  }
  Log log = must(Log::open(folder, signer()));
  must(log.append(batch(300, 300)));

  EXPECT_EQ(must(audit_log(DirectoryReader(folder), signer().key())).head, log.head());
  EXPECT_EQ(log.head(), test::built_checkpoint("", 600).head);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace salus::tlog
