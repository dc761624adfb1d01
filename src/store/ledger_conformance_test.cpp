// Goal:   every driver of the ledger keeps the rules of ledger.h.
// Method: one suite, run for each driver in `kDrivers`; a new driver adds a line there.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>

#include "base/random.h"
#include "store/sqlite/sqlite_ledger.h"

namespace salus::store {
namespace {

struct Driver {
  const char* name;
  Result<std::unique_ptr<Ledger>> (*open)(const std::filesystem::path& folder);
};

const Driver kDrivers[] = {{"sqlite", [](const std::filesystem::path& folder) {
                              return open_sqlite_ledger(folder / "ledger.sqlite");
                            }}};

Digest digest_of(std::string_view text) { return sha256(as_bytes(text)); }

std::string entry_of(const Twin& twin) {
  return twin.id + " version " + std::to_string(twin.version);
}

std::vector<std::string> texts(const std::vector<LogRow>& rows) {
  std::vector<std::string> out;
  for (const LogRow& row : rows) {
    EXPECT_EQ(row.number, rows.front().number + out.size());
    out.push_back(row.entry);
  }
  return out;
}

class EveryLedger : public testing::TestWithParam<Driver> {
 protected:
  void SetUp() override {
    const Seed random = random_seed();
    folder_ =
        std::filesystem::temp_directory_path() / ("salus-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(folder_);
    reopen();
    alice_ = add("alice", 1000);
    bob_ = add("bob", 1000);
  }
  void TearDown() override {
    ledger_.reset();
    std::filesystem::remove_all(folder_);
  }

  void reopen() {
    ledger_.reset();
    ledger_ = must(GetParam().open(folder_));
  }
  AccountId add(const std::string& name, std::uint64_t quota) {
    return must(ledger_->accounts().add(
                    {.name = name, .token_hash = digest_of(name), .quota_bytes = quota}, 1))
        .id;
  }
  Digest hold(AccountId account, const std::string& text, ObjectKind kind,
              std::uint64_t bytes = 10) {
    const Digest digest = digest_of(text);
    (void)must(ledger_->objects().begin_upload({.account = account,
                                                .digest = digest,
                                                .kind = kind,
                                                .bytes = bytes,
                                                .offset = 0,
                                                .updated_at = 0},
                                               2));
    must(ledger_->objects().complete_upload(account, digest, {}, 3));
    return digest;
  }
  Twin twin(AccountId account, const std::string& name) {
    const Digest product = hold(account, name + "-product", ObjectKind::kEvaluationKey);
    const Digest rotation = hold(account, name + "-rotation", ObjectKind::kEvaluationKey);
    const Digest feature = hold(account, name + "-feature", ObjectKind::kCiphertext);
    return must(ledger_->twins().put(
        account,
        {.name = name,
         .evaluation_keys = {{"relinearization", product}, {"rotation 1", rotation}},
         .parameters = "p",
         .features = {{"ka", feature}}},
        entry_of, 4));
  }
  store::Run run(const Twin& of, const Digest& program) {
    return must(ledger_->runs().enqueue(
        {.account = of.account, .twin = of.id, .twin_version = of.version, .program = program}, 10,
        5));
  }
  store::Run shown(const store::Run& run) {
    return *must(ledger_->runs().find(run.account, run.id));
  }

  std::filesystem::path folder_;
  std::unique_ptr<Ledger> ledger_;
  AccountId alice_ = 0;
  AccountId bob_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Drivers, EveryLedger, testing::ValuesIn(kDrivers),
                         [](const auto& driver) { return std::string(driver.param.name); });

TEST_P(EveryLedger, FindsAnAccountByItsTokenAlone) {
  EXPECT_EQ(must(ledger_->accounts().by_token(digest_of("alice"))).id, alice_);
  EXPECT_EQ(ledger_->accounts().by_token(digest_of("eve")).error().code, ErrorCode::kNotFound);
  const NewAccount again{.name = "alice", .token_hash = digest_of("x"), .quota_bytes = 1};
  EXPECT_EQ(ledger_->accounts().add(again, 9).error().code, ErrorCode::kConflict);
}

TEST_P(EveryLedger, RemembersAnAcknowledgedOffsetAcrossARestart) {
  const Digest digest = digest_of("object");
  const Upload upload{.account = alice_,
                      .digest = digest,
                      .kind = ObjectKind::kCiphertext,
                      .bytes = 100,
                      .offset = 0,
                      .updated_at = 0};
  (void)must(ledger_->objects().begin_upload(upload, 2));
  must(ledger_->objects().acknowledge(alice_, digest, 60, 3));

  reopen();

  EXPECT_EQ(must(ledger_->objects().find_upload(alice_, digest))->offset, 60u);
  EXPECT_EQ(must(ledger_->objects().begin_upload(upload, 4)).offset, 60u);
  EXPECT_FALSE(must(ledger_->objects().find_upload(bob_, digest)).has_value());
}

TEST_P(EveryLedger, RefusesAnUploadAboveTheQuotaAndRecordsNothing) {
  hold(alice_, "large", ObjectKind::kCiphertext, 900);
  const Upload upload{.account = alice_,
                      .digest = digest_of("too much"),
                      .kind = ObjectKind::kCiphertext,
                      .bytes = 101,
                      .offset = 0,
                      .updated_at = 0};

  const auto refused = ledger_->objects().begin_upload(upload, 2);

  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(refused.error().message.find("900 of its 1000"), std::string::npos);
  EXPECT_FALSE(must(ledger_->objects().find_upload(alice_, upload.digest)).has_value());
  Upload fits = upload;
  fits.bytes = 100;
  EXPECT_TRUE(ledger_->objects().begin_upload(fits, 2).has_value());
}

TEST_P(EveryLedger, KeepsVersionsOfATwinUnderOneIdentifier) {
  const Twin first = twin(alice_, "subject");
  const Twin second = twin(alice_, "subject");

  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(second.version, 2);
  ASSERT_EQ(must(ledger_->twins().list(alice_)).size(), 1u);
  EXPECT_EQ(must(ledger_->twins().list(alice_)).front().version, 2);
  EXPECT_FALSE(must(ledger_->twins().find(bob_, first.id)).has_value());
}

TEST_P(EveryLedger, ErasesATwinWithItsRunsAndLeavesNoReference) {
  const Twin one = twin(alice_, "one");
  const Digest program = hold(alice_, "program", ObjectKind::kProgram);
  run(one, program);
  const Claim claim = *must(ledger_->runs().claim("w", 100, 6));
  must(ledger_->twins().put_state(
      {.key = digest_of("k"), .twin = one.id, .object = digest_of("state"), .bytes = 7}, 4, 6));
  EXPECT_TRUE(must(ledger_->runs().finish(
      claim, {.object = digest_of("result"), .bytes = 5, .timing = {}, .receipt = "receipt"}, 7)));

  must(ledger_->twins().erase(alice_, one.id, entry_of));

  EXPECT_TRUE(must(ledger_->runs().list(alice_)).empty());
  EXPECT_FALSE(must(ledger_->twins().find_state(digest_of("k"))).has_value());
  EXPECT_EQ(must(ledger_->objects().garbage()).size(), 5u);  // 2 keys, feature, state, result
  EXPECT_TRUE(must(ledger_->objects().find(alice_, program)).has_value());
  must(ledger_->check_integrity());
}

TEST_P(EveryLedger, KeepsWhatAnotherTwinOrAccountStillUses) {
  const Twin one = twin(alice_, "one");
  const Digest shared = one.features.at("ka");
  (void)must(ledger_->twins().put(alice_,
                                  {.name = "two",
                                   .evaluation_keys = one.evaluation_keys,
                                   .parameters = "p",
                                   .features = {{"ka", shared}}},
                                  entry_of, 4));
  hold(bob_, "one-product", ObjectKind::kEvaluationKey);

  must(ledger_->twins().erase(alice_, one.id, entry_of));

  EXPECT_TRUE(must(ledger_->objects().garbage()).empty());
  EXPECT_TRUE(must(ledger_->objects().find(alice_, shared)).has_value());
}

TEST_P(EveryLedger, KeepsEachKeyAsLongAsATwinOrAnEarlierVersionNamesIt) {
  const Twin one = twin(alice_, "one");
  const Digest product = one.evaluation_keys.at("relinearization");
  const Digest rotation = one.evaluation_keys.at("rotation 1");
  const Digest fresh = hold(alice_, "higher", ObjectKind::kEvaluationKey);
  const Twin second = must(ledger_->twins().put(
      alice_,
      {.name = "one",
       .evaluation_keys = {{"relinearization", product}, {"rotation 1", fresh}},
       .parameters = "p",
       .features = one.features},
      entry_of, 5));
  (void)must(
      ledger_->twins().put(alice_,
                           {.name = "two",
                            .evaluation_keys = {{"rotation 1", rotation}},
                            .parameters = "p",
                            .features = {{"ka", hold(alice_, "f", ObjectKind::kCiphertext)}}},
                           entry_of, 6));
  EXPECT_EQ(must(ledger_->twins().find_version(one.id, 1))->evaluation_keys, one.evaluation_keys);
  EXPECT_EQ(must(ledger_->twins().find(alice_, one.id))->evaluation_keys, second.evaluation_keys);
  EXPECT_TRUE(must(ledger_->objects().garbage()).empty());

  must(ledger_->twins().erase(alice_, one.id, entry_of));

  const std::vector<Digest> garbage = must(ledger_->objects().garbage());
  EXPECT_EQ(std::set<Digest>(garbage.begin(), garbage.end()),
            (std::set<Digest>{product, fresh, one.features.at("ka")}));
  EXPECT_TRUE(must(ledger_->objects().find(alice_, rotation)).has_value());
  must(ledger_->check_integrity());
}

TEST_P(EveryLedger, RemembersWhatAKeyIsFor) {
  const Digest digest = digest_of("key");
  const Upload upload{.account = alice_,
                      .digest = digest,
                      .kind = ObjectKind::kEvaluationKey,
                      .bytes = 10,
                      .offset = 0,
                      .updated_at = 0};
  (void)must(ledger_->objects().begin_upload(upload, 2));
  const Facts facts{.parameters = "p", .key = "k", .purpose = "rotation 16"};
  must(ledger_->objects().complete_upload(alice_, digest, facts, 3));
  reopen();
  EXPECT_EQ(must(ledger_->objects().find(alice_, digest))->facts, facts);
}

TEST_P(EveryLedger, HasOneUnfinishedRunPerTwinVersionAndProgram) {
  const Twin one = twin(alice_, "one");
  const Digest program = hold(alice_, "program", ObjectKind::kProgram);

  EXPECT_EQ(run(one, program).id, run(one, program).id);
  const Claim claim = *must(ledger_->runs().claim("w", 100, 6));
  EXPECT_EQ(run(one, program).id, claim.run.id);
  EXPECT_TRUE(must(ledger_->runs().finish(
      claim, {.object = digest_of("result"), .bytes = 5, .timing = {}, .receipt = "receipt"}, 7)));
  EXPECT_NE(run(one, program).id, claim.run.id);
}

TEST_P(EveryLedger, RefusesARunWhenTheQueueIsFull) {
  const Twin one = twin(alice_, "one");
  const Digest a = hold(alice_, "a", ObjectKind::kProgram);
  const Digest b = hold(alice_, "b", ObjectKind::kProgram);
  const auto start = [&](const Digest& program) {
    return ledger_->runs().enqueue(
        {.account = alice_, .twin = one.id, .twin_version = 1, .program = program}, 1, 5);
  };
  EXPECT_TRUE(start(a).has_value());
  EXPECT_EQ(start(b).error().code, ErrorCode::kUnavailable);
}

TEST_P(EveryLedger, RefusesAWorkerWhoseLeaseAnotherTookOver) {
  const Twin one = twin(alice_, "one");
  run(one, hold(alice_, "program", ObjectKind::kProgram));
  const Claim first = *must(ledger_->runs().claim("first", 100, 1000));
  EXPECT_FALSE(must(ledger_->runs().claim("second", 100, 1050)).has_value());

  const Claim second = *must(ledger_->runs().claim("second", 100, 1101));

  EXPECT_GT(second.fence, first.fence);
  EXPECT_EQ(second.run.attempts, 2);
  EXPECT_FALSE(must(ledger_->runs().heartbeat(first, 100, 1102)));
  const RunResult result{.object = digest_of("result"), .bytes = 5, .timing = {}, .receipt = "r"};
  EXPECT_FALSE(must(ledger_->runs().finish(first, result, 1103)));
  EXPECT_FALSE(must(ledger_->runs().release(first, 1103)));
  EXPECT_TRUE(must(ledger_->runs().finish(second, result, 1104)));
  EXPECT_EQ(shown(first.run).state, RunState::kDone);
}

TEST_P(EveryLedger, CancelsOnceAndKeepsTheWorkerFromCommitting) {
  const Twin one = twin(alice_, "one");
  const store::Run queued = run(one, hold(alice_, "program", ObjectKind::kProgram));
  const Claim claim = *must(ledger_->runs().claim("w", 100, 6));

  EXPECT_TRUE(must(ledger_->runs().cancel(alice_, queued.id, 7)));
  EXPECT_FALSE(must(ledger_->runs().cancel(alice_, queued.id, 8)));
  EXPECT_EQ(ledger_->runs().cancel(bob_, queued.id, 8).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(must(ledger_->runs().fail(claim, {ErrorCode::kIo, "x"}, 9)));
  EXPECT_EQ(shown(queued).state, RunState::kCancelled);
}

TEST_P(EveryLedger, DropsTheStateThatWasUsedLongestAgo) {
  const Twin one = twin(alice_, "one");
  for (int i = 0; i < 3; ++i) {
    must(ledger_->twins().put_state({.key = digest_of("k" + std::to_string(i)),
                                     .twin = one.id,
                                     .object = digest_of("s" + std::to_string(i)),
                                     .bytes = 1},
                                    2, 10 + i));
  }
  EXPECT_FALSE(must(ledger_->twins().find_state(digest_of("k0"))).has_value());
  EXPECT_TRUE(must(ledger_->twins().find_state(digest_of("k2"))).has_value());
}

// Random schedules of claim, heartbeat, death, resurrection and commit. Invariants: one commit per
// run, fences strictly increase, done runs are exactly the committed ones.
TEST_P(EveryLedger, CommitsEachRunOnceUnderAnySchedule) {
  const Twin one = twin(alice_, "one");
  std::mt19937_64 random(20240607);
  for (int i = 0; i < 8; ++i) {
    run(one, hold(alice_, "program" + std::to_string(i), ObjectKind::kProgram));
  }
  std::vector<Claim> held;  // also by workers that are presumed dead
  std::map<std::string, std::int64_t> fences;
  std::map<std::string, int> commits;
  TimeMs now = 1000;
  for (int step = 0; step < 600; ++step) {
    now += static_cast<TimeMs>(random() % 40);
    const bool take = held.empty() || random() % 3 == 0;
    if (take) {
      auto claim = must(ledger_->runs().claim("w", 50, now));
      if (!claim) continue;
      EXPECT_GT(claim->fence, fences[claim->run.id]) << "seed 20240607, step " << step;
      fences[claim->run.id] = claim->fence;
      held.push_back(*claim);
      continue;
    }
    const Claim claim = held[random() % held.size()];
    if (random() % 2 == 0) {
      (void)must(ledger_->runs().heartbeat(claim, 50, now));
      continue;
    }
    const RunResult result{
        .object = digest_of("result" + claim.run.id), .bytes = 1, .timing = {}, .receipt = "r"};
    const bool done = must(ledger_->runs().finish(claim, result, now));
    EXPECT_FALSE(done && claim.fence != fences[claim.run.id]) << "step " << step;
    commits[claim.run.id] += done ? 1 : 0;
  }
  for (const store::Run& each : must(ledger_->runs().list(alice_))) {
    EXPECT_EQ(commits[each.id], each.state == RunState::kDone ? 1 : 0);
  }
  must(ledger_->check_integrity());
}

TEST_P(EveryLedger, NumbersTheLogsEntriesWithTheirChanges) {
  EXPECT_EQ(must(ledger_->log().count()), 0u);
  const Twin one = twin(alice_, "one");
  const Twin two = twin(bob_, "two");
  EXPECT_NE(one.pseudonym, two.pseudonym);
  EXPECT_EQ(must(ledger_->twins().find(alice_, one.id))->pseudonym, one.pseudonym);
  const Twin next = twin(alice_, "one");
  EXPECT_EQ(next.pseudonym, one.pseudonym) << "versions are of one twin";
  const store::Run queued = run(next, hold(alice_, "program", ObjectKind::kProgram));
  const Claim claim = *must(ledger_->runs().claim("w", 100, 6));
  const RunResult result{
      .object = digest_of("result"), .bytes = 5, .timing = {}, .receipt = "receipt"};
  EXPECT_TRUE(must(ledger_->runs().finish(claim, result, 7)));
  EXPECT_FALSE(must(ledger_->runs().finish(claim, result, 8)));
  const std::string first = one.id + " version 1", second = two.id + " version 1",
                    third = one.id + " version 2";
  reopen();
  EXPECT_EQ(texts(must(ledger_->log().from(0, 10))),
            (std::vector<std::string>{first, second, third, "receipt"}));
  EXPECT_EQ(texts(must(ledger_->log().from(1, 2))), (std::vector<std::string>{second, third}));
  EXPECT_TRUE(must(ledger_->log().from(4, 10)).empty());
  EXPECT_EQ(must(ledger_->log().of_run(queued.id))->number, 3u);
  EXPECT_FALSE(must(ledger_->log().of_run("run_none")).has_value());

  must(ledger_->twins().erase(alice_, one.id, [](const Twin&) { return "erased"; }));
  EXPECT_EQ(ledger_->twins().erase(alice_, one.id, entry_of).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(ledger_->log().count()), 5u) << "a change that failed has no entry";
  std::vector<std::string> about_one;
  for (const LogRow& row : must(ledger_->log().of_twin(one.pseudonym))) {
    about_one.push_back(row.entry);
  }
  EXPECT_EQ(about_one, (std::vector<std::string>{first, third, "receipt", "erased"}));
}

}  // namespace
}  // namespace salus::store
