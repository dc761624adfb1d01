// Goal:   whenever the process dies or a step fails, the log opens again with every acknowledged
//         entry, audits, and is consistent with every checkpoint that it ever signed.
// Method: a run of appends that fills tiles on two levels, stopped before each of its steps: by an
//         exception over files in memory (which keep all, only the durable, or some of the rest),
//         by an error, and by SIGKILL in a child process on the disk. Recovery is stopped as well.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tlog/auditor.h"
#include "tlog/directory.h"
#include "tlog/log.h"
#include "tlog/testing/built_log.h"
#include "tlog/testing/memory_files.h"

namespace salus::tlog {
namespace {

namespace fs = std::filesystem;
using test::Crash;
using test::CrashKind;
using test::Disk;
using test::MemoryFiles;

constexpr std::string_view kSigner =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::array<std::uint64_t, 5> kBatches = {2, 1, 253, 1, 300};

Signer signer() { return must(Signer::parse(kSigner)); }

/// Entries of run `run`: another run writes others to the same places.
std::vector<Bytes> batch(int run, std::uint64_t first, std::uint64_t count) {
  std::vector<Bytes> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string text = "run " + std::to_string(run) + " " + std::to_string(first + i);
    out.push_back(to_bytes(as_bytes(text)));
  }
  return out;
}

/// All batches, counting in `acknowledged` what append has returned for.
Status run_all(std::unique_ptr<LogFiles> files, std::uint64_t& acknowledged) {
  Result<Log> log = Log::create(std::move(files), signer());
  if (!log) return log.error();
  for (const std::uint64_t count : kBatches) {
    const Result<Log::Appended> appended = log->append(batch(1, acknowledged, count));
    if (!appended) return appended.error();
    acknowledged += count;
  }
  return {};
}

/// The log as it was left, or a new one where creating it had not come far enough.
Result<Log> recover(Disk& disk) {
  Result<Log> log = Log::open(std::make_unique<MemoryFiles>(disk), signer());
  if (log || log.error().code != ErrorCode::kNotFound) return log;
  return Log::create(std::make_unique<MemoryFiles>(disk), signer());
}

/// Opens, compares, appends and audits; everything has to hold.
void expect_recovered(Disk& disk, std::uint64_t acknowledged) {
  Result<Log> log = recover(disk);
  ASSERT_TRUE(log) << log.error().message;
  const std::uint64_t size = log->head().size;
  ASSERT_GE(size, acknowledged);
  const std::vector<Bytes> entries = batch(1, 0, size);
  for (std::uint64_t i = 0; i < size; ++i) ASSERT_EQ(must(log->entry(i)), entries[i]);
  ASSERT_TRUE(audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads));

  must(log->append(batch(2, size, 3)));
  must(log->append(batch(2, size + 3, 260)));
  const Result<Checkpoint> after = audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->head.size, size + 263);
}

/// Whether the run dies before its step `k`; the disk is left as the crash leaves it.
bool crash_run(Disk& disk, std::uint64_t k, CrashKind kind, std::uint64_t& acknowledged) {
  disk.crash_at = k;
  bool died = false;
  try {
    must(run_all(std::make_unique<MemoryFiles>(disk), acknowledged));
  } catch (const Crash&) {
    died = true;
  }
  disk.crash(kind, k);
  disk.crash_at = ~std::uint64_t{0};
  return died;
}

class LogCrash : public ::testing::TestWithParam<CrashKind> {};

TEST_P(LogCrash, AtEveryStepLosesNothingAcknowledged) {
  std::uint64_t k = 1;
  for (bool died = true; died; ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    Disk disk;
    std::uint64_t acknowledged = 0;
    died = crash_run(disk, k, GetParam(), acknowledged);
    expect_recovered(disk, acknowledged);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(k, 80u) << "the run has many steps";
}

TEST_P(LogCrash, DuringRecoveryLosesNothingEither) {
  std::uint64_t interrupted = 0;
  bool died = true;
  for (std::uint64_t k = 1; died; ++k) {
    bool stopped = true;
    for (std::uint64_t j = 1; stopped; ++j) {
      SCOPED_TRACE("step " + std::to_string(k) + ", of recovery " + std::to_string(j));
      Disk disk;
      std::uint64_t acknowledged = 0;
      died = crash_run(disk, k, GetParam(), acknowledged);
      disk.crash_at = disk.steps + j;
      stopped = false;
      try {
        ASSERT_TRUE(recover(disk));
      } catch (const Crash&) {
        stopped = true;
        ++interrupted;
      }
      disk.crash(GetParam(), j);
      disk.crash_at = ~std::uint64_t{0};
      if (stopped) expect_recovered(disk, acknowledged);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(interrupted, 20u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, LogCrash,
                         ::testing::Values(CrashKind::kKill, CrashKind::kPowerLoss,
                                           CrashKind::kMixed));

TEST(LogFault, AFailingStepIsAnErrorAndLosesNothing) {
  bool failed = true;
  for (std::uint64_t k = 1; failed; ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    Disk disk;
    disk.fail_at = k;
    std::uint64_t acknowledged = 0;
    const Status status = run_all(std::make_unique<MemoryFiles>(disk), acknowledged);
    failed = disk.steps >= k;
    disk.fail_at = ~std::uint64_t{0};
    EXPECT_TRUE(status || status.error().code == ErrorCode::kNoSpace);
    expect_recovered(disk, acknowledged);
    if (HasFatalFailure()) return;
  }
}

TEST(LogFault, ALogGoesOnAfterAFailedAppendOrAsksToBeOpened) {
  bool failed = true;
  std::uint64_t refused = 0;
  for (std::uint64_t k = 1; failed; ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    Disk disk;
    Log log = must(Log::create(std::make_unique<MemoryFiles>(disk), signer()));
    must(log.append(batch(1, 0, 250)));
    disk.fail_at = disk.steps + k;
    failed = !log.append(batch(1, 250, 10));
    const Result<Log::Appended> next = log.append(batch(2, 250, 300));
    if (!next) {
      EXPECT_EQ(next.error().code, ErrorCode::kConflict);
      ++refused;
    }
    const Result<Log> again = recover(disk);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->head().size >= 550, next.has_value());
    EXPECT_TRUE(audit_log(MemoryFiles(disk), signer().key(), disk.signed_heads));
  }
  EXPECT_GE(refused, 6u) << "the steps of storing state and checkpoint";
}

/// The disk's files, dying by SIGKILL in place of step `k`.
class KilledFiles : public LogFiles {
 public:
  KilledFiles(std::unique_ptr<LogFiles> files, std::uint64_t k)
      : files_(std::move(files)), left_(k) {}

  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override {
    return files_->read(path, limit_bytes);
  }
  Status write(const std::string& path, ByteView content) override {
    if (left_ == 1) (void)files_->write(path, content.first(content.size() / 2));
    return step(), files_->write(path, content);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return step(), files_->rename(from, to);
  }
  Status make_directory(const std::string& path) override {
    return step(), files_->make_directory(path);
  }
  Status sync_directory(const std::string& path) override {
    return step(), files_->sync_directory(path);
  }
  Status remove_directory(const std::string& path) override {
    return step(), files_->remove_directory(path);
  }

 private:
  void step() {
    if (--left_ == 0) ::kill(::getpid(), SIGKILL);
  }
  std::unique_ptr<LogFiles> files_;
  std::uint64_t left_;
};

/// Appends in a child that dies at its step `k`, writing how many entries are acknowledged into a
/// pipe after each append. Returns whether it died, and the last count.
bool run_in_child(const fs::path& folder, std::uint64_t k, std::uint64_t& acknowledged) {
  std::array<int, 2> ends{};
  check(::pipe(ends.data()) == 0, "a pipe");
  const pid_t child = ::fork();
  check(child >= 0, "a child");
  if (child == 0) {
    Result<std::unique_ptr<LogFiles>> files = open_log_files(folder);
    Result<Log> log = Log::create(std::make_unique<KilledFiles>(std::move(*files), k), signer());
    std::uint64_t size = 0;
    for (const std::uint64_t count : {2, 254, 3}) {
      if (!log || !log->append(batch(1, size, count))) ::_exit(1);
      size += count;
      if (::write(ends[1], &size, sizeof size) != sizeof size) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  while (::read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
  }
  ::close(ends[0]);
  int status = 0;
  check(::waitpid(child, &status, 0) == child, "the child's end");
  check(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "a child that dies or succeeds");
  return WIFSIGNALED(status);
}

TEST(LogKillSlow, AtEveryStepOnDiskLosesNothingAcknowledged) {
  const fs::path folder = fs::temp_directory_path() / ("salus-kill-" + to_hex(random_seed()));
  std::uint64_t k = 1;
  for (bool died = true; died; ++k) {
    SCOPED_TRACE("step " + std::to_string(k));
    fs::create_directory(folder);
    std::uint64_t acknowledged = 0;
    died = run_in_child(folder, k, acknowledged);
    std::vector<std::string> older;
    const Result<Bytes> note = DirectoryReader(folder).read("checkpoint", kMaxNoteBytes);
    if (note) older.emplace_back(as_text(*note));

    const bool made = fs::exists(folder / "state");
    Result<Log> log = made ? Log::open(folder, signer()) : Log::create(folder, signer());
    ASSERT_TRUE(log) << log.error().message;
    ASSERT_GE(log->head().size, acknowledged);
    must(log->append(batch(2, log->head().size, 5)));
    const Result<Checkpoint> after = audit_log(DirectoryReader(folder), signer().key(), older);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->head, log->head());
    fs::remove_all(folder);
  }
  EXPECT_GT(k, 60u) << "the run has many steps";
}

}  // namespace
}  // namespace salus::tlog
