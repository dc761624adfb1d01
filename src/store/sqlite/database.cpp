#include "store/sqlite/database.h"

#include <sqlite3.h>

namespace salus::store {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_FULL: return ErrorCode::kNoSpace;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kCorrupt;
    default: return ErrorCode::kIo;
  }
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *integer);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return sqlite3_bind_double(statement, index, *real);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
  }
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    return sqlite3_bind_blob64(statement, index, bytes->data(), bytes->size(), SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(statement, index);
}

Value column(sqlite3_stmt* statement, int index) {
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, index);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
      return std::string(text, size);
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement, index));
      return Bytes(bytes, bytes + size);
    }
    default: return std::monostate{};
  }
}

/// Leaves a cached statement ready for its next use.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

std::int64_t Row::integer(std::size_t column) const {
  return std::get<std::int64_t>(values_.at(column));
}
double Row::real(std::size_t column) const {
  if (const auto* integer = std::get_if<std::int64_t>(&values_.at(column))) {
    return static_cast<double>(*integer);
  }
  return std::get<double>(values_.at(column));
}
const std::string& Row::text(std::size_t column) const {
  return std::get<std::string>(values_.at(column));
}
Digest Row::digest(std::size_t column) const {
  const Bytes& stored = std::get<Bytes>(values_.at(column));
  Digest digest;
  check(stored.size() == digest.bytes.size(), "a digest column holds 32 bytes");
  std::copy(stored.begin(), stored.end(), digest.bytes.begin());
  return digest;
}
bool Row::is_null(std::size_t column) const {
  return std::holds_alternative<std::monostate>(values_.at(column));
}

Value to_value(const Digest& digest) { return Bytes(digest.bytes.begin(), digest.bytes.end()); }
Value to_value(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes); }

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (opened != SQLITE_OK) return database->failure("open " + path.string());
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  const Status ready = database->run_script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
      "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;");
  if (!ready) return ready.error();
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Error Database::failure(const std::string& doing) const {
  const int code = sqlite3_extended_errcode(handle_);
  const ErrorCode ours = code_of(code);
  return Error{ours, "database: cannot " + doing + ": " + sqlite3_errmsg(handle_) + " (SQLite " +
                         std::to_string(code) + ")" +
                         (ours == ErrorCode::kNoSpace ? "; free some space and try again" : "")};
}

Result<sqlite3_stmt*> Database::statement(const std::string& sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) return known->second;
  sqlite3_stmt* prepared = nullptr;
  const int done = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (done != SQLITE_OK) return failure("prepare a statement");
  statements_.emplace(sql, prepared);
  return prepared;
}

Result<Rows> Database::query(const std::string& sql, const Values& values) {
  const std::lock_guard turn(turn_);
  const Result<sqlite3_stmt*> prepared = statement(sql);
  if (!prepared) return prepared.error();
  const Reset reset{*prepared};
  check(static_cast<std::size_t>(sqlite3_bind_parameter_count(*prepared)) == values.size(),
        "a statement gets as many values as it has parameters");
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (bind(*prepared, static_cast<int>(i + 1), values[i]) != SQLITE_OK) return failure("bind");
  }
  Rows rows;
  for (;;) {
    const int stepped = sqlite3_step(*prepared);
    if (stepped == SQLITE_DONE) return rows;
    if (stepped != SQLITE_ROW) return failure("read or write");
    Values row;
    const int columns = sqlite3_column_count(*prepared);
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) row.push_back(column(*prepared, i));
    rows.emplace_back(std::move(row));
  }
}

Result<std::int64_t> Database::change(const std::string& sql, const Values& values) {
  const std::lock_guard turn(turn_);
  const Result<Rows> done = query(sql, values);
  if (!done) return done.error();
  return std::int64_t{sqlite3_changes64(handle_)};
}

Status Database::run_script(const std::string& sql) {
  const std::lock_guard turn(turn_);
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure("run a script");
  }
  return {};
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }

Result<std::unique_ptr<Transaction>> Transaction::begin(Database& database) {
  std::unique_ptr<Transaction> transaction(new Transaction(database));
  if (Status begun = database.run_script("BEGIN IMMEDIATE"); !begun) return begun.error();
  transaction->open_ = true;
  return transaction;
}

Transaction::~Transaction() {
  // A failed statement may have rolled back by itself; a second roll-back is then an error to
  // ignore.
  if (open_) (void)database_.run_script("ROLLBACK");
}

Status Transaction::commit() {
  Status committed = database_.run_script("COMMIT");
  if (committed) open_ = false;
  return committed;
}

}  // namespace salus::store
