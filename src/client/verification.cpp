#include "client/verification.h"

#include "tlog/tile.h"

namespace salus::client {
namespace {

/// The log's files, as the server gives them.
class ServerTiles final : public tlog::TileReader {
 public:
  explicit ServerTiles(Api& api) : api_(api) {}
  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override {
    return api_.log_file(path, limit_bytes);
  }

 private:
  Api& api_;
};

Error with_advice(const Error& error) {
  // What could not be asked is no lie yet.
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kIo ||
      error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kCancelled ||
      error.code == ErrorCode::kNotFound) {
    return error;
  }
  return Error{ErrorCode::kCorrupt,
               "not verified: " + error.message +
                   ". Do not open this result; keep the files and tell the server's operator and an"
                   " auditor. --unverified goes on without the receipt"};
}

/// That the log of `head` begins with all entries of `old`, by the server's tiles.
Status continues(Api& api, const tlog::TreeHead& old, const tlog::TreeHead& head) {
  if (head.size < old.size) {
    return Error{ErrorCode::kCorrupt, "the server's log has " + std::to_string(head.size) +
                                          " entries, it had " + std::to_string(old.size) +
                                          " before: entries were taken away"};
  }
  const ServerTiles tiles(api);
  const auto proof =
      tlog::consistency_proof(tlog::TileHashReader(tiles, head.size), old.size, head.size);
  if (!proof) return proof.error();
  if (tlog::verify_consistency(old, head, *proof)) return {};
  return Error{ErrorCode::kCorrupt,
               "the server's log of " + std::to_string(head.size) +
                   " entries does not begin with the " + std::to_string(old.size) +
                   " that it had before: it shows different people different histories"};
}

/// What is pinned for the server; on first contact, what the server says now.
Result<LogRecord> pinned(const Workspace& workspace, Api& api, const std::string& server) {
  Result<LogRecord> known = workspace.log(server);
  if (known || known.error().code != ErrorCode::kNotFound) return known;
  const Result<std::string> key = api.log_key();
  if (!key) return key.error();
  return LogRecord{.server = server, .key = *key, .checkpoint = {}};
}

tlog::Policy policy_of(const tlog::VerifierKey& key) {
  tlog::Policy policy;
  policy.logs.push_back({.key = key, .url = {}});
  return policy;
}

Result<receipt::Expectation> expected_of(const RunRecord& run, const Digest& result) {
  const Result<Digest> twin = Digest::parse(run.pseudonym);
  const Result<Digest> content = Digest::parse(run.content);
  if (!twin || !content) {
    return Error{ErrorCode::kMismatch, "run " + run.last.id +
                                           " was started by a version of salus that did not know"
                                           " receipts; start it again, or give --unverified"};
  }
  const Result<Digest> program = Digest::parse(run.program);
  if (!program) return program.error();
  return receipt::Expectation{.run = run.last.id,
                              .twin = *twin,
                              .twin_version = run.twin_version,
                              .content = *content,
                              .program = *program,
                              .result = result};
}

}  // namespace

Result<std::string> server_key(const Workspace& workspace, Api& api, const std::string& server) {
  const Result<LogRecord> record = pinned(workspace, api, server);
  if (!record) return record.error();
  if (Status kept = workspace.save(*record); !kept) return kept.error();
  return record->key;
}

Status follow_log(const Workspace& workspace, Api& api, const std::string& server,
                  std::string_view note) {
  Result<LogRecord> record = pinned(workspace, api, server);
  if (!record) return record.error();
  const Result<tlog::VerifierKey> key = tlog::VerifierKey::parse(record->key);
  if (!key) return key.error();
  const Result<tlog::Checkpoint> now = tlog::open_checkpoint(note, *key);
  if (!now) return with_advice(now.error());
  if (!record->checkpoint.empty()) {
    const Result<tlog::Checkpoint> before = tlog::open_checkpoint(record->checkpoint, *key);
    if (!before) return before.error();
    if (Status fine = continues(api, before->head, now->head); !fine) {
      return with_advice(fine.error());
    }
  }
  record->checkpoint = std::string(note);
  return workspace.save(*record);
}

Result<std::string> fetch_receipt(const Workspace& workspace, Api& api, const RunRecord& run,
                                  const Digest& result) {
  Result<std::string> proof = api.run_receipt(run.last.id);
  if (!proof) return proof.error();
  const Result<tlog::LogProof> read = tlog::parse_proof(*proof);
  if (!read) return with_advice(read.error());
  if (Status fine = follow_log(workspace, api, run.server, read->checkpoint); !fine) {
    return fine.error();
  }
  if (const auto good = check_receipt(workspace, run, *proof, result); !good) return good.error();
  return proof;
}

Result<VerifiedReceipt> check_receipt(const Workspace& workspace, const RunRecord& run,
                                      std::string_view proof, const Digest& result) {
  const Result<LogRecord> record = workspace.log(run.server);
  if (!record) return record.error();
  const Result<tlog::VerifierKey> key = tlog::VerifierKey::parse(record->key);
  if (!key) return key.error();
  const Result<receipt::Expectation> expected = expected_of(run, result);
  if (!expected) return expected.error();
  const Result<tlog::LogProof> read = tlog::parse_proof(proof);
  if (!read) return with_advice(read.error());
  Result<receipt::Receipt> receipt = receipt::verify_receipt(*read, policy_of(*key), *expected);
  if (!receipt) return with_advice(receipt.error());
  return VerifiedReceipt{.receipt = std::move(*receipt), .log = key->name, .entry = read->index};
}

}  // namespace salus::client
