// Goal:   whatever dies when, the log ends up with every entry of the ledger, once, in its order; a
//         log and a ledger that do not belong together are refused, and nothing is signed.
// Method: a real ledger and a real log; files removed, swapped and set back to old copies.
#include "service/journal.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/testing/temporary_folder.h"
#include "store/sqlite/sqlite_ledger.h"
#include "tlog/log.h"

namespace salus::service {
namespace {

namespace fs = std::filesystem;

class JournalOf : public testing::Test {
 protected:
  JournalOf() { reopen_ledger(); }

  void reopen_ledger() {
    ledger_.reset();
    ledger_ = must(store::open_sqlite_ledger(folder() / "ledger.sqlite"));
  }
  const fs::path& folder() const { return folder_.path(); }
  /// A change of the ledger, with its entry.
  void record(const std::string& text) {
    if (account_ == 0) {
      account_ = must(ledger_->accounts().add(
                          {.name = "alice", .token_hash = sha256({}), .quota_bytes = 1000}, 1))
                     .id;
    }
    twin_ = must(ledger_->twins().put(
        account_, {.name = "t", .evaluation_keys = {}, .parameters = {}, .features = {}},
        [&](const store::Twin&) { return text; }, 1));
  }
  Result<std::unique_ptr<Journal>> start(const std::string& origin = {}) {
    return Journal::start(ledger_->log(), log_in_folder(folder(), origin, ledger_->log()));
  }
  ErrorCode refused(const std::string& origin = {}) {
    const auto journal = start(origin);
    return journal ? ErrorCode::kConflict : journal.error().code;
  }
  std::vector<std::string> logged() {
    const tlog::Log log =
        must(tlog::Log::open(folder() / "log", must(tlog::Signer::load(folder() / "log.key"))));
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < log.head().size; ++i) {
      out.emplace_back(as_text(must(log.entry(i))));
    }
    return out;
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<store::Ledger> ledger_;
  store::AccountId account_ = 0;
  store::Twin twin_;
};

TEST_F(JournalOf, AppendsWhatTheLedgerHas) {
  {
    const auto journal = must(start("log.example"));
    EXPECT_TRUE(journal->key().starts_with("log.example+"));
    record("a");
    record("b");
    must(journal->flush());
    record("c");
  }  // stopped before c was flushed
  EXPECT_EQ(logged(), (std::vector<std::string>{"a", "b"}));
  const auto journal = must(start());
  record("d");
  EXPECT_EQ(must(journal->of_twin(twin_.pseudonym)).size(), 4u) << "asking flushes";
  must(journal->flush());
  EXPECT_EQ(must(check_log(folder(), ledger_->log())), 4u);
}

TEST_F(JournalOf, KeepsItsNameAndItsKey) {
  const std::string key = must(start("log.example"))->key();
  EXPECT_EQ(must(start())->key(), key);
  EXPECT_EQ(must(start("log.example"))->key(), key);
  EXPECT_EQ(refused("other.example"), ErrorCode::kMismatch);
  EXPECT_EQ(fs::status(folder() / "log.key").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(JournalOf, MakesNothingInPlaceOfWhatIsMissing) {
  (void)must(start());
  record("a");
  must(must(start())->flush());
  fs::rename(folder() / "log", folder() / "elsewhere");
  EXPECT_EQ(refused(), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder() / "log" / "checkpoint"));
  fs::remove_all(folder() / "log");
  fs::rename(folder() / "elsewhere", folder() / "log");
  fs::rename(folder() / "log.key", folder() / "kept.key");
  EXPECT_EQ(refused(), ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(folder() / "log.key"));
  fs::rename(folder() / "kept.key", folder() / "log.key");
  EXPECT_TRUE(start().has_value());
}

TEST_F(JournalOf, RefusesAnOldCopyOfTheLedger) {
  (void)must(start());
  record("a");
  must(must(start())->flush());
  ledger_.reset();
  fs::copy_file(folder() / "ledger.sqlite", folder() / "backup.sqlite");
  reopen_ledger();
  record("b");
  must(must(start())->flush());
  ledger_.reset();
  fs::copy_file(folder() / "backup.sqlite", folder() / "ledger.sqlite",
                fs::copy_options::overwrite_existing);
  reopen_ledger();
  const std::string before = must(read_text_file(folder() / "log" / "checkpoint", 4096));
  EXPECT_EQ(refused(), ErrorCode::kCorrupt);
  EXPECT_EQ(check_log(folder(), ledger_->log()).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(must(read_text_file(folder() / "log" / "checkpoint", 4096)), before);
}

TEST_F(JournalOf, FindsEntriesThatDiffer) {
  (void)must(start());
  record("a");
  must(must(start())->flush());
  test::TemporaryFolder other;
  for (const char* name : {"log", "log.key"}) {
    fs::copy(folder() / name, other.path() / name, fs::copy_options::recursive);
  }
  auto ledger = must(store::open_sqlite_ledger(other.path() / "ledger.sqlite"));
  EXPECT_EQ(check_log(other.path(), ledger->log()).error().code, ErrorCode::kCorrupt);
}

TEST_F(JournalOf, TriesAgainAfterADiskThatFailed) {
  const auto journal = must(start());
  record("a");
  must(journal->flush());
  record("b");
  fs::permissions(folder() / "log", fs::perms::none);
  fs::rename(folder() / "log", folder() / "away");
  EXPECT_FALSE(journal->flush().has_value());
  EXPECT_FALSE(journal->flush().has_value());
  fs::remove_all(folder() / "log");
  fs::rename(folder() / "away", folder() / "log");
  fs::permissions(folder() / "log", fs::perms::owner_all);
  must(journal->flush());
  EXPECT_EQ(must(check_log(folder(), ledger_->log())), 2u);
}

TEST_F(JournalOf, ServesWhatItsCheckpointCovers) {
  const auto journal = must(start());
  for (int i = 0; i < 3; ++i) record("entry");
  must(journal->flush());
  EXPECT_EQ(as_text(must(journal->file("checkpoint"))).substr(0, 7), "salusd-");
  EXPECT_EQ(must(journal->file("tile/0/000.p/3")).size(), 96u);
  EXPECT_EQ(must(journal->file("tile/entries/000.p/3")).size(), 21u);
  for (const char* path : {"", "state", "tile/0/000", "tile/0/000.p/4", "tile/0/001.p/1",
                           "tile/1/000.p/1", "tile/8/000.p/1", "../log.key", "tile/../../log.key",
                           "/etc/passwd", "tile/entries/001.p/1"}) {
    EXPECT_EQ(journal->file(path).error().code, ErrorCode::kNotFound) << path;
  }
}

}  // namespace
}  // namespace salus::service
