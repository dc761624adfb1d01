#include "store/sqlite/parts.h"

namespace salus::store {
namespace {

constexpr const char* kSelectRun =
    "SELECT r.id, r.account, r.twin, r.twin_version, r.program, r.state, r.attempts, r.error_code,"
    " r.error_message, r.created_at, r.updated_at, e.object, o.bytes, e.server_seconds,"
    " e.encode_seconds, e.basis_seconds, e.readout_seconds, e.basis_reused"
    " FROM runs r LEFT JOIN results e ON e.run = r.id LEFT JOIN objects o ON o.digest = e.object ";

Result<Run> run_of(const Row& row) {
  const Result<RunState> state = parse_run_state(row.text(5));
  if (!state) return state.error();
  Run run{.id = row.text(0),
          .account = row.integer(1),
          .twin = row.text(2),
          .twin_version = static_cast<int>(row.integer(3)),
          .program = row.digest(4),
          .state = *state,
          .attempts = static_cast<int>(row.integer(6)),
          .timing = {},
          .result = {},
          .result_bytes = 0,
          .error_code = row.text(7),
          .error_message = row.text(8),
          .created_at = row.integer(9),
          .updated_at = row.integer(10)};
  if (row.is_null(11)) return run;
  run.result = row.digest(11);
  run.result_bytes = static_cast<std::uint64_t>(row.integer(12));
  run.timing = Timing{.server_seconds = row.real(13),
                      .encode_seconds = row.real(14),
                      .basis_seconds = row.real(15),
                      .readout_seconds = row.real(16),
                      .basis_reused = row.integer(17) != 0};
  return run;
}

}  // namespace

Result<std::vector<Run>> SqliteRuns::read(const std::string& where, const Values& values) {
  const Result<Rows> rows = database_.query(kSelectRun + where, values);
  if (!rows) return rows.error();
  std::vector<Run> runs;
  for (const Row& row : *rows) {
    Result<Run> run = run_of(row);
    if (!run) return run.error();
    runs.push_back(std::move(*run));
  }
  return runs;
}

Result<Run> SqliteRuns::enqueue(const NewRun& run, int queue_limit, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  Result<std::vector<Run>> standing = read(
      "WHERE r.twin = ? AND r.twin_version = ? AND r.program = ?"
      " AND r.state IN ('queued', 'running')",
      {run.twin, std::int64_t{run.twin_version}, to_value(run.program)});
  if (!standing) return standing.error();
  if (!standing->empty()) return std::move(standing->front());
  const Result<Rows> waiting = database_.query("SELECT count(*) FROM runs WHERE state = 'queued'");
  if (!waiting) return waiting.error();
  if (waiting->front().integer(0) >= queue_limit) {
    return Error{ErrorCode::kUnavailable, std::to_string(waiting->front().integer(0)) +
                                              " runs are waiting, the limit is " +
                                              std::to_string(queue_limit) + ": try again later"};
  }
  const std::string id = random_id("run_");
  const Result<std::int64_t> added = database_.change(
      "INSERT INTO runs (id, account, twin, twin_version, program, state, created_at, updated_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, 'queued', ?6, ?6)",
      {id, run.account, run.twin, std::int64_t{run.twin_version}, to_value(run.program), now});
  if (!added) return added.error();
  if (Status committed = (*transaction)->commit(); !committed) return committed.error();
  return Run{.id = id,
             .account = run.account,
             .twin = run.twin,
             .twin_version = run.twin_version,
             .program = run.program,
             .state = RunState::kQueued,
             .attempts = 0,
             .timing = {},
             .result = {},
             .result_bytes = 0,
             .error_code = {},
             .error_message = {},
             .created_at = now,
             .updated_at = now};
}

Result<std::vector<Run>> SqliteRuns::list(AccountId account) {
  return read("WHERE r.account = ? ORDER BY r.sequence", {account});
}

Result<std::optional<Run>> SqliteRuns::find(AccountId account, const std::string& id) {
  Result<std::vector<Run>> runs = read("WHERE r.account = ? AND r.id = ?", {account, id});
  if (!runs) return runs.error();
  if (runs->empty()) return std::optional<Run>();
  return std::optional<Run>(std::move(runs->front()));
}

Result<std::optional<Claim>> SqliteRuns::claim(const std::string& worker, TimeMs lease_ms,
                                               TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<Rows> taken = database_.query(
      "UPDATE runs SET state = 'running', worker = ?1, lease_until = ?2, updated_at = ?3,"
      " attempts = attempts + 1, fence = fence + 1"
      " WHERE sequence = (SELECT sequence FROM runs WHERE state = 'queued'"
      "  OR (state = 'running' AND lease_until < ?3) ORDER BY sequence LIMIT 1)"
      " RETURNING id, fence",
      {worker, now + lease_ms, now});
  if (!taken) return taken.error();
  if (taken->empty()) return std::optional<Claim>();
  Result<std::vector<Run>> runs = read("WHERE r.id = ?", {taken->front().text(0)});
  if (!runs) return runs.error();
  if (Status committed = (*transaction)->commit(); !committed) return committed.error();
  return std::optional<Claim>(
      Claim{.run = std::move(runs->front()), .fence = taken->front().integer(1)});
}

Result<bool> SqliteRuns::fenced_change(const std::string& set, const Values& values,
                                       const Claim& claim) {
  Values all = values;
  all.emplace_back(claim.run.id);
  all.emplace_back(claim.fence);
  const Result<std::int64_t> changed = database_.change(
      "UPDATE runs SET " + set + " WHERE id = ? AND fence = ? AND state = 'running'", all);
  if (!changed) return changed.error();
  return *changed == 1;
}

Result<bool> SqliteRuns::heartbeat(const Claim& claim, TimeMs lease_ms, TimeMs now) {
  return fenced_change("lease_until = ?", {now + lease_ms}, claim);
}

Result<bool> SqliteRuns::finish(const Claim& claim, const RunResult& result, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<bool> ours =
      fenced_change("state = 'done', worker = '', updated_at = ?", {now}, claim);
  if (!ours || !*ours) return ours;
  if (Status recorded = record_object(database_, result.object, result.bytes, now); !recorded) {
    return recorded.error();
  }
  const Timing& timing = result.timing;
  const Result<std::int64_t> added = database_.change(
      "INSERT INTO results (run, object, server_seconds, encode_seconds, basis_seconds,"
      " readout_seconds, basis_reused) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {claim.run.id, to_value(result.object), timing.server_seconds, timing.encode_seconds,
       timing.basis_seconds, timing.readout_seconds, std::int64_t{timing.basis_reused}});
  if (!added) return added.error();
  const Result<Rows> twin =
      database_.query("SELECT pseudonym FROM twins WHERE id = ?", {claim.run.twin});
  if (!twin) return twin.error();
  const Status said =
      record_entry(database_, twin->front().digest(0), claim.run.id, result.receipt);
  if (!said) return said.error();
  if (Status committed = (*transaction)->commit(); !committed) return committed.error();
  return true;
}

Result<bool> SqliteRuns::fail(const Claim& claim, const Error& error, TimeMs now) {
  return fenced_change(
      "state = 'failed', worker = '', error_code = ?, error_message = ?, updated_at = ?",
      {std::string(salus::name(error.code)), error.message, now}, claim);
}

Result<bool> SqliteRuns::release(const Claim& claim, TimeMs now) {
  return fenced_change("state = 'queued', worker = '', attempts = attempts - 1, updated_at = ?",
                       {now}, claim);
}

Result<bool> SqliteRuns::cancel(AccountId account, const std::string& id, TimeMs now) {
  const Result<std::optional<Run>> run = find(account, id);
  if (!run) return run.error();
  if (!*run) return Error{ErrorCode::kNotFound, "no run " + id};
  const Result<std::int64_t> changed = database_.change(
      "UPDATE runs SET state = 'cancelled', worker = '', updated_at = ?"
      " WHERE account = ? AND id = ? AND state IN ('queued', 'running')",
      {now, account, id});
  if (!changed) return changed.error();
  return *changed == 1;
}

Result<int> SqliteRuns::requeue_all(TimeMs now) {
  const Result<std::int64_t> changed = database_.change(
      "UPDATE runs SET state = 'queued', worker = '', updated_at = ? WHERE state = 'running'",
      {now});
  if (!changed) return changed.error();
  return static_cast<int>(*changed);
}

}  // namespace salus::store
