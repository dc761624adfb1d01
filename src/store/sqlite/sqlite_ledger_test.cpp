// Goal:   the SQLite driver's own promises: versions, full disks, failing disks.
// Method: a database from the future; a VFS whose n-th write or sync fails, for n = 1, 2, ... until
//         the operation succeeds, after which the database is opened again and must be sound.
#include "store/sqlite/sqlite_ledger.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstring>
#include <filesystem>

#include "base/random.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"

namespace salus::store {
namespace {

/// Passes every call on to the system's VFS, except the n-th write, sync or truncate.
struct Shim {
  static inline int fail_at = 0;  ///< 0: never
  static inline int calls = 0;
  static inline int failure = SQLITE_IOERR_WRITE;
  static inline sqlite3_vfs* real = nullptr;
  static inline sqlite3_vfs vfs{};
  static inline sqlite3_io_methods methods{};

  struct File {
    sqlite3_file base;
    sqlite3_file* inner;
  };
  static sqlite3_file* inner(sqlite3_file* file) { return reinterpret_cast<File*>(file)->inner; }
  static bool fails() { return ++calls == fail_at; }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* shim = reinterpret_cast<File*>(file);
    shim->inner = reinterpret_cast<sqlite3_file*>(shim + 1);
    const int opened = real->xOpen(real, name, shim->inner, flags, out);
    shim->base.pMethods = opened == SQLITE_OK ? &methods : nullptr;
    return opened;
  }

  static void install() {
    if (real != nullptr) return;
    real = sqlite3_vfs_find(nullptr);
    vfs = *real;
    vfs.zName = "shim";
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs.xOpen = open;
    methods.iVersion = 3;
    methods.xClose = [](sqlite3_file* f) { return inner(f)->pMethods->xClose(inner(f)); };
    methods.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
      return inner(f)->pMethods->xRead(inner(f), to, n, at);
    };
    methods.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
      return fails() ? failure : inner(f)->pMethods->xWrite(inner(f), from, n, at);
    };
    methods.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
      return fails() ? failure : inner(f)->pMethods->xTruncate(inner(f), size);
    };
    methods.xSync = [](sqlite3_file* f, int flags) {
      return fails() ? failure : inner(f)->pMethods->xSync(inner(f), flags);
    };
    methods.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
      return inner(f)->pMethods->xFileSize(inner(f), size);
    };
    methods.xLock = [](sqlite3_file* f, int l) { return inner(f)->pMethods->xLock(inner(f), l); };
    methods.xUnlock = [](sqlite3_file* f, int l) {
      return inner(f)->pMethods->xUnlock(inner(f), l);
    };
    methods.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
    };
    methods.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      return inner(f)->pMethods->xFileControl(inner(f), op, arg);
    };
    methods.xSectorSize = [](sqlite3_file* f) { return inner(f)->pMethods->xSectorSize(inner(f)); };
    methods.xDeviceCharacteristics = [](sqlite3_file* f) {
      return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
    };
    methods.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      return inner(f)->pMethods->xShmMap(inner(f), page, size, extend, out);
    };
    methods.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
      return inner(f)->pMethods->xShmLock(inner(f), offset, n, flags);
    };
    methods.xShmBarrier = [](sqlite3_file* f) { inner(f)->pMethods->xShmBarrier(inner(f)); };
    methods.xShmUnmap = [](sqlite3_file* f, int drop) {
      return inner(f)->pMethods->xShmUnmap(inner(f), drop);
    };
    methods.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int n, void** out) {
      return inner(f)->pMethods->xFetch(inner(f), at, n, out);
    };
    methods.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* page) {
      return inner(f)->pMethods->xUnfetch(inner(f), at, page);
    };
    sqlite3_vfs_register(&vfs, 1);
  }
};

class SqliteLedger : public testing::Test {
 protected:
  void SetUp() override {
    const Seed random = random_seed();
    folder_ =
        std::filesystem::temp_directory_path() / ("salus-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(folder_);
    Shim::install();
    Shim::fail_at = 0;
  }
  void TearDown() override {
    Shim::fail_at = 0;
    std::filesystem::remove_all(folder_);
  }
  std::filesystem::path file() const { return folder_ / "ledger.sqlite"; }

  static Status announce(Ledger& ledger, AccountId account, int number) {
    const auto done =
        ledger.objects().begin_upload({.account = account,
                                       .digest = sha256(as_bytes(std::to_string(number))),
                                       .kind = ObjectKind::kCiphertext,
                                       .bytes = 10,
                                       .offset = 0,
                                       .updated_at = 0},
                                      1);
    if (!done) return done.error();
    return {};
  }

  /// Announces uploads while the n-th write fails; afterwards exactly those that succeeded are
  /// there.
  void fail_every_write(int failure, ErrorCode expected) {
    Shim::failure = failure;
    const AccountId account = [&] {
      auto ledger = must(open_sqlite_ledger(file()));
      return must(ledger->accounts().add(
                      {.name = "a", .token_hash = sha256({}), .quota_bytes = 100'000}, 1))
          .id;
    }();
    std::size_t promised = 0;
    for (int n = 1;; ++n) {
      SCOPED_TRACE("write " + std::to_string(n) + " fails");
      ASSERT_LT(n, 200);
      auto ledger = must(open_sqlite_ledger(file()));
      Shim::calls = 0;
      Shim::fail_at = n;
      const Status done = announce(*ledger, account, n);
      const bool reached = Shim::calls >= n;
      Shim::fail_at = 0;
      if (!done) {
        EXPECT_EQ(done.error().code, expected) << done.error().message;
      }
      promised += done ? 1 : 0;
      ledger.reset();
      auto again = must(open_sqlite_ledger(file()));
      must(again->check_integrity());
      EXPECT_GE(must(again->objects().uploads()).size(), promised);
      if (done && !reached) break;
    }
  }

  std::filesystem::path folder_;
};

TEST_F(SqliteLedger, RefusesADatabaseOfANewerVersion) {
  (void)must(open_sqlite_ledger(file()));
  {
    const auto database = must(Database::open(file()));
    must(database->run_script("PRAGMA user_version=" + std::to_string(kSchemaVersion + 1)));
  }
  const auto refused = open_sqlite_ledger(file());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kVersion);
}

// A database that a salusd of version 1 left: a twin with one object of keys and a queued run, an
// upload of keys that had not ended.
void write_version_1(const std::filesystem::path& file) {
  const auto database = must(Database::open(file));
  must(migrate(*database, 1));
  std::string rows = R"sql(
    INSERT INTO accounts VALUES (1, 'alice', x'00', 1000, 1);
    INSERT INTO objects VALUES (x'#01', 10, 1), (x'#02', 20, 1), (x'#03', 30, 1);
    INSERT INTO holdings VALUES (1, x'#01', 'evaluation_keys', 'p', 'k', 1),
      (1, x'#02', 'ciphertext', 'p', 'k', 1), (1, x'#03', 'program', 'p', '', 1);
    INSERT INTO twins VALUES ('tw_1', 1, 'subject', 1, 1);
    INSERT INTO twin_versions VALUES ('tw_1', 1, x'#01', 'p', 1);
    INSERT INTO twin_features VALUES ('tw_1', 1, 'ka', x'#02');
    INSERT INTO runs (id, account, twin, twin_version, program, state, created_at, updated_at)
      VALUES ('r_1', 1, 'tw_1', 1, x'#03', 'queued', 1, 1);
    INSERT INTO uploads VALUES (1, x'#04', 'evaluation_keys', 10, 0, 1),
      (1, x'#05', 'ciphertext', 10, 5, 1);
  )sql";
  for (std::size_t at = rows.find('#'); at != std::string::npos; at = rows.find('#')) {
    rows.replace(at, 1, std::string(62, '0'));  // digests are 32 bytes; the last one tells them
  }
  must(database->run_script(rows));
}

Digest numbered(int number) {
  Digest digest;
  digest.bytes[31] = static_cast<std::byte>(number);
  return digest;
}

TEST_F(SqliteLedger, TakesUpADatabaseOfVersionOneWithItsTwinsAndRuns) {
  write_version_1(file());

  auto ledger = must(open_sqlite_ledger(file()));

  must(ledger->check_integrity());
  const Twin twin = *must(ledger->twins().find(1, "tw_1"));
  EXPECT_EQ(twin.evaluation_keys,
            (std::map<std::string, Digest>{{std::string(kWholeKeySet), numbered(1)}}));
  EXPECT_EQ(twin.features.at("ka"), numbered(2));
  EXPECT_EQ(must(ledger->runs().list(1)).front().state, RunState::kQueued);
  EXPECT_EQ(must(ledger->objects().find(1, numbered(1)))->kind, ObjectKind::kEvaluationKeys);
  EXPECT_EQ(must(ledger->objects().find(1, numbered(2)))->facts.purpose, "");
  ASSERT_EQ(must(ledger->objects().uploads()).size(), 1u);
  EXPECT_EQ(must(ledger->objects().uploads()).front().digest, numbered(5));
  EXPECT_TRUE(must(ledger->objects().garbage()).empty());
  EXPECT_NE(twin.pseudonym, Digest());
  EXPECT_EQ(must(ledger->log().count()), 0u);
  must(ledger->twins().erase(1, "tw_1", [](const Twin&) { return "erased"; }));
  EXPECT_EQ(must(ledger->objects().garbage()).size(), 2u) << "its keys and its feature";
}

TEST_F(SqliteLedger, IsOfOneVersionWheneverTheMigrationBreaksOff) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE("write " + std::to_string(n) + " fails");
    ASSERT_LT(n, 200);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    write_version_1(file());
    Shim::failure = SQLITE_IOERR_WRITE;
    Shim::calls = 0;
    Shim::fail_at = n;
    const bool opened = open_sqlite_ledger(file()).has_value();
    const bool reached = Shim::calls >= n;
    Shim::fail_at = 0;
    auto again = must(open_sqlite_ledger(file()));
    must(again->check_integrity());
    EXPECT_EQ(must(again->twins().find(1, "tw_1"))->evaluation_keys.size(), 1u);
    if (opened && !reached) break;
  }
}

TEST_F(SqliteLedger, RefusesAFileThatIsNoDatabase) {
  FILE* out = std::fopen(file().c_str(), "w");
  ASSERT_NE(out, nullptr);
  for (int i = 0; i < 1000; ++i) std::fputs("not a database ", out);
  std::fclose(out);
  const auto refused = open_sqlite_ledger(file());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kCorrupt);
}

TEST_F(SqliteLedger, IsSoundAfterAnyWriteThatFailed) {
  fail_every_write(SQLITE_IOERR_WRITE, ErrorCode::kIo);
}

TEST_F(SqliteLedger, SaysNoSpaceOnAFullDiskAndStaysSound) {
  fail_every_write(SQLITE_FULL, ErrorCode::kNoSpace);
}

}  // namespace
}  // namespace salus::store
