// Goal:   the use cases keep their promises: uploads resume, accounts stay apart, runs end once, a
//         restarted server goes on.
// Method: a real ledger and object store in a temporary folder, an engine without cryptography.
#include "service/service.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "receipt/verify.h"
#include "service/testing/fake_executor.h"
#include "store/files/file_object_store.h"
#include "store/sqlite/sqlite_ledger.h"

namespace salus::service {
namespace {

namespace fs = std::filesystem;
using store::ObjectKind;
using store::RunState;

class Server : public testing::Test {
 protected:
  void SetUp() override {
    const Seed random = random_seed();
    folder_ = fs::temp_directory_path() / ("salus-" + to_hex(ByteView(random).first(8)));
    fs::create_directories(folder_);
    restart();
    alice_ = add("alice");
    bob_ = add("bob");
  }
  void TearDown() override {
    service_.reset();
    fs::remove_all(folder_);
  }

  void restart(int workers = 1) {
    service_.reset();
    auto context = std::make_unique<Context>();
    context->ledger = must(store::open_sqlite_ledger(folder_ / "ledger.sqlite"));
    store::LogLedger& entries = context->ledger->log();
    context->journal = must(Journal::start(entries, log_in_folder(folder_, "test", entries)));
    context->objects = must(store::open_file_object_store(folder_));
    context->executor = executor_;
    context->limits = limits_;
    context->now = [this] { return now_.load(); };
    context_ = context.get();
    const Guard guard = [](const std::function<Status()>& work) -> Status {
      try {
        return work();
      } catch (const std::exception& defect) {
        return Error{ErrorCode::kIo, defect.what()};
      }
    };
    service_ = must(Service::start(
        std::move(context),
        {.workers = workers, .name = "test", .guard = guard, .on_ended = [](auto&&...) {}}));
  }
  store::AccountId add(const std::string& name) {
    return must(add_account(*context_->ledger, limits_, name, 1u << 30, 1)).account.id;
  }
  Uploads& uploads() { return service_->uploads(); }

  Result<ObjectStatus> send(const std::string& content, ObjectKind kind,
                            store::AccountId account = 0) {
    account = account == 0 ? alice_ : account;
    const Digest digest = sha256(as_bytes(content));
    const auto announced = uploads().announce(account, digest, content.size(), kind);
    if (!announced || announced->complete) return announced;
    const auto append = uploads().append(account, digest, announced->offset);
    if (!append) return append.error();
    const Status written = (*append)->write(as_bytes(content).subspan(announced->offset));
    if (!written) return written.error();
    return (*append)->finish();
  }
  Digest hold(const std::string& content, ObjectKind kind) {
    return must(send(content, kind)).digest;
  }
  store::Twin twin(const std::string& name = "subject") {
    return must(create(name, {{"rotation 1", key("rotation 1", "of " + name)}},
                       {{"ka", hold("feature of " + name + " key:1", ObjectKind::kCiphertext)}}));
  }
  Digest key(const std::string& purpose, const std::string& more = "") {
    return hold("for:" + purpose + "; key:1 " + more, ObjectKind::kEvaluationKey);
  }
  using Named = std::map<std::string, Digest>;
  Result<store::Twin> create(const std::string& name, const Named& keys, const Named& features) {
    return service_->twins().create(
        alice_, {.name = name, .evaluation_keys = keys, .parameters = {}, .features = features});
  }
  RunView start(const store::Twin& of, const std::string& program = "program") {
    return must(service_->runs().start(alice_, of.id, hold(program, ObjectKind::kProgram)));
  }
  RunView shown(const RunView& view) { return must(service_->runs().show(alice_, view.run.id)); }
  RunView finished(const RunView& view) {
    for (int i = 0; i < 5000; ++i) {
      RunView now = shown(view);
      if (now.ended()) return now;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ADD_FAILURE() << "the run did not end";
    return view;
  }
  void wait_until_started(int runs) {
    while (executor_->started < runs) std::this_thread::yield();
  }

  fs::path folder_;
  Limits limits_;
  std::shared_ptr<FakeExecutor> executor_ = std::make_shared<FakeExecutor>();
  std::atomic<store::TimeMs> now_ = 1'000'000;
  Context* context_ = nullptr;
  std::unique_ptr<Service> service_;
  store::AccountId alice_ = 0;
  store::AccountId bob_ = 0;
};

TEST_F(Server, KnowsATokenAndNothingLikeIt) {
  const IssuedToken issued = must(add_account(*context_->ledger, limits_, "carol", 1, 1));
  EXPECT_EQ(must(service_->authenticate(issued.token)).name, "carol");
  std::string other = issued.token;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_EQ(service_->authenticate(other).error().code, ErrorCode::kDenied);
  EXPECT_EQ(service_->authenticate("").error().code, ErrorCode::kDenied);
  EXPECT_EQ(add_account(*context_->ledger, limits_, "a\nb", 1, 1).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(Server, TakesAnObjectInPiecesAcrossARestart) {
  const std::string content(1000, 'c');
  const Digest digest = sha256(as_bytes(content));
  EXPECT_TRUE(must(uploads().announce(alice_, digest, 1000, ObjectKind::kCiphertext)).is_new);
  {
    const auto append = must(uploads().append(alice_, digest, 0));
    must(append->write(as_bytes(content).first(300)));
    EXPECT_EQ(must(append->finish()).offset, 300u);
  }
  {
    const auto append = must(uploads().append(alice_, digest, 300));
    must(append->write(as_bytes(content).first(100)));
    must(append->keep());
  }
  {
    const auto lost = must(uploads().append(alice_, digest, 400));
    must(lost->write(as_bytes(content).first(50)));  // never acknowledged
  }
  restart();
  EXPECT_EQ(must(uploads().status(alice_, digest)).offset, 400u);
  EXPECT_TRUE(must(send(content, ObjectKind::kCiphertext)).complete);
  EXPECT_EQ(as_text(must(uploads().read(alice_, digest))->view()), content);
  EXPECT_FALSE(must(uploads().announce(alice_, digest, 1000, ObjectKind::kCiphertext)).is_new);
}

TEST_F(Server, RefusesWhatDoesNotBelongIntoAnUpload) {
  const Digest digest = sha256(as_bytes("content"));
  EXPECT_EQ(uploads().append(alice_, digest, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(uploads().announce(alice_, digest, 0, ObjectKind::kProgram).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(uploads().announce(alice_, digest, 7, ObjectKind::kState).error().code,
            ErrorCode::kInvalidArgument);
  const std::uint64_t above = limits_.max_ciphertext_bytes + 1;
  EXPECT_EQ(uploads().announce(alice_, digest, above, ObjectKind::kCiphertext).error().code,
            ErrorCode::kLimit);
  (void)must(uploads().announce(alice_, digest, 7, ObjectKind::kProgram));
  EXPECT_EQ(uploads().announce(alice_, digest, 8, ObjectKind::kProgram).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(uploads().append(alice_, digest, 3).error().code, ErrorCode::kConflict);
  const auto append = must(uploads().append(alice_, digest, 0));
  EXPECT_EQ(uploads().append(alice_, digest, 0).error().code, ErrorCode::kConflict);
  EXPECT_EQ(append->write(as_bytes("content!")).error().code, ErrorCode::kLimit);
}

TEST_F(Server, StartsAgainAfterAWrongDigestAndForgetsWhatDoesNotParse) {
  const Digest digest = sha256(as_bytes("content"));
  (void)must(uploads().announce(alice_, digest, 7, ObjectKind::kProgram));
  {
    const auto append = must(uploads().append(alice_, digest, 0));
    must(append->write(as_bytes("CONTENT")));
    EXPECT_EQ(append->finish().error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(must(uploads().status(alice_, digest)).offset, 0u);
  EXPECT_TRUE(must(send("content", ObjectKind::kProgram)).complete);

  EXPECT_EQ(send("bad bytes", ObjectKind::kProgram).error().code, ErrorCode::kParse);
  EXPECT_EQ(uploads().status(alice_, sha256(as_bytes("bad bytes"))).error().code,
            ErrorCode::kNotFound);
}

TEST_F(Server, LimitsTheUploadsOfOneAccountAtOnce) {
  std::vector<std::unique_ptr<Append>> open;
  for (int i = 0; i <= limits_.max_uploads_per_account; ++i) {
    const std::string content = "content " + std::to_string(i);
    const Digest digest = sha256(as_bytes(content));
    for (const store::AccountId account : {alice_, bob_}) {
      (void)must(uploads().announce(account, digest, content.size(), ObjectKind::kProgram));
    }
    auto append = uploads().append(alice_, digest, 0);
    EXPECT_EQ(append.has_value(), i < limits_.max_uploads_per_account);
    EXPECT_TRUE(uploads().append(bob_, digest, 0).has_value());
    if (append) open.push_back(std::move(*append));
  }
}

TEST_F(Server, HidesAnObjectFromAccountsThatDidNotSendIt) {
  const Digest digest = hold("content", ObjectKind::kProgram);
  EXPECT_EQ(uploads().read(bob_, digest).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(must(uploads().announce(bob_, digest, 7, ObjectKind::kProgram)).complete);
  EXPECT_TRUE(must(send("content", ObjectKind::kProgram, bob_)).complete);
}

TEST_F(Server, RunsAProgramOnceAndReusesItsStates) {
  const store::Twin subject = twin();
  const RunView first = finished(start(subject, "first"));
  const RunView second = finished(start(subject, "second"));
  EXPECT_EQ(first.run.state, RunState::kDone);
  EXPECT_FALSE(first.run.timing.basis_reused);
  EXPECT_TRUE(second.run.timing.basis_reused);
  Digest digest;
  const auto result = must(service_->runs().result(alice_, first.run.id, digest));
  EXPECT_EQ(sha256(result->view()), digest);
  EXPECT_EQ(service_->runs().result(bob_, first.run.id, digest).error().code, ErrorCode::kNotFound);
}

TEST_F(Server, RefusesARunThatDoesNotFit) {
  const Named keys{{"relinearization", key("relinearization")}};
  const Digest feature = hold("feature key:1", ObjectKind::kCiphertext);
  const Digest foreign = hold("feature key:2", ObjectKind::kCiphertext);
  EXPECT_EQ(create("t", keys, {{"x", foreign}}).error().code, ErrorCode::kMismatch);
  const store::Twin odd = must(create("t", keys, {{"missing", feature}}));
  const Digest program = hold("program", ObjectKind::kProgram);
  EXPECT_EQ(service_->runs().start(alice_, odd.id, program).error().code, ErrorCode::kMismatch);
  EXPECT_EQ(service_->runs().start(bob_, odd.id, program).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(must(service_->runs().list(alice_)).empty());
}

TEST_F(Server, NamesTheKeyThatDoesNotBelongToATwin) {
  const Named features{{"ka", hold("feature key:1", ObjectKind::kCiphertext)}};
  const Digest fine = key("rotation 1");
  const Digest absent = sha256(as_bytes("nobody sent it"));
  const auto refusal = [&](const std::string& name, const Digest& digest) {
    return create("t", {{"conjugation", key("conjugation")}, {name, digest}}, features).error();
  };
  struct Case {
    std::string name;
    Digest digest;
    ErrorCode code;
    std::string part;
  };
  const Case cases[] = {
      {"rotation 2", fine, ErrorCode::kMismatch, "is a key for \"rotation 1\""},
      {"relinearization", features.at("ka"), ErrorCode::kMismatch, "kind ciphertext"},
      {"rotation 1", absent, ErrorCode::kNotFound, absent.hex()},
      {"rotation 3", hold("for:rotation 3; key:2", ObjectKind::kEvaluationKey),
       ErrorCode::kMismatch, "secret key 2"},
      {"rotation 4", hold("for:rotation 4; key:1 set:2", ObjectKind::kEvaluationKey),
       ErrorCode::kMismatch, "parameter set other"},
  };
  for (const Case& each : cases) {
    const Error error = refusal(each.name, each.digest);
    EXPECT_EQ(error.code, each.code) << error.message;
    EXPECT_NE(error.message.find("\"" + each.name + "\""), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(each.part), std::string::npos) << error.message;
  }
  EXPECT_EQ(refusal("rotation\n1", fine).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(send("for:all; key:1", ObjectKind::kEvaluationKeys).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(create("t", {}, features)) << "a program may need no key";
}

TEST_F(Server, TakesAsManyKeysAsTheLimitAndNotOneMore) {
  EXPECT_EQ(limits_.max_evaluation_keys, 1026);
  limits_.max_evaluation_keys = 3;
  restart();
  const Named features{{"ka", hold("feature key:1", ObjectKind::kCiphertext)}};
  Named keys;
  for (int i = 1; i <= 4; ++i) {
    const std::string name = "rotation " + std::to_string(i);
    keys[name] = key(name);
    const auto made = create("t", keys, features);
    EXPECT_EQ(made.has_value(), i <= 3);
    if (!made) {
      EXPECT_EQ(made.error().code, ErrorCode::kLimit);
      EXPECT_NE(made.error().message.find("4 evaluation keys, the limit is 3"), std::string::npos);
    }
  }
}

TEST_F(Server, ErasesTheKeysOfATwinButThoseThatAnotherUses) {
  const Digest shared = key("relinearization");
  const Digest own = key("rotation 1");
  const Digest feature = hold("feature key:1", ObjectKind::kCiphertext);
  const store::Twin one =
      must(create("one", {{"relinearization", shared}, {"rotation 1", own}}, {{"ka", feature}}));
  const store::Twin two = must(create("two", {{"relinearization", shared}}, {{"ka", feature}}));

  must(service_->twins().erase(alice_, one.id));

  EXPECT_TRUE(uploads().read(alice_, shared));
  EXPECT_EQ(uploads().read(alice_, own).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(context_->objects->list()).size(), 2u);
  EXPECT_EQ(finished(start(two)).run.state, RunState::kDone);
}

TEST_F(Server, CancelsARunningRun) {
  executor_->held = true;
  const RunView run = start(twin());
  wait_until_started(1);
  must(service_->runs().cancel(alice_, run.run.id));
  EXPECT_EQ(finished(run).run.state, RunState::kCancelled);
  executor_->held = false;
  EXPECT_EQ(finished(start(twin("other"))).run.state, RunState::kDone);
  EXPECT_EQ(shown(run).run.state, RunState::kCancelled);
}

TEST_F(Server, QueuesARunAgainWhenItStopsAndFinishesItAfterwards) {
  executor_->held = true;
  const RunView run = start(twin());
  wait_until_started(1);
  service_->stop();
  EXPECT_EQ(shown(run).run.state, RunState::kQueued);
  executor_->held = false;
  restart();
  const RunView done = finished(run);
  EXPECT_EQ(done.run.state, RunState::kDone);
  EXPECT_EQ(done.run.attempts, 1);
}

TEST_F(Server, ADefectFailsTheRunAndNotTheServer) {
  executor_->throws = true;
  const RunView run = finished(start(twin()));
  EXPECT_EQ(run.run.state, RunState::kFailed);
  EXPECT_EQ(run.run.error_code, "io");
  executor_->throws = false;
  EXPECT_EQ(finished(start(twin("other"))).run.state, RunState::kDone);
}

TEST_F(Server, GivesUpARunThatKillsTheServerEveryTime) {
  const store::Twin subject = twin();
  service_->stop();
  const RunView run = start(subject);
  limits_.max_attempts = 3;
  for (int i = 0; i < 3; ++i) {  // a claim without an end is a death
    (void)must(context_->ledger->runs().claim("dead", 1000, now_));
    must(recover(*context_));
  }
  restart();
  const RunView given_up = finished(run);
  EXPECT_EQ(given_up.run.state, RunState::kFailed);
  EXPECT_EQ(given_up.run.error_code, "limit");
}

TEST_F(Server, WakesWatchersUntilTheRunEnds) {
  executor_->held = true;
  const RunView run = start(twin());
  std::atomic<int> woken = 0;
  {
    const auto watch = must(service_->runs().watch(alice_, run.run.id, [&] { ++woken; }));
    EXPECT_EQ(service_->runs().watch(bob_, run.run.id, [] {}).error().code, ErrorCode::kNotFound);
    wait_until_started(1);
    while (shown(run).progress.fraction < 0.5) std::this_thread::yield();
    EXPECT_EQ(shown(run).progress.stage, "basis");
    executor_->held = false;
    EXPECT_EQ(finished(run).progress.fraction, 1);
  }
  EXPECT_GT(woken, 0);
}

TEST_F(Server, ErasesATwinDownToItsBytesAlsoWhileItRuns) {
  executor_->held = true;
  const store::Twin subject = twin();
  const RunView run = start(subject);
  wait_until_started(1);
  must(service_->twins().erase(alice_, subject.id));
  executor_->held = false;
  service_->stop();
  EXPECT_EQ(service_->runs().show(alice_, run.run.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(service_->twins().erase(alice_, subject.id).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(must(context_->objects->list()).size(), 1u);  // the program
  EXPECT_EQ(must(check_data(*context_->ledger, *context_->objects)), 1u);
}

TEST_F(Server, SweepsWhatADeadServerLeft) {
  (void)must(context_->objects->put(as_bytes("an object that no row names")));
  const store::UploadName nameless{.account = 99, .digest = sha256(as_bytes("partial"))};
  must(must(context_->objects->resume(nameless, 0))->write(as_bytes("part")));
  const Digest stale = sha256(as_bytes("stale"));
  (void)must(uploads().announce(alice_, stale, 5, ObjectKind::kProgram));
  now_ += limits_.stale_upload_ms + 1;
  restart();
  EXPECT_TRUE(must(context_->objects->list()).empty());
  EXPECT_TRUE(must(context_->objects->partials()).empty());
  EXPECT_EQ(uploads().status(alice_, stale).error().code, ErrorCode::kNotFound);
}

TEST_F(Server, NoticesBytesThatChangedOnDisk) {
  const Digest digest = hold("content", ObjectKind::kProgram);
  const std::string hex = digest.hex();
  must(write_file(folder_ / "objects" / hex.substr(0, 2) / hex.substr(2), as_bytes("CONTENT")));
  const auto checked = check_data(*context_->ledger, *context_->objects);
  EXPECT_EQ(checked.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(checked.error().message.find(hex), std::string::npos);
}

TEST_F(Server, KeepsManyClientsApartUnderLoad) {
  restart(3);
  (void)hold("program", ObjectKind::kProgram);
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([this, c] {
      for (int i = 0; i < 5; ++i) {
        const std::string name = "s" + std::to_string(c) + "-" + std::to_string(i);
        const store::Twin subject = twin(name);
        EXPECT_EQ(finished(start(subject)).run.state, RunState::kDone);
        if (i % 2 == 0) must(service_->twins().erase(alice_, subject.id));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_GT(must(check_data(*context_->ledger, *context_->objects)), 8u);
}

TEST_F(Server, GivesAReceiptWithEveryResult) {
  const store::Twin subject = twin();
  const RunView done = finished(start(subject));
  ASSERT_EQ(done.run.state, RunState::kDone);
  const auto proof = must(tlog::parse_proof(must(service_->runs().receipt(alice_, done.run.id))));
  tlog::Policy policy;
  policy.logs.push_back({must(tlog::VerifierKey::parse(service_->journal().key())), ""});
  const receipt::Receipt receipt = must(receipt::verify_receipt(
      proof, policy,
      {.run = done.run.id,
       .twin = subject.pseudonym,
       .twin_version = 1,
       .content = receipt::twin_content(subject.evaluation_keys, subject.features),
       .program = done.run.program,
       .result = *done.run.result}));
  EXPECT_EQ(receipt.actor, must(context_->ledger->accounts().find(alice_)).pseudonym);
  EXPECT_EQ(service_->runs().receipt(bob_, done.run.id).error().code, ErrorCode::kNotFound);
}

TEST_F(Server, LogsVersionsRunsAndErasuresUnderAPseudonymThatGoesWithTheTwin) {
  const store::Twin subject = twin();
  (void)finished(start(subject));
  (void)twin();
  std::vector<std::string> kinds;
  for (const store::LogRow& row : must(service_->twins().history(alice_, subject.id))) {
    kinds.push_back(row.entry.substr(0, row.entry.find(' ', 20)));
    EXPECT_NE(row.entry.find(subject.pseudonym.hex()), std::string::npos);
    EXPECT_EQ(row.entry.find(subject.id), std::string::npos);
    EXPECT_EQ(row.entry.find("subject"), std::string::npos) << "no name is logged";
  }
  EXPECT_EQ(kinds.size(), 3u);
  EXPECT_EQ(service_->twins().history(bob_, subject.id).error().code, ErrorCode::kNotFound);
  must(service_->twins().erase(alice_, subject.id));
  EXPECT_EQ(service_->twins().history(alice_, subject.id).error().code, ErrorCode::kNotFound);
  const auto entries = must(context_->ledger->log().of_twin(subject.pseudonym));
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(must(receipt::parse_event(entries.back().entry)).type, receipt::Event::Type::kErasure);
  EXPECT_NE(twin().pseudonym, subject.pseudonym) << "a new twin of that name is another one";
}

TEST_F(Server, DoesNothingThatItCannotLog) {
  const store::Twin subject = twin();
  (void)finished(start(subject));
  must(context_->journal->flush());
  fs::rename(folder_ / "log", folder_ / "away");
  const auto refused = create("another", {}, {{"ka", subject.features.at("ka")}});
  // The first change finds nothing to append; its own entry waits, and the next change is refused.
  EXPECT_TRUE(refused.has_value()) << refused.error().message;
  const auto again = create("a third", {}, {{"ka", subject.features.at("ka")}});
  ASSERT_FALSE(again.has_value());
  EXPECT_NE(again.error().message.find("transparency log cannot be written"), std::string::npos);
  EXPECT_FALSE(service_->runs()
                   .start(alice_, subject.id, hold("other program", ObjectKind::kProgram))
                   .has_value());
  fs::remove_all(folder_ / "log");
  fs::rename(folder_ / "away", folder_ / "log");
  EXPECT_TRUE(create("a third", {}, {{"ka", subject.features.at("ka")}}).has_value());
  EXPECT_EQ(must(check_log(folder_, context_->ledger->log())), 4u);
}

}  // namespace
}  // namespace salus::service
