// Goal:   a server that lies about a run, or about its log, is found out before anything is opened.
// Method: a real log behind a server in memory, whose answers are then changed one lie at a time:
//         swapped results, an old version, a shortened log, a forked one, another log's key.
#include "client/verification.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "client/fake_server.h"
#include "tlog/log.h"
#include "tlog/testing/memory_files.h"

namespace salus::client {
namespace {

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

/// Entries, their log, and what a server says of them.
class LogServer {
 public:
  explicit LogServer(const std::string& seed_text) {
    tlog::Signer signer = must(tlog::Signer::parse(seed_text));
    key_ = signer.key().text();
    log_.emplace(must(
        tlog::Log::create(std::make_unique<tlog::test::MemoryFiles>(disk_), std::move(signer))));
  }
  void add(const std::string& entry) {
    const Bytes bytes = to_bytes(as_bytes(entry));
    (void)must(log_->append({&bytes, 1}));
    entries_.push_back(entry);
  }
  std::string proof(std::uint64_t index) const {
    tlog::LogProof made = must(log_->prove(index));
    made.extra = to_bytes(as_bytes(entries_[index]));
    return tlog::print_proof(made);
  }
  /// The server answers with this log's key and files, and with proof `index` for the run.
  void answer(FakeServer& server, const std::string& run, std::uint64_t index) const {
    for (const auto& [path, content] : disk_.files()) set(server, "log/" + path, as_text(content));
    set(server, "log/key", key_ + "\n");
    set(server, "runs/" + run + "/receipt", proof(index));
  }
  static void set(FakeServer& server, const std::string& path, std::string_view text) {
    server.fixed["/v1/" + path] = Response{200, "text/plain", to_bytes(as_bytes(text))};
  }
  const std::string& key() const { return key_; }

 private:
  tlog::test::Disk disk_;
  std::string key_;
  std::optional<tlog::Log> log_;
  std::vector<std::string> entries_;
};

constexpr const char* kSeed =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

class Verification : public testing::Test {
 protected:
  static receipt::Receipt receipt_of(const std::string& who, std::uint64_t version = 1) {
    return {.run = "run_" + who,
            .time_ms = 5,
            .actor = digest_of("actor"),
            .twin = digest_of("twin of " + who),
            .twin_version = version,
            .content = digest_of("content of " + who + std::to_string(version)),
            .program = digest_of("program"),
            .basis = digest_of("basis"),
            .checkpoints = {},
            .result = digest_of("result of " + who),
            .software = "test/1"};
  }
  static RunRecord record_of(const std::string& who, std::uint64_t version = 1) {
    const receipt::Receipt r = receipt_of(who, version);
    RunRecord record{.server = "http://here",
                     .twin = who,
                     .key_id = {},
                     .program = r.program.hex(),
                     .pseudonym = r.twin.hex(),
                     .twin_version = version,
                     .content = r.content.hex(),
                     .last = {}};
    record.last.id = r.run;
    return record;
  }
  Result<std::string> fetch(const RunRecord& run, const std::string& result) {
    return fetch_receipt(workspace_, api_, run, digest_of(result));
  }
  void expect_lie(const Result<std::string>& fetched, const std::string& words) {
    ASSERT_FALSE(fetched.has_value());
    EXPECT_EQ(fetched.error().code, ErrorCode::kCorrupt) << fetched.error().message;
    EXPECT_NE(fetched.error().message.find(words), std::string::npos) << fetched.error().message;
    EXPECT_NE(fetched.error().message.find("Do not open"), std::string::npos);
  }

  test::TemporaryFolder folder_;
  Workspace workspace_ = must(Workspace::open(folder_.path()));
  FakeServer server_;
  Api api_{server_};
  LogServer log_{kSeed};
};

TEST_F(Verification, AcceptsAReceiptAndRemembersTheLog) {
  log_.add(print(receipt_of("ada")));
  log_.answer(server_, "run_ada", 0);
  const std::string proof = must(fetch(record_of("ada"), "result of ada"));
  EXPECT_EQ(must(workspace_.log("http://here")).key, log_.key());
  server_.fixed.clear();  // offline from here
  const auto good =
      must(check_receipt(workspace_, record_of("ada"), proof, digest_of("result of ada")));
  EXPECT_EQ(good.log, "PeterNeumann");
  EXPECT_EQ(good.entry, 0u);
  EXPECT_EQ(good.receipt, receipt_of("ada"));
}

TEST_F(Verification, FindsResultsSwappedBetweenPatients) {
  log_.add(print(receipt_of("ada")));
  log_.add(print(receipt_of("ben")));
  log_.answer(server_, "run_ada", 0);
  expect_lie(fetch(record_of("ada"), "result of ben"), "the one that came");
  log_.answer(server_, "run_ada", 1);
  expect_lie(fetch(record_of("ada"), "result of ben"), "run run_ben");
  receipt::Receipt confused = receipt_of("ada");
  confused.twin = receipt_of("ben").twin;
  log_.add(print(confused));
  log_.answer(server_, "run_ada", 2);
  expect_lie(fetch(record_of("ada"), "result of ada"), "pseudonym");
}

TEST_F(Verification, FindsAnOldTwinVersionReplayed) {
  log_.add(print(receipt_of("ada", 1)));
  log_.answer(server_, "run_ada", 0);
  expect_lie(fetch(record_of("ada", 2), "result of ada"), "version 1, not 2");
}

TEST_F(Verification, FindsATruncatedLog) {
  log_.add(print(receipt_of("ada")));
  log_.add(print(receipt_of("ben")));
  log_.answer(server_, "run_ben", 1);
  (void)must(fetch(record_of("ben"), "result of ben"));
  LogServer shorter(kSeed);
  shorter.add(print(receipt_of("ada")));
  shorter.answer(server_, "run_ada", 0);
  expect_lie(fetch(record_of("ada"), "result of ada"), "it had 2 before");
}

TEST_F(Verification, FindsAForkedLog) {
  log_.add(print(receipt_of("ada")));
  log_.answer(server_, "run_ada", 0);
  (void)must(fetch(record_of("ada"), "result of ada"));
  LogServer fork(kSeed);
  fork.add(print(receipt_of("ada", 2)));
  fork.add(print(receipt_of("ben")));
  fork.answer(server_, "run_ben", 1);
  expect_lie(fetch(record_of("ben"), "result of ben"), "different histories");
  LogServer same_size(kSeed);
  same_size.add(print(receipt_of("ben")));
  same_size.answer(server_, "run_ben", 0);
  expect_lie(fetch(record_of("ben"), "result of ben"), "different histories");
}

TEST_F(Verification, FollowsALogThatGrows) {
  for (int i = 0; i < 300; ++i) {
    log_.add(print(receipt_of("ada")));
    if (i % 50 != 0) continue;
    log_.answer(server_, "run_ada", static_cast<std::uint64_t>(i));
    (void)must(fetch(record_of("ada"), "result of ada"));
  }
  EXPECT_NE(must(workspace_.log("http://here")).checkpoint.find("\n251\n"), std::string::npos);
}

TEST_F(Verification, RefusesALogOfAnotherKey) {
  const tlog::Signer other = must(tlog::Signer::generate("PeterNeumann", tlog::KeyType::kEd25519));
  must(workspace_.save(LogRecord{"http://here", other.key().text(), ""}));
  log_.add(print(receipt_of("ada")));
  log_.answer(server_, "run_ada", 0);
  expect_lie(fetch(record_of("ada"), "result of ada"), "not verified");
}

TEST_F(Verification, RefusesWhatIsNoProof) {
  log_.add(print(receipt_of("ada")));
  log_.answer(server_, "run_ada", 0);
  LogServer::set(server_, "runs/run_ada/receipt", "all is well\n");
  expect_lie(fetch(record_of("ada"), "result of ada"), "not verified");
}

TEST_F(Verification, SaysWhatItCannotCheck) {
  EXPECT_EQ(fetch(record_of("ada"), "r").error().code, ErrorCode::kNotFound) << "no receipt there";
  RunRecord old = record_of("ada");
  old.pseudonym.clear();
  log_.add(print(receipt_of("ada")));
  log_.answer(server_, "run_ada", 0);
  EXPECT_EQ(fetch(old, "result of ada").error().code, ErrorCode::kMismatch);
  EXPECT_EQ(check_receipt(must(Workspace::open(folder_.path() / "other")), record_of("ada"),
                          log_.proof(0), digest_of("result of ada"))
                .error()
                .code,
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace salus::client
