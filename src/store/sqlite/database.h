// SQLite behind Result: one connection, cached statements, transactions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace salus::store {

using Value = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;
using Values = std::vector<Value>;

/// One row of a result. Accessors of another type than the column's are a Defect: the schema is
/// ours.
class Row {
 public:
  explicit Row(Values values) : values_(std::move(values)) {}
  std::int64_t integer(std::size_t column) const;
  double real(std::size_t column) const;
  const std::string& text(std::size_t column) const;
  Digest digest(std::size_t column) const;
  bool is_null(std::size_t column) const;

 private:
  Values values_;
};

using Rows = std::vector<Row>;

Value to_value(const Digest& digest);
Value to_value(std::uint64_t bytes);

/// Safe for concurrent use: calls and transactions take turns.
class Database {
 public:
  /// WAL, synchronous=FULL, foreign keys, busy time-out. Errors: kNoSpace, kIo, kCorrupt.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one statement. Errors: kConflict (a constraint), kNoSpace, kUnavailable (busy), kCorrupt,
  /// kIo.
  Result<Rows> query(const std::string& sql, const Values& values = {});
  /// Runs one statement; the number of rows that it changed.
  Result<std::int64_t> change(const std::string& sql, const Values& values = {});
  /// Runs statements without parameters or results.
  Status run_script(const std::string& sql);
  std::int64_t last_id() const;

 private:
  friend class Transaction;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Result<sqlite3_stmt*> statement(const std::string& sql);
  Error failure(const std::string& doing) const;

  sqlite3* handle_;
  std::map<std::string, sqlite3_stmt*> statements_;
  std::recursive_mutex turn_;
};

/// All or nothing: rolled back unless `commit` succeeded. Others wait until it is destroyed.
class Transaction {
 public:
  static Result<std::unique_ptr<Transaction>> begin(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(database), turn_(database.turn_) {}
  Database& database_;
  std::unique_lock<std::recursive_mutex> turn_;
  bool open_ = false;
};

}  // namespace salus::store
