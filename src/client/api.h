// The HTTP interface (docs/formats/http-api.md) as functions. No key and no plaintext in here.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "client/transport.h"

namespace salus::client {

enum class ObjectKind { kEvaluationKey, kCiphertext, kProgram };
std::string_view name(ObjectKind kind);

struct Limits {
  std::uint64_t max_object_bytes = 0;
  std::uint64_t max_chunk_bytes = 0;
};

struct UploadState {
  std::uint64_t offset = 0;  ///< bytes that the server has acknowledged
  bool complete = false;
};

struct Twin {
  std::string id;
  std::string name;
  std::uint64_t version = 0;
  std::string created_at;
  std::string pseudonym;  ///< what the server's log calls it; empty from an older server
  std::map<std::string, std::string> evaluation_keys;  ///< by name, digests of their objects
};

/// What signing in gave.
struct SignedIn {
  std::string token;
  std::string account;
  std::string expires_at;
};

/// An entry of the server's log.
struct LogEntry {
  std::uint64_t number = 0;
  std::string entry;
};

struct Run {
  std::string id;
  std::string state;  ///< queued running done failed cancelled
  std::string twin;
  std::string program;
  std::string stage;
  std::string error;
  std::uint64_t twin_version = 0;
  std::uint64_t attempts = 0;
  double progress = 0;
  double server_seconds = 0;  ///< by its clock, from the start of the run to its result
  double basis_seconds = 0;
  double readout_seconds = 0;
  double encode_seconds = 0;
  bool basis_reused = false;

  bool ended() const { return state == "done" || state == "failed" || state == "cancelled"; }
};

/// A reply's JSON as a value. Errors: kParse, naming the field that is missing or of another type.
Result<UploadState> parse_upload_state(std::string_view json);
Result<Twin> parse_twin(std::string_view json);
Result<Run> parse_run(std::string_view json);

/// The same fields as JSON; parse_run(print_run(r)) gives r back.
std::string print_run(const Run& run);
std::string print_twin(const Twin& twin);

/// The error inside a reply of status 400 and up: the problem's code and detail where it has them.
Error error_of(const Response& reply);

/// One server, one account. Every method is one request.
/// Errors of all: those of Transport::send, error_of(reply), kParse for a reply that is not ours.
class Api {
 public:
  explicit Api(Transport& transport) : transport_(transport) {}

  Result<Limits> limits();
  Result<std::string> challenge(std::string_view identity);
  Result<SignedIn> sign_in(std::string_view identity, std::string_view challenge,
                           ByteView signature);
  Status sign_out();
  Result<UploadState> announce(const Digest& digest, std::uint64_t bytes, ObjectKind kind);
  Result<UploadState> upload_status(const Digest& digest);
  Result<UploadState> put(const Digest& digest, std::uint64_t offset, ByteView chunk);
  /// Keys and features by name, as digests of objects that the server has.
  Result<Twin> create_twin(std::string_view name,
                           const std::map<std::string, Digest>& evaluation_keys,
                           const std::map<std::string, Digest>& features);
  Result<std::vector<Twin>> twins();
  Result<Twin> twin(std::string_view id);
  Status erase_twin(std::string_view id);
  Result<Run> start_run(std::string_view twin, const Digest& program);
  Result<std::vector<Run>> runs();
  Result<Run> run(std::string_view id);
  Status cancel_run(std::string_view id);
  Result<Bytes> run_result(std::string_view id);
  /// A proof file (*.tlog-proof) with the run's receipt.
  Result<std::string> run_receipt(std::string_view id);
  /// What the log says of a twin, oldest first.
  Result<std::vector<LogEntry>> twin_log(std::string_view id);
  /// The log's verifier key, as text.
  Result<std::string> log_key();
  /// "checkpoint", "tile/...".
  Result<Bytes> log_file(std::string_view path, std::uint64_t limit_bytes);
  /// Calls `on_change` at each change until the run ends or it returns false.
  Status watch_run(std::string_view id, const std::function<bool(const Run&)>& on_change);

 private:
  Result<std::string> ask(Method method, std::string target, std::string_view json = {});
  Transport& transport_;
};

/// `text` safe inside a path: everything but letters, digits, - _ . ~ percent-encoded.
std::string path_part(std::string_view text);

}  // namespace salus::client
