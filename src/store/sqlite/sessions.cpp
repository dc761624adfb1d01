// Of SqliteAccounts: who may sign in, and who did.
#include "store/sqlite/parts.h"

namespace salus::store {

Status SqliteAccounts::bind(const BoundIdentity& identity, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  if (const Result<Account> there = find(identity.account); !there) return there.error();
  const Result<std::int64_t> done = database_.change(
      "INSERT INTO identities (id, account, public, created_at) VALUES (?, ?, ?, ?)",
      {identity.id, identity.account, identity.public_text, now});
  if (!done && done.error().code == ErrorCode::kConflict) {
    return Error{ErrorCode::kConflict,
                 "identity " + identity.id + " acts for an account already: unbind it first"};
  }
  if (!done) return done.error();
  return (*transaction)->commit();
}

Status SqliteAccounts::unbind(const std::string& identity) {
  const Result<std::int64_t> done =
      database_.change("DELETE FROM identities WHERE id = ?", {identity});
  if (!done) return done.error();
  if (*done == 0) return Error{ErrorCode::kNotFound, "no account has identity " + identity};
  return {};
}

Result<BoundIdentity> SqliteAccounts::identity(const std::string& id) {
  const Result<Rows> rows =
      database_.query("SELECT id, public, account FROM identities WHERE id = ?", {id});
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::kNotFound, "no account has identity " + id};
  const Row& row = rows->front();
  return BoundIdentity{.id = row.text(0), .public_text = row.text(1), .account = row.integer(2)};
}

Status SqliteAccounts::open_session(const Session& session, int limit, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<std::int64_t> dropped =
      database_.change("DELETE FROM sessions WHERE expires_at <= ?", {now});
  if (!dropped) return dropped.error();
  const Result<std::int64_t> added =
      database_.change("INSERT INTO sessions (token_hash, expires_at, identity) VALUES (?, ?, ?)",
                       {to_value(session.token_hash), session.expires_at, session.identity});
  if (!added) return added.error();
  const Result<std::int64_t> trimmed = database_.change(
      "DELETE FROM sessions WHERE identity = ?1 AND token_hash NOT IN"
      " (SELECT token_hash FROM sessions WHERE identity = ?1"
      "  ORDER BY expires_at DESC, token_hash LIMIT ?2)",
      {session.identity, std::int64_t{limit}});
  if (!trimmed) return trimmed.error();
  return (*transaction)->commit();
}

Result<Account> SqliteAccounts::by_session(const Digest& token_hash, TimeMs now) {
  const Result<Rows> rows = database_.query(
      "SELECT i.account FROM sessions s JOIN identities i ON i.id = s.identity"
      " WHERE s.token_hash = ? AND s.expires_at > ?",
      {to_value(token_hash), now});
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::kNotFound, "no session has this token"};
  return find(rows->front().integer(0));
}

Status SqliteAccounts::close_session(const Digest& token_hash) {
  const Result<std::int64_t> done =
      database_.change("DELETE FROM sessions WHERE token_hash = ?", {to_value(token_hash)});
  if (!done) return done.error();
  return {};
}

}  // namespace salus::store
