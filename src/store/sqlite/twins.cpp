#include "store/sqlite/parts.h"

namespace salus::store {
namespace {

constexpr const char* kSelectTwin =
    "SELECT t.id, t.name, t.account, v.version, v.parameters, v.created_at, t.pseudonym"
    " FROM twins t JOIN twin_versions v ON v.twin = t.id ";

constexpr std::string_view kKeys = "twin_keys";
constexpr std::string_view kFeatures = "twin_features";

// Digests that only this account's twin ?2 names are not worth holding once the twin is erased.
constexpr const char* kDropHoldings =
    "DELETE FROM holdings WHERE account = ?1 AND digest IN"
    " (SELECT digest FROM twin_features WHERE twin = ?2"
    "  UNION SELECT digest FROM twin_keys WHERE twin = ?2)"
    " AND digest NOT IN"
    " (SELECT f.digest FROM twin_features f JOIN twins t ON t.id = f.twin"
    "   WHERE t.account = ?1 AND t.id <> ?2"
    "  UNION SELECT k.digest FROM twin_keys k JOIN twins t ON t.id = k.twin"
    "   WHERE t.account = ?1 AND t.id <> ?2)";

}  // namespace

Status SqliteTwins::put_named(std::string_view table, const Twin& twin,
                              const std::map<std::string, Digest>& objects) {
  for (const auto& [name, digest] : objects) {
    const Result<std::int64_t> done = database_.change(
        "INSERT INTO " + std::string(table) + " (twin, version, name, digest) VALUES (?, ?, ?, ?)",
        {twin.id, std::int64_t{twin.version}, name, to_value(digest)});
    if (!done) return done.error();
  }
  return {};
}

Result<Twin> SqliteTwins::put(AccountId account, const NewTwin& twin, const EntryOf& entry,
                              TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<std::int64_t> added = database_.change(
      "INSERT INTO twins (id, account, name, created_at, pseudonym, sequence)"
      " SELECT ?, ?, ?, ?, ?, coalesce(max(sequence), 0) + 1 FROM twins WHERE true"
      " ON CONFLICT (account, name) DO NOTHING",
      {random_id("tw_"), account, twin.name, now, to_value(random_pseudonym())});
  if (!added) return added.error();
  const Result<Rows> row = database_.query(
      "SELECT id, pseudonym FROM twins WHERE account = ? AND name = ?", {account, twin.name});
  if (!row) return row.error();
  const Result<Rows> version = database_.query(
      "INSERT INTO twin_versions (twin, version, parameters, created_at)"
      " SELECT ?1, coalesce(max(version), 0) + 1, ?2, ?3 FROM twin_versions WHERE twin = ?1"
      " RETURNING version",
      {row->front().text(0), twin.parameters, now});
  if (!version) return version.error();
  Twin made{.id = row->front().text(0),
            .name = twin.name,
            .account = account,
            .version = static_cast<int>(version->front().integer(0)),
            .evaluation_keys = twin.evaluation_keys,
            .parameters = twin.parameters,
            .features = twin.features,
            .created_at = now,
            .pseudonym = row->front().digest(1)};
  if (Status put = put_named(kKeys, made, made.evaluation_keys); !put) return put.error();
  if (Status put = put_named(kFeatures, made, made.features); !put) return put.error();
  if (Status said = record_entry(database_, made.pseudonym, {}, entry(made)); !said) {
    return said.error();
  }
  if (Status committed = (*transaction)->commit(); !committed) return committed.error();
  return made;
}

Result<std::vector<Twin>> SqliteTwins::read(const std::string& where, const Values& values) {
  const Result<Rows> rows = database_.query(kSelectTwin + where, values);
  if (!rows) return rows.error();
  std::vector<Twin> twins;
  for (const Row& row : *rows) {
    Twin twin{.id = row.text(0),
              .name = row.text(1),
              .account = row.integer(2),
              .version = static_cast<int>(row.integer(3)),
              .evaluation_keys = {},
              .parameters = row.text(4),
              .features = {},
              .created_at = row.integer(5),
              .pseudonym = row.digest(6)};
    for (const auto& [table, objects] :
         {std::pair(kKeys, &twin.evaluation_keys), std::pair(kFeatures, &twin.features)}) {
      const Result<Rows> named = database_.query(
          "SELECT name, digest FROM " + std::string(table) + " WHERE twin = ? AND version = ?",
          {twin.id, std::int64_t{twin.version}});
      if (!named) return named.error();
      for (const Row& object : *named) (*objects)[object.text(0)] = object.digest(1);
    }
    twins.push_back(std::move(twin));
  }
  return twins;
}

namespace {

std::optional<Twin> first(std::vector<Twin> twins) {
  if (twins.empty()) return std::nullopt;
  return std::move(twins.front());
}

}  // namespace

Result<std::vector<Twin>> SqliteTwins::list(AccountId account) {
  return read(
      "WHERE t.account = ? AND v.version ="
      " (SELECT max(version) FROM twin_versions WHERE twin = t.id) ORDER BY t.sequence",
      {account});
}

Result<std::optional<Twin>> SqliteTwins::find(AccountId account, const std::string& id) {
  Result<std::vector<Twin>> twins =
      read("WHERE t.account = ? AND t.id = ? ORDER BY v.version DESC LIMIT 1", {account, id});
  if (!twins) return twins.error();
  return first(std::move(*twins));
}

Result<std::optional<Twin>> SqliteTwins::find_version(const std::string& id, int version) {
  Result<std::vector<Twin>> twins =
      read("WHERE t.id = ? AND v.version = ?", {id, std::int64_t{version}});
  if (!twins) return twins.error();
  return first(std::move(*twins));
}

Status SqliteTwins::erase(AccountId account, const std::string& id, const EntryOf& entry) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<std::optional<Twin>> twin = find(account, id);
  if (!twin) return twin.error();
  if (!*twin) return Error{ErrorCode::kNotFound, "no twin " + id};
  const Result<std::int64_t> dropped = database_.change(kDropHoldings, {account, id});
  if (!dropped) return dropped.error();
  const Result<std::int64_t> erased =
      database_.change("DELETE FROM twins WHERE account = ? AND id = ?", {account, id});
  if (!erased) return erased.error();
  const Status said = record_entry(database_, (*twin)->pseudonym, {}, entry(**twin));
  if (!said) return said;
  return (*transaction)->commit();
}

Result<std::optional<Digest>> SqliteTwins::find_state(const Digest& key) {
  const Result<Rows> rows =
      database_.query("SELECT object FROM states WHERE key = ?", {to_value(key)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Digest>();
  return std::optional<Digest>(rows->front().digest(0));
}

Status SqliteTwins::put_state(const NewState& state, int limit, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  if (Status recorded = record_object(database_, state.object, state.bytes, now); !recorded) {
    return recorded;
  }
  const Result<std::int64_t> put = database_.change(
      "INSERT INTO states (key, twin, object, used_at) VALUES (?, ?, ?, ?)"
      " ON CONFLICT (key) DO UPDATE SET used_at = excluded.used_at",
      {to_value(state.key), state.twin, to_value(state.object), now});
  if (!put) return put.error();
  const Result<std::int64_t> trimmed = database_.change(
      "DELETE FROM states WHERE twin = ?1 AND key NOT IN"
      " (SELECT key FROM states WHERE twin = ?1 ORDER BY used_at DESC, key LIMIT ?2)",
      {state.twin, std::int64_t{limit}});
  if (!trimmed) return trimmed.error();
  return (*transaction)->commit();
}

Status SqliteTwins::drop_state(const Digest& key) {
  const Result<std::int64_t> done =
      database_.change("DELETE FROM states WHERE key = ?", {to_value(key)});
  if (!done) return done.error();
  return {};
}

}  // namespace salus::store
