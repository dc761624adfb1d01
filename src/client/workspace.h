// The folder in which a client remembers its twins and runs. No secret and no feature lies in it:
// keys and features stay in the files that the user named.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "client/api.h"

namespace salus::client {

/// An evaluation key that was made for a twin.
struct KeyRecord {
  std::string digest;  ///< of its object
  int level = 0;
  std::uint64_t bytes = 0;
};
using KeyRecords = std::map<std::string, KeyRecord>;  ///< by name (ckks::key_name)

/// What a version of a twin is made of, and from which key.
struct TwinRecord {
  std::string name;
  std::string server;
  std::string id;             ///< given by the server; empty: no version was created yet
  std::uint64_t version = 0;  ///< the last one that was created
  bool created = false;       ///< the version below is that one; otherwise it is being prepared
  std::string key_id;
  std::string source;  ///< digest of what the staged ciphertexts were made from
  KeyRecords keys;
  std::map<std::string, std::string> features;  ///< input -> digest of its ciphertext
  std::string pseudonym;  ///< what the server's log calls the twin; empty: not known yet
  std::string content;    ///< receipt::twin_content of the last version that was created
  std::uint64_t ciphertext_bytes = 0;

  std::uint64_t key_bytes() const;
  std::uint64_t upload_bytes() const { return key_bytes() + ciphertext_bytes; }
};

struct RunRecord {
  std::string server;
  std::string twin;     ///< name
  std::string key_id;   ///< that opens the result
  std::string program;  ///< digest
  /// What the receipt has to say, as it was when the run was started.
  std::string pseudonym;
  std::uint64_t twin_version = 0;
  std::string content;
  Run last;                        ///< what the server said last
  std::uint64_t result_bytes = 0;  ///< 0: not fetched
};

/// A server's transparency log as this workspace knows it.
struct LogRecord {
  std::string server;
  std::string key;         ///< its verifier key
  std::string checkpoint;  ///< the last signed one that was seen; empty: none
};

/// Layout: twins/NAME.json, runs/ID.json, logs/HASH.json (one a server), staged/DIGEST (encrypted
/// objects of an upload that is not finished), cache/DIGEST.program. Every write is whole or
/// absent.
class Workspace {
 public:
  /// Creates the folder. Errors: kIo, kNoSpace.
  static Result<Workspace> open(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const { return folder_; }

  /// Errors: kInvalidArgument for a name that is no file name; kIo, kNoSpace.
  Status save(const TwinRecord& twin) const;
  Status save(const RunRecord& run) const;
  Status save(const LogRecord& log) const;
  /// Errors: kNotFound with what to do; kParse.
  Result<TwinRecord> twin(const std::string& name) const;
  Result<RunRecord> run(const std::string& id) const;
  Result<LogRecord> log(const std::string& server) const;
  Result<std::vector<TwinRecord>> twins() const;
  Status forget_twin(const std::string& name) const;

  /// Objects wait here until the server has them, so that an interrupted upload goes on with the
  /// same bytes.
  Status stage(const Digest& digest, ByteView object) const;
  /// Nothing if it is not there or damaged.
  std::optional<Bytes> staged(const Digest& digest) const;
  void unstage(const Digest& digest) const;

 private:
  explicit Workspace(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

inline constexpr std::uint64_t kMaxStagedBytes = 4ull << 30;

/// Letters, digits, - _ . and no leading dot, at most 128. Errors: kInvalidArgument.
Status require_plain_name(std::string_view what, std::string_view name);

}  // namespace salus::client
