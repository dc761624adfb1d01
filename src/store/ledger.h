// What the server remembers besides bytes: accounts, objects and who holds them, twins, runs,
// cached states. Drivers: sqlite/. All rules that need a transaction live in the driver and are
// held by one conformance suite (ledger_conformance_test.cpp).
//
// Every change is durable when its call returns. Safe for concurrent use. Times are given by the
// caller, so that tests own the clock.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/rows.h"

namespace salus::store {

class AccountLedger {
 public:
  virtual ~AccountLedger() = default;
  /// Errors: kConflict when the name exists.
  virtual Result<Account> add(const NewAccount& account, TimeMs now) = 0;
  virtual Result<std::vector<Account>> list() = 0;
  /// Errors: kNotFound.
  virtual Result<Account> by_token(const Digest& token_hash) = 0;
  /// Errors: kNotFound.
  virtual Result<Account> find(AccountId account) = 0;

  /// Errors: kNotFound (the account), kConflict (the identity acts for one already).
  virtual Status bind(const BoundIdentity& identity, TimeMs now) = 0;
  /// Its sessions end. Errors: kNotFound.
  virtual Status unbind(const std::string& identity) = 0;
  /// Errors: kNotFound.
  virtual Result<BoundIdentity> identity(const std::string& id) = 0;
  /// Sessions that are over are dropped; of one identity's, the `limit` that last longest stay.
  virtual Status open_session(const Session& session, int limit, TimeMs now) = 0;
  /// Errors: kNotFound, also where it is over.
  virtual Result<Account> by_session(const Digest& token_hash, TimeMs now) = 0;
  /// Fine where there is none.
  virtual Status close_session(const Digest& token_hash) = 0;

  /// Bytes that count against the quota: objects held, uploads announced, results, cached states.
  virtual Result<std::uint64_t> used_bytes(AccountId account) = 0;
};

class ObjectLedger {
 public:
  virtual ~ObjectLedger() = default;
  /// Announces an upload, or returns the one that stands. Errors: kConflict when it was announced
  /// with another size or kind, kNoSpace above the account's quota (nothing is recorded).
  virtual Result<Upload> begin_upload(const Upload& upload, TimeMs now) = 0;
  virtual Result<std::optional<Upload>> find_upload(AccountId account, const Digest& digest) = 0;
  /// Promises that the first `offset` bytes are kept. Errors: kNotFound.
  virtual Status acknowledge(AccountId account, const Digest& digest, std::uint64_t offset,
                             TimeMs now) = 0;
  /// The upload becomes an object that the account holds.
  virtual Status complete_upload(AccountId account, const Digest& digest, const Facts& facts,
                                 TimeMs now) = 0;
  virtual Status drop_upload(AccountId account, const Digest& digest) = 0;
  virtual Result<std::vector<Upload>> uploads() = 0;

  virtual Result<std::optional<Holding>> find(AccountId account, const Digest& digest) = 0;
  /// Every recorded object with its reference count (holdings, twins, runs, results, states).
  virtual Result<std::vector<ObjectRow>> objects() = 0;
  /// Objects whose count is zero. Their bytes go first, then `forget` drops the row.
  virtual Result<std::vector<Digest>> garbage() = 0;
  virtual Status forget(const Digest& digest) = 0;
};

/// What the transparency log is to say of a twin as the change leaves it.
using EntryOf = std::function<std::string(const Twin&)>;

class TwinLedger {
 public:
  virtual ~TwinLedger() = default;
  /// The first version, or the next one when the account has a twin of that name; in the same
  /// transaction, the log's entry of it.
  virtual Result<Twin> put(AccountId account, const NewTwin& twin, const EntryOf& entry,
                           TimeMs now) = 0;
  /// Latest versions, oldest twin first.
  virtual Result<std::vector<Twin>> list(AccountId account) = 0;
  virtual Result<std::optional<Twin>> find(AccountId account, const std::string& id) = 0;
  virtual Result<std::optional<Twin>> find_version(const std::string& id, int version) = 0;
  /// The twin, its runs and states; holdings that no other twin of the account uses. The objects
  /// that nobody holds any more become garbage. The log's entry of it, in the same transaction, is
  /// all that stays. Errors: kNotFound.
  virtual Status erase(AccountId account, const std::string& id, const EntryOf& entry) = 0;

  /// Output of a program's stage for given keys and inputs; `key` is a digest of all three.
  virtual Result<std::optional<Digest>> find_state(const Digest& key) = 0;
  /// Keeps at most `limit` states per twin, the latest used.
  virtual Status put_state(const NewState& state, int limit, TimeMs now) = 0;
  virtual Status drop_state(const Digest& key) = 0;
};

/// The lease protocol: a run is claimed with a fence number that only grows. Whoever writes under
/// an older fence is told so (false) and must throw its work away, so at most one result is
/// committed.
class RunLedger {
 public:
  virtual ~RunLedger() = default;
  /// The unfinished run of the same twin version and program, or a new one. Errors: kUnavailable
  /// when `queue_limit` runs are waiting.
  virtual Result<Run> enqueue(const NewRun& run, int queue_limit, TimeMs now) = 0;
  virtual Result<std::vector<Run>> list(AccountId account) = 0;
  virtual Result<std::optional<Run>> find(AccountId account, const std::string& id) = 0;

  /// Takes the oldest run that is queued or whose lease is over: attempts + 1, fence + 1.
  virtual Result<std::optional<Claim>> claim(const std::string& worker, TimeMs lease_ms,
                                             TimeMs now) = 0;
  virtual Result<bool> heartbeat(const Claim& claim, TimeMs lease_ms, TimeMs now) = 0;
  /// Commits the result, its object row and the log's entry in one transaction.
  virtual Result<bool> finish(const Claim& claim, const RunResult& result, TimeMs now) = 0;
  virtual Result<bool> fail(const Claim& claim, const Error& error, TimeMs now) = 0;
  /// Gives an unfinished run back to the queue; the attempt does not count.
  virtual Result<bool> release(const Claim& claim, TimeMs now) = 0;
  /// False when it had ended already. Errors: kNotFound.
  virtual Result<bool> cancel(AccountId account, const std::string& id, TimeMs now) = 0;
  /// At the start of the only server of a data folder: whatever was running belonged to a dead one.
  virtual Result<int> requeue_all(TimeMs now) = 0;
};

/// What the transparency log is to hold: entries are numbered from 0 without gaps, in the order of
/// the changes that they tell of, each recorded in the transaction of its change. So whatever dies
/// when, the log can be brought up to the ledger, entry by entry, none twice.
class LogLedger {
 public:
  virtual ~LogLedger() = default;
  virtual Result<std::uint64_t> count() = 0;
  /// At most `limit` entries from `number` on, in order.
  virtual Result<std::vector<LogRow>> from(std::uint64_t number, int limit) = 0;
  /// The receipt of a run; nothing for one without a result, or from before receipts.
  virtual Result<std::optional<LogRow>> of_run(const std::string& run) = 0;
  /// Oldest first.
  virtual Result<std::vector<LogRow>> of_twin(const Digest& pseudonym) = 0;
};

class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual AccountLedger& accounts() = 0;
  virtual ObjectLedger& objects() = 0;
  virtual TwinLedger& twins() = 0;
  virtual RunLedger& runs() = 0;
  virtual LogLedger& log() = 0;
  /// Structure and references hold together. Errors: kCorrupt, naming what does not.
  virtual Status check_integrity() = 0;
};

}  // namespace salus::store
