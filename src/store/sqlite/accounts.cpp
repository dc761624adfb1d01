#include "store/sqlite/parts.h"

namespace salus::store {
namespace {

constexpr std::string_view kColumns = "id, name, token_hash, quota_bytes, created_at, pseudonym";

Account account_of(const Row& row) {
  return Account{.id = row.integer(0),
                 .name = row.text(1),
                 .token_hash = row.digest(2),
                 .quota_bytes = static_cast<std::uint64_t>(row.integer(3)),
                 .created_at = row.integer(4),
                 .pseudonym = row.digest(5)};
}

}  // namespace

Result<Account> SqliteAccounts::add(const NewAccount& account, TimeMs now) {
  const Result<Rows> rows = database_.query(
      "INSERT INTO accounts (name, token_hash, quota_bytes, created_at, pseudonym)"
      " VALUES (?, ?, ?, ?, ?) RETURNING " +
          std::string(kColumns),
      {account.name, to_value(account.token_hash), to_value(account.quota_bytes), now,
       to_value(random_pseudonym())});
  if (rows) return account_of(rows->front());
  if (rows.error().code != ErrorCode::kConflict) return rows.error();
  return Error{ErrorCode::kConflict,
               "account \"" + account.name + "\" exists already: choose another name"};
}

Result<std::vector<Account>> SqliteAccounts::list() {
  const Result<Rows> rows =
      database_.query("SELECT " + std::string(kColumns) + " FROM accounts ORDER BY id");
  if (!rows) return rows.error();
  std::vector<Account> accounts;
  for (const Row& row : *rows) accounts.push_back(account_of(row));
  return accounts;
}

Result<Account> SqliteAccounts::by_token(const Digest& token_hash) {
  const Result<Rows> rows =
      database_.query("SELECT " + std::string(kColumns) + " FROM accounts WHERE token_hash = ?",
                      {to_value(token_hash)});
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::kNotFound, "no account has this token"};
  return account_of(rows->front());
}

Result<Account> SqliteAccounts::find(AccountId account) {
  const Result<Rows> rows =
      database_.query("SELECT " + std::string(kColumns) + " FROM accounts WHERE id = ?", {account});
  if (!rows) return rows.error();
  if (rows->empty()) return Error{ErrorCode::kNotFound, "no such account"};
  return account_of(rows->front());
}

Result<std::uint64_t> SqliteAccounts::used_bytes(AccountId account) {
  const Result<Rows> rows = database_.query(
      "SELECT (SELECT coalesce(sum(bytes), 0) FROM uploads WHERE account = ?1)"
      " + (SELECT coalesce(sum(o.bytes), 0) FROM objects o WHERE o.digest IN ("
      "  SELECT digest FROM holdings WHERE account = ?1"
      "  UNION SELECT s.object FROM states s JOIN twins t ON t.id = s.twin WHERE t.account = ?1"
      "  UNION SELECT r.object FROM results r JOIN runs ON runs.id = r.run"
      "   WHERE runs.account = ?1))",
      {account});
  if (!rows) return rows.error();
  return static_cast<std::uint64_t>(rows->front().integer(0));
}

}  // namespace salus::store
