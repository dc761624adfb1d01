#include "store/sqlite/parts.h"

namespace salus::store {
namespace {

Result<Upload> upload_of(const Row& row) {
  const Result<ObjectKind> kind = parse_object_kind(row.text(2));
  if (!kind) return kind.error();
  return Upload{.account = row.integer(0),
                .digest = row.digest(1),
                .kind = *kind,
                .bytes = static_cast<std::uint64_t>(row.integer(3)),
                .offset = static_cast<std::uint64_t>(row.integer(4)),
                .updated_at = row.integer(5)};
}

constexpr const char* kSelectUpload =
    "SELECT account, digest, kind, bytes, offset, updated_at FROM uploads";

Error no_upload(const Digest& digest) {
  return Error{ErrorCode::kNotFound,
               "no upload of " + digest.hex() + " is announced: POST /v1/objects first"};
}

}  // namespace

Result<Upload> SqliteObjects::begin_upload(const Upload& upload, TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<std::optional<Upload>> standing = find_upload(upload.account, upload.digest);
  if (!standing) return standing.error();
  if (*standing) {
    const Upload& known = **standing;
    if (known.bytes == upload.bytes && known.kind == upload.kind) return known;
    return Error{ErrorCode::kConflict, "object " + upload.digest.hex() + " was announced as " +
                                           std::string(name(known.kind)) + " of " +
                                           std::to_string(known.bytes) + " bytes, now as " +
                                           std::string(name(upload.kind)) + " of " +
                                           std::to_string(upload.bytes)};
  }
  const Result<std::uint64_t> used = accounts_.used_bytes(upload.account);
  if (!used) return used.error();
  const Result<Rows> quota =
      database_.query("SELECT quota_bytes FROM accounts WHERE id = ?", {upload.account});
  if (!quota) return quota.error();
  if (quota->empty()) return Error{ErrorCode::kNotFound, "the account does not exist any more"};
  const auto limit = static_cast<std::uint64_t>(quota->front().integer(0));
  if (upload.bytes > limit || *used > limit - upload.bytes) {
    return Error{ErrorCode::kNoSpace,
                 "object " + upload.digest.hex() + " of " + std::to_string(upload.bytes) +
                     " bytes does not fit: the account uses " + std::to_string(*used) + " of its " +
                     std::to_string(limit) + " bytes; erase a twin or ask for a larger quota"};
  }
  const Result<std::int64_t> added = database_.change(
      "INSERT INTO uploads (account, digest, kind, bytes, offset, updated_at)"
      " VALUES (?, ?, ?, ?, 0, ?)",
      {upload.account, to_value(upload.digest), std::string(name(upload.kind)),
       to_value(upload.bytes), now});
  if (!added) return added.error();
  if (Status committed = (*transaction)->commit(); !committed) return committed.error();
  Upload begun = upload;
  begun.offset = 0;
  begun.updated_at = now;
  return begun;
}

Result<std::optional<Upload>> SqliteObjects::find_upload(AccountId account, const Digest& digest) {
  const Result<Rows> rows =
      database_.query(std::string(kSelectUpload) + " WHERE account = ? AND digest = ?",
                      {account, to_value(digest)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Upload>();
  Result<Upload> upload = upload_of(rows->front());
  if (!upload) return upload.error();
  return std::optional<Upload>(*upload);
}

Status SqliteObjects::acknowledge(AccountId account, const Digest& digest, std::uint64_t offset,
                                  TimeMs now) {
  const Result<std::int64_t> changed = database_.change(
      "UPDATE uploads SET offset = ?, updated_at = ? WHERE account = ? AND digest = ?",
      {to_value(offset), now, account, to_value(digest)});
  if (!changed) return changed.error();
  if (*changed == 0) return no_upload(digest);
  return {};
}

Status SqliteObjects::complete_upload(AccountId account, const Digest& digest, const Facts& facts,
                                      TimeMs now) {
  Result<std::unique_ptr<Transaction>> transaction = Transaction::begin(database_);
  if (!transaction) return transaction.error();
  const Result<std::optional<Upload>> upload = find_upload(account, digest);
  if (!upload) return upload.error();
  if (!*upload) return no_upload(digest);
  if (Status recorded = record_object(database_, digest, (*upload)->bytes, now); !recorded) {
    return recorded;
  }
  const Result<std::int64_t> held = database_.change(
      "INSERT INTO holdings (account, digest, kind, parameters, key, purpose, created_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      {account, to_value(digest), std::string(name((*upload)->kind)), facts.parameters, facts.key,
       facts.purpose, now});
  if (!held) return held.error();
  if (Status dropped = drop_upload(account, digest); !dropped) return dropped;
  return (*transaction)->commit();
}

Status SqliteObjects::drop_upload(AccountId account, const Digest& digest) {
  const Result<std::int64_t> dropped = database_.change(
      "DELETE FROM uploads WHERE account = ? AND digest = ?", {account, to_value(digest)});
  if (!dropped) return dropped.error();
  return {};
}

Result<std::vector<Upload>> SqliteObjects::uploads() {
  const Result<Rows> rows = database_.query(kSelectUpload);
  if (!rows) return rows.error();
  std::vector<Upload> uploads;
  for (const Row& row : *rows) {
    Result<Upload> upload = upload_of(row);
    if (!upload) return upload.error();
    uploads.push_back(*upload);
  }
  return uploads;
}

Result<std::optional<Holding>> SqliteObjects::find(AccountId account, const Digest& digest) {
  const Result<Rows> rows = database_.query(
      "SELECT h.kind, o.bytes, h.parameters, h.key, h.purpose FROM holdings h JOIN objects o USING "
      "(digest)"
      " WHERE h.account = ? AND h.digest = ?",
      {account, to_value(digest)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Holding>();
  const Row& row = rows->front();
  const Result<ObjectKind> kind = parse_object_kind(row.text(0));
  if (!kind) return kind.error();
  return std::optional<Holding>(
      Holding{.digest = digest,
              .kind = *kind,
              .bytes = static_cast<std::uint64_t>(row.integer(1)),
              .facts = {.parameters = row.text(2), .key = row.text(3), .purpose = row.text(4)}});
}

Result<std::vector<ObjectRow>> SqliteObjects::objects() {
  const Result<Rows> rows = database_.query(
      "SELECT o.digest, o.bytes,"
      " (SELECT count(*) FROM object_references r WHERE r.digest = o.digest) FROM objects o");
  if (!rows) return rows.error();
  std::vector<ObjectRow> objects;
  for (const Row& row : *rows) {
    objects.push_back(ObjectRow{.digest = row.digest(0),
                                .bytes = static_cast<std::uint64_t>(row.integer(1)),
                                .references = row.integer(2)});
  }
  return objects;
}

Result<std::vector<Digest>> SqliteObjects::garbage() {
  const Result<Rows> rows = database_.query(
      "SELECT o.digest FROM objects o WHERE NOT EXISTS"
      " (SELECT 1 FROM object_references r WHERE r.digest = o.digest)");
  if (!rows) return rows.error();
  std::vector<Digest> digests;
  for (const Row& row : *rows) digests.push_back(row.digest(0));
  return digests;
}

Status SqliteObjects::forget(const Digest& digest) {
  const Result<std::int64_t> done =
      database_.change("DELETE FROM objects WHERE digest = ?", {to_value(digest)});
  if (!done) return done.error();
  return {};
}

}  // namespace salus::store
