// The server's transparency log: what the ledger recorded, signed for and provable.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "store/ledger.h"

namespace salus::tlog {
class Log;
}

namespace salus::service {

/// Safe for concurrent use.
class Journal {
 public:
  /// Opens the log again, as after a crash.
  using OpenLog = std::function<Result<std::unique_ptr<tlog::Log>>()>;

  /// Brings the log up to the ledger. Errors: of `open` and `flush`.
  static Result<std::unique_ptr<Journal>> start(store::LogLedger& ledger, OpenLog open);
  ~Journal();

  /// Appends what the ledger has and the log has not. Cost: nothing where there is nothing;
  /// otherwise as tlog::Log::append. Errors: kNoSpace, kIo: the entries stay in the ledger, and the
  /// next call tries again. kCorrupt where the log has more than the ledger: one of the two was
  /// replaced.
  Status flush();

  /// A proof file (*.tlog-proof) of a run's receipt, with the receipt as its extra data. Errors:
  /// kNotFound for a run without one; of `flush`.
  Result<std::string> proof_of_run(const std::string& run);
  /// The entries about a twin, oldest first. Errors: of `flush`.
  Result<std::vector<store::LogRow>> of_twin(const Digest& pseudonym);

  /// A file of the log as C2SP tlog-tiles lays it out: "checkpoint", "tile/...". Only what the
  /// signed checkpoint covers. Errors: kNotFound, kIo.
  Result<Bytes> file(const std::string& path);
  /// The log's verifier key, as text.
  std::string key();

 private:
  Journal(store::LogLedger& ledger, OpenLog open);
  Status reopen();
  Status append_batch(bool& done);

  store::LogLedger& ledger_;  // outlives the journal: both belong to the context
  OpenLog open_;
  std::mutex turn_;
  std::unique_ptr<tlog::Log> log_;  // nothing after a failure: it is opened again
  std::string key_;
};

/// How to open the log of a data folder: its key in FOLDER/log.key, its files in FOLDER/log. On the
/// first call for a folder whose ledger has no entry yet, both are made, the log under `origin`
/// (empty: "salusd-" and 8 random digits). Errors when called: kNotFound where one of the two is
/// missing although there are entries: nothing is made in their place; kMismatch for another name
/// than the log has; of tlog::Signer::load and tlog::Log.
Journal::OpenLog log_in_folder(const std::filesystem::path& folder, std::string origin,
                               store::LogLedger& ledger);

/// The log of a data folder, computed again from its files and held against the ledger's entries.
/// How many entries are in it. Errors: of tlog::Signer::load and tlog::audit_log; kCorrupt where
/// the ledger says something else.
Result<std::uint64_t> check_log(const std::filesystem::path& folder, store::LogLedger& ledger);

}  // namespace salus::service
