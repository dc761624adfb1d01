#include "store/sqlite/schema.h"

#include <array>
#include <string>

namespace salus::store {
namespace {

// Digests are 32-byte blobs, times milliseconds UTC. References to objects are not foreign keys: an
// object may be recorded after what names it; `object_references` is where they are counted.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, token_hash BLOB NOT NULL UNIQUE,
  quota_bytes INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;

CREATE TABLE objects (
  digest BLOB PRIMARY KEY, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
  account INTEGER NOT NULL REFERENCES accounts(id), digest BLOB NOT NULL, kind TEXT NOT NULL,
  bytes INTEGER NOT NULL, offset INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (account, digest), CHECK (offset >= 0 AND offset <= bytes)) STRICT, WITHOUT ROWID;

CREATE TABLE holdings (
  account INTEGER NOT NULL REFERENCES accounts(id), digest BLOB NOT NULL REFERENCES objects(digest),
  kind TEXT NOT NULL, parameters TEXT NOT NULL, key TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (account, digest)) STRICT, WITHOUT ROWID;
CREATE INDEX holdings_digest ON holdings(digest);

CREATE TABLE twins (
  id TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts(id), name TEXT NOT NULL,
  created_at INTEGER NOT NULL, sequence INTEGER NOT NULL, UNIQUE (account, name))
  STRICT, WITHOUT ROWID;

CREATE TABLE twin_versions (
  twin TEXT NOT NULL REFERENCES twins(id) ON DELETE CASCADE, version INTEGER NOT NULL,
  evaluation_keys BLOB NOT NULL REFERENCES objects(digest), parameters TEXT NOT NULL,
  created_at INTEGER NOT NULL, PRIMARY KEY (twin, version)) STRICT, WITHOUT ROWID;
CREATE INDEX twin_versions_keys ON twin_versions(evaluation_keys);

CREATE TABLE twin_features (
  twin TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,
  digest BLOB NOT NULL REFERENCES objects(digest), PRIMARY KEY (twin, version, name),
  FOREIGN KEY (twin, version) REFERENCES twin_versions(twin, version) ON DELETE CASCADE)
  STRICT, WITHOUT ROWID;
CREATE INDEX twin_features_digest ON twin_features(digest);

CREATE TABLE states (
  key BLOB PRIMARY KEY, twin TEXT NOT NULL REFERENCES twins(id) ON DELETE CASCADE,
  object BLOB NOT NULL REFERENCES objects(digest), used_at INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX states_twin ON states(twin);
CREATE INDEX states_object ON states(object);

CREATE TABLE runs (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES accounts(id), twin TEXT NOT NULL,
  twin_version INTEGER NOT NULL, program BLOB NOT NULL REFERENCES objects(digest),
  state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '', lease_until INTEGER NOT NULL DEFAULT 0,
  error_code TEXT NOT NULL DEFAULT '', error_message TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  FOREIGN KEY (twin, twin_version) REFERENCES twin_versions(twin, version) ON DELETE CASCADE)
  STRICT;
CREATE UNIQUE INDEX runs_unfinished ON runs(twin, twin_version, program)
  WHERE state IN ('queued', 'running');
CREATE INDEX runs_state ON runs(state, sequence);
CREATE INDEX runs_account ON runs(account, sequence);
CREATE INDEX runs_program ON runs(program);

CREATE TABLE results (
  run TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
  object BLOB NOT NULL REFERENCES objects(digest), server_seconds REAL NOT NULL,
  encode_seconds REAL NOT NULL, basis_seconds REAL NOT NULL, readout_seconds REAL NOT NULL,
  basis_reused INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX results_object ON results(object);

CREATE VIEW object_references (digest) AS
  SELECT digest FROM holdings UNION ALL SELECT evaluation_keys FROM twin_versions
  UNION ALL SELECT digest FROM twin_features UNION ALL SELECT object FROM states
  UNION ALL SELECT program FROM runs UNION ALL SELECT object FROM results;
)sql";

// Each evaluation key is an object of its own. A twin of version 1 keeps its one object under the
// name kWholeKeySet; an upload of one that had not ended is dropped, its sender has to make keys.
constexpr const char* kVersion2 = R"sql(
ALTER TABLE holdings ADD COLUMN purpose TEXT NOT NULL DEFAULT '';

CREATE TABLE twin_keys (
  twin TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,
  digest BLOB NOT NULL REFERENCES objects(digest), PRIMARY KEY (twin, version, name),
  FOREIGN KEY (twin, version) REFERENCES twin_versions(twin, version) ON DELETE CASCADE)
  STRICT, WITHOUT ROWID;
CREATE INDEX twin_keys_digest ON twin_keys(digest);
INSERT INTO twin_keys (twin, version, name, digest)
  SELECT twin, version, 'evaluation keys', evaluation_keys FROM twin_versions;

DROP VIEW object_references;
DROP INDEX twin_versions_keys;
ALTER TABLE twin_versions DROP COLUMN evaluation_keys;
CREATE VIEW object_references (digest) AS
  SELECT digest FROM holdings UNION ALL SELECT digest FROM twin_keys
  UNION ALL SELECT digest FROM twin_features UNION ALL SELECT object FROM states
  UNION ALL SELECT program FROM runs UNION ALL SELECT object FROM results;

DELETE FROM uploads WHERE kind = 'evaluation_keys';
)sql";

// What the transparency log holds, and what it calls accounts and twins; who may sign in, and who
// did. Runs of before have no receipt.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE accounts ADD COLUMN pseudonym BLOB NOT NULL DEFAULT x'';
UPDATE accounts SET pseudonym = randomblob(32);
ALTER TABLE twins ADD COLUMN pseudonym BLOB NOT NULL DEFAULT x'';
UPDATE twins SET pseudonym = randomblob(32);

CREATE TABLE log_entries (
  number INTEGER PRIMARY KEY CHECK (number >= 0), twin BLOB NOT NULL, run TEXT UNIQUE,
  entry TEXT NOT NULL) STRICT;
CREATE INDEX log_entries_twin ON log_entries(twin);

CREATE TABLE identities (
  id TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts(id), public TEXT NOT NULL,
  created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  token_hash BLOB PRIMARY KEY, expires_at INTEGER NOT NULL,
  identity TEXT NOT NULL REFERENCES identities(id) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_identity ON sessions(identity, expires_at);
)sql";

constexpr std::array<const char*, kSchemaVersion> kSteps{kVersion1, kVersion2, kVersion3};

}  // namespace

Status migrate(Database& database, int version) {
  for (;;) {
    Result<std::unique_ptr<Transaction>> step = Transaction::begin(database);
    if (!step) return step.error();
    const Result<Rows> written = database.query("PRAGMA user_version");
    if (!written) return written.error();
    const std::int64_t now = written->front().integer(0);
    if (now > version) {
      return Error{ErrorCode::kVersion, "the database has version " + std::to_string(now) +
                                            ", this salusd knows up to " + std::to_string(version) +
                                            ": start the newer salusd"};
    }
    if (now == version) return {};
    if (Status done = database.run_script(kSteps.at(static_cast<std::size_t>(now))); !done) {
      return done;
    }
    const std::string bump = "PRAGMA user_version=" + std::to_string(now + 1);
    if (Status done = database.run_script(bump); !done) return done;
    if (Status done = (*step)->commit(); !done) return done;
  }
}

}  // namespace salus::store
