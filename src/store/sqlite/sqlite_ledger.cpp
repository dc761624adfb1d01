#include "store/sqlite/sqlite_ledger.h"

#include "base/random.h"
#include "store/sqlite/parts.h"
#include "store/sqlite/schema.h"

namespace salus::store {
namespace {

class SqliteLedger final : public Ledger {
 public:
  explicit SqliteLedger(std::unique_ptr<Database> database)
      : database_(std::move(database)),
        accounts_(*database_),
        objects_(*database_, accounts_),
        twins_(*database_),
        runs_(*database_),
        log_(*database_) {}

  AccountLedger& accounts() override { return accounts_; }
  ObjectLedger& objects() override { return objects_; }
  TwinLedger& twins() override { return twins_; }
  RunLedger& runs() override { return runs_; }
  LogLedger& log() override { return log_; }

  Status check_integrity() override {
    const Result<Rows> structure = database_->query("PRAGMA integrity_check(10)");
    if (!structure) return structure.error();
    if (structure->front().text(0) != "ok") {
      return Error{ErrorCode::kCorrupt, "database: " + structure->front().text(0)};
    }
    const Result<Rows> dangling = database_->query("PRAGMA foreign_key_check");
    if (!dangling) return dangling.error();
    if (!dangling->empty()) {
      return Error{ErrorCode::kCorrupt, "database: a row of " + dangling->front().text(0) +
                                            " names a missing row of " + dangling->front().text(2)};
    }
    const Result<Rows> results = database_->query(
        "SELECT count(*) FROM runs LEFT JOIN results ON results.run = runs.id"
        " WHERE (runs.state = 'done') <> (results.run IS NOT NULL)");
    if (!results) return results.error();
    if (results->front().integer(0) != 0) {
      return Error{ErrorCode::kCorrupt, "database: " + std::to_string(results->front().integer(0)) +
                                            " runs whose state and result disagree"};
    }
    const Result<Rows> entries =
        database_->query("SELECT count(*), coalesce(max(number) + 1, 0) FROM log_entries");
    if (!entries) return entries.error();
    if (entries->front().integer(0) != entries->front().integer(1)) {
      return Error{ErrorCode::kCorrupt, "database: the log's entries have gaps: there are " +
                                            std::to_string(entries->front().integer(0)) +
                                            ", the last one is number " +
                                            std::to_string(entries->front().integer(1) - 1)};
    }
    return {};
  }

 private:
  std::unique_ptr<Database> database_;
  SqliteAccounts accounts_;
  SqliteObjects objects_;
  SqliteTwins twins_;
  SqliteRuns runs_;
  SqliteLog log_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const std::filesystem::path& path) {
  Result<std::unique_ptr<Database>> database = Database::open(path);
  if (!database) return database.error();
  if (Status current = migrate(**database); !current) return current.error();
  return std::unique_ptr<Ledger>(new SqliteLedger(std::move(*database)));
}

std::string random_id(std::string_view prefix) {
  const Seed random = random_seed();
  return std::string(prefix) + to_hex(ByteView(random).first(16));
}

Status record_object(Database& database, const Digest& digest, std::uint64_t bytes, TimeMs now) {
  const Result<std::int64_t> done = database.change(
      "INSERT INTO objects (digest, bytes, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
      {to_value(digest), to_value(bytes), now});
  if (!done) return done.error();
  return {};
}

}  // namespace salus::store
