// The five parts of the SQLite ledger, which share a connection.
#pragma once

#include "store/ledger.h"
#include "store/sqlite/database.h"

namespace salus::store {

class SqliteAccounts final : public AccountLedger {
 public:
  explicit SqliteAccounts(Database& database) : database_(database) {}
  Result<Account> add(const NewAccount& account, TimeMs now) override;
  Result<std::vector<Account>> list() override;
  Result<Account> by_token(const Digest& token_hash) override;
  Result<Account> find(AccountId account) override;
  Status bind(const BoundIdentity& identity, TimeMs now) override;
  Status unbind(const std::string& identity) override;
  Result<BoundIdentity> identity(const std::string& id) override;
  Status open_session(const Session& session, int limit, TimeMs now) override;
  Result<Account> by_session(const Digest& token_hash, TimeMs now) override;
  Status close_session(const Digest& token_hash) override;
  Result<std::uint64_t> used_bytes(AccountId account) override;

 private:
  Database& database_;  // outlives the parts: both belong to the ledger
};

class SqliteObjects final : public ObjectLedger {
 public:
  SqliteObjects(Database& database, AccountLedger& accounts)
      : database_(database), accounts_(accounts) {}
  Result<Upload> begin_upload(const Upload& upload, TimeMs now) override;
  Result<std::optional<Upload>> find_upload(AccountId account, const Digest& digest) override;
  Status acknowledge(AccountId account, const Digest& digest, std::uint64_t offset,
                     TimeMs now) override;
  Status complete_upload(AccountId account, const Digest& digest, const Facts& facts,
                         TimeMs now) override;
  Status drop_upload(AccountId account, const Digest& digest) override;
  Result<std::vector<Upload>> uploads() override;
  Result<std::optional<Holding>> find(AccountId account, const Digest& digest) override;
  Result<std::vector<ObjectRow>> objects() override;
  Result<std::vector<Digest>> garbage() override;
  Status forget(const Digest& digest) override;

 private:
  Database& database_;
  AccountLedger& accounts_;
};

class SqliteTwins final : public TwinLedger {
 public:
  explicit SqliteTwins(Database& database) : database_(database) {}
  Result<Twin> put(AccountId account, const NewTwin& twin, const EntryOf& entry,
                   TimeMs now) override;
  Result<std::vector<Twin>> list(AccountId account) override;
  Result<std::optional<Twin>> find(AccountId account, const std::string& id) override;
  Result<std::optional<Twin>> find_version(const std::string& id, int version) override;
  Status erase(AccountId account, const std::string& id, const EntryOf& entry) override;
  Result<std::optional<Digest>> find_state(const Digest& key) override;
  Status put_state(const NewState& state, int limit, TimeMs now) override;
  Status drop_state(const Digest& key) override;

 private:
  Result<std::vector<Twin>> read(const std::string& where, const Values& values);
  Status put_named(std::string_view table, const Twin& twin,
                   const std::map<std::string, Digest>& objects);
  Database& database_;
};

class SqliteRuns final : public RunLedger {
 public:
  explicit SqliteRuns(Database& database) : database_(database) {}
  Result<Run> enqueue(const NewRun& run, int queue_limit, TimeMs now) override;
  Result<std::vector<Run>> list(AccountId account) override;
  Result<std::optional<Run>> find(AccountId account, const std::string& id) override;
  Result<std::optional<Claim>> claim(const std::string& worker, TimeMs lease_ms,
                                     TimeMs now) override;
  Result<bool> heartbeat(const Claim& claim, TimeMs lease_ms, TimeMs now) override;
  Result<bool> finish(const Claim& claim, const RunResult& result, TimeMs now) override;
  Result<bool> fail(const Claim& claim, const Error& error, TimeMs now) override;
  Result<bool> release(const Claim& claim, TimeMs now) override;
  Result<bool> cancel(AccountId account, const std::string& id, TimeMs now) override;
  Result<int> requeue_all(TimeMs now) override;

 private:
  Result<std::vector<Run>> read(const std::string& where, const Values& values);
  Result<bool> fenced_change(const std::string& set, const Values& values, const Claim& claim);
  Database& database_;
};

class SqliteLog final : public LogLedger {
 public:
  explicit SqliteLog(Database& database) : database_(database) {}
  Result<std::uint64_t> count() override;
  Result<std::vector<LogRow>> from(std::uint64_t number, int limit) override;
  Result<std::optional<LogRow>> of_run(const std::string& run) override;
  Result<std::vector<LogRow>> of_twin(const Digest& pseudonym) override;

 private:
  Result<std::vector<LogRow>> read(const std::string& where, const Values& values);
  Database& database_;
};

/// The log's next entry, about a twin's pseudonym and, where it is a receipt, a run. Within the
/// transaction of the change that it tells of.
Status record_entry(Database& database, const Digest& twin, const std::string& run,
                    const std::string& entry);

/// 256 random bits.
Digest random_pseudonym();

/// 128 random bits in hexadecimal behind a prefix: identifiers that nobody can guess or count.
std::string random_id(std::string_view prefix);

/// Records an object's row if it is not there yet.
Status record_object(Database& database, const Digest& digest, std::uint64_t bytes, TimeMs now);

}  // namespace salus::store
