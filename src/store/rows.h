// The rows of the ledger, as plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::store {

using AccountId = std::int64_t;
using TimeMs = std::int64_t;  ///< milliseconds since 1970-01-01 UTC

/// What an object is. States and results are made by the server and cannot be uploaded;
/// kEvaluationKeys is how earlier versions took all keys of a twin as one object.
enum class ObjectKind {
  kEvaluationKey,
  kCiphertext,
  kProgram,
  kState,
  kResult,
  kEvaluationKeys,
};

/// The name under which a twin of an earlier version holds its one object of all keys.
inline constexpr std::string_view kWholeKeySet = "evaluation keys";

/// Stable spelling, e.g. "evaluation_key".
std::string_view name(ObjectKind kind);
Result<ObjectKind> parse_object_kind(std::string_view text);

struct NewAccount {
  std::string name;
  Digest token_hash;  ///< SHA-256 of the token; the token itself is never stored
  std::uint64_t quota_bytes = 0;
};

struct Account {
  AccountId id = 0;
  std::string name;
  Digest token_hash;
  std::uint64_t quota_bytes = 0;
  TimeMs created_at = 0;
  Digest pseudonym;  ///< random: what the transparency log calls it
};

/// An identity that may act for an account: its public part as text (identity::PublicIdentity).
struct BoundIdentity {
  std::string id;
  std::string public_text;
  AccountId account = 0;
};

/// Somebody who signed in.
struct Session {
  Digest token_hash;  ///< SHA-256 of the token; the token itself is never stored
  std::string identity;
  TimeMs expires_at = 0;
};

struct Upload {
  AccountId account = 0;
  Digest digest;
  ObjectKind kind = ObjectKind::kCiphertext;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;  ///< acknowledged: these bytes survive a crash
  TimeMs updated_at = 0;
};

/// What was learned when an object was parsed.
struct Facts {
  std::string parameters;  ///< hash of the parameter set, hexadecimal; empty where it has none
  std::string key;         ///< identifier of the secret key behind it; empty where it has none
  std::string purpose;     ///< of an evaluation key, its name; otherwise empty
  bool operator==(const Facts&) const = default;
};

struct Holding {
  Digest digest;
  ObjectKind kind = ObjectKind::kCiphertext;
  std::uint64_t bytes = 0;
  Facts facts;
};

struct ObjectRow {
  Digest digest;
  std::uint64_t bytes = 0;
  std::int64_t references = 0;
};

struct NewTwin {
  std::string name;
  std::map<std::string, Digest> evaluation_keys;  ///< by what they are for
  std::string parameters;
  std::map<std::string, Digest> features;
};

struct Twin {
  std::string id;
  std::string name;
  AccountId account = 0;
  int version = 0;
  std::map<std::string, Digest> evaluation_keys;  ///< by what they are for
  std::string parameters;
  std::map<std::string, Digest> features;
  TimeMs created_at = 0;  ///< of this version
  /// Random: what the transparency log calls it. Erasing the twin destroys it, and with it what
  /// ties the log's entries to anybody.
  Digest pseudonym;
};

struct NewState {
  Digest key;
  std::string twin;
  Digest object;
  std::uint64_t bytes = 0;
};

enum class RunState { kQueued, kRunning, kDone, kFailed, kCancelled };

std::string_view name(RunState state);
Result<RunState> parse_run_state(std::string_view text);

struct NewRun {
  AccountId account = 0;
  std::string twin;
  int twin_version = 0;
  Digest program;
};

/// Seconds by the server's clock from the start of a run to its result, and what they were spent
/// on.
struct Timing {
  double server_seconds = 0;
  double encode_seconds = 0;
  double basis_seconds = 0;
  double readout_seconds = 0;
  bool basis_reused = false;
};

struct RunResult {
  Digest object;
  std::uint64_t bytes = 0;
  Timing timing;
  std::string receipt;  ///< the log's entry
};

/// An entry of the transparency log: which number it has there.
struct LogRow {
  std::uint64_t number = 0;
  std::string entry;
};

struct Run {
  std::string id;
  AccountId account = 0;
  std::string twin;
  int twin_version = 0;
  Digest program;
  RunState state = RunState::kQueued;
  int attempts = 0;
  Timing timing;                   ///< of kDone
  std::optional<Digest> result;    ///< of kDone
  std::uint64_t result_bytes = 0;  ///< of kDone
  std::string error_code;          ///< of kFailed
  std::string error_message;       ///< of kFailed
  TimeMs created_at = 0;
  TimeMs updated_at = 0;
};

/// A lease on a run. `fence` tells this claim from every earlier one.
struct Claim {
  Run run;
  std::int64_t fence = 0;
};

}  // namespace salus::store
