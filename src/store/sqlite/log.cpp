#include <algorithm>

#include "base/random.h"
#include "store/sqlite/parts.h"

namespace salus::store {

Result<std::vector<LogRow>> SqliteLog::read(const std::string& where, const Values& values) {
  const Result<Rows> rows =
      database_.query("SELECT number, entry FROM log_entries " + where, values);
  if (!rows) return rows.error();
  std::vector<LogRow> out;
  for (const Row& row : *rows) {
    out.push_back({.number = static_cast<std::uint64_t>(row.integer(0)), .entry = row.text(1)});
  }
  return out;
}

Result<std::uint64_t> SqliteLog::count() {
  const Result<Rows> rows = database_.query("SELECT coalesce(max(number) + 1, 0) FROM log_entries");
  if (!rows) return rows.error();
  return static_cast<std::uint64_t>(rows->front().integer(0));
}

Result<std::vector<LogRow>> SqliteLog::from(std::uint64_t number, int limit) {
  return read("WHERE number >= ? ORDER BY number LIMIT ?", {to_value(number), std::int64_t{limit}});
}

Result<std::optional<LogRow>> SqliteLog::of_run(const std::string& run) {
  Result<std::vector<LogRow>> rows = read("WHERE run = ?", {run});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<LogRow>();
  return std::optional<LogRow>(std::move(rows->front()));
}

Result<std::vector<LogRow>> SqliteLog::of_twin(const Digest& pseudonym) {
  return read("WHERE twin = ? ORDER BY number", {to_value(pseudonym)});
}

Status record_entry(Database& database, const Digest& twin, const std::string& run,
                    const std::string& entry) {
  const Result<std::int64_t> done = database.change(
      "INSERT INTO log_entries (number, twin, run, entry)"
      " SELECT coalesce(max(number) + 1, 0), ?, ?, ? FROM log_entries",
      {to_value(twin), run.empty() ? Value() : Value(run), entry});
  if (!done) return done.error();
  return {};
}

Digest random_pseudonym() {
  const Seed random = random_seed();
  Digest out;
  static_assert(sizeof(random) == sizeof(out.bytes));
  std::copy(random.begin(), random.end(), out.bytes.begin());
  return out;
}

}  // namespace salus::store
