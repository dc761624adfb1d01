// Before a result is opened: the server's receipt, held against what this workspace knows.
#pragma once

#include <string>

#include "client/api.h"
#include "client/workspace.h"
#include "receipt/verify.h"

namespace salus::client {

/// Where the receipt of a result in `file` lies: beside it.
inline std::string receipt_file(const std::string& file) { return file + ".tlog-proof"; }

/// A receipt that was found good, and where it is logged.
struct VerifiedReceipt {
  receipt::Receipt receipt;
  std::string log;          ///< the log's name
  std::uint64_t entry = 0;  ///< its number there
};

/// The verifier key of a server's log, by which this workspace knows the server: the pinned one; on
/// first contact the server is asked for it, and it is pinned. Errors: of the request, kNoSpace,
/// kIo.
Result<std::string> server_key(const Workspace& workspace, Api& api, const std::string& server);

/// Whether `note`, a checkpoint that the server gave, continues the one that the workspace
/// remembers; then it is what the workspace remembers. The log's key is the one that was pinned for
/// this server; on first contact the server is asked for it and it is pinned (trust on first use;
/// `salus log trust` pins it before). Errors: kCorrupt (signed by another key, shorter than before,
/// or another history: somebody was shown something else), of the requests, kNoSpace, kIo.
Status follow_log(const Workspace& workspace, Api& api, const std::string& server,
                  std::string_view note);

/// The proof file of a run's receipt, fetched, held against the run and against the log as it was
/// seen before. `result` is the digest of the bytes that came. Errors: kCorrupt naming what
/// differs, with what to do; of follow_log; kNotFound for a run from before receipts.
Result<std::string> fetch_receipt(const Workspace& workspace, Api& api, const RunRecord& run,
                                  const Digest& result);

/// The same receipt, offline. Errors: kNotFound (no log's key is pinned for the run's server),
/// kCorrupt, kParse, kMismatch (the run was started by a version that did not know receipts).
Result<VerifiedReceipt> check_receipt(const Workspace& workspace, const RunRecord& run,
                                      std::string_view proof, const Digest& result);

}  // namespace salus::client
