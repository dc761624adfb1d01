// What the service needs from the engine. ckks_executor.h is the real one; tests bring their own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "receipt/entry.h"
#include "store/object_store.h"
#include "store/rows.h"

namespace salus::service {

/// What one run computes on. Deterministic: equal inputs give an equal result, byte for byte.
struct RunInput {
  Digest program;
  std::map<std::string, Digest> evaluation_keys;  ///< by what they are for
  std::map<std::string, Digest> features;
};

struct RunOutput {
  Bytes result;
  store::Timing timing;
  Digest basis;  ///< SHA-256 of the basis as an object
  std::vector<receipt::Checkpoint> checkpoints;
};

/// An output of a stage, as an object.
struct CachedState {
  Digest digest;  ///< SHA-256 of the bytes
  std::unique_ptr<store::ObjectBytes> bytes;
};

/// Outputs of stages that earlier runs left behind. A miss is no error.
class StateCache {
 public:
  virtual ~StateCache() = default;
  virtual std::optional<CachedState> find(const Digest& key) = 0;
  /// The digest of the bytes. Errors: kNoSpace, kIo; the run can go on without the cache.
  virtual Result<Digest> put(const Digest& key, ByteView bytes) = 0;
};

/// Called with the fraction done and the stage's name; false: stop, the run is not wanted any more.
using Progress = std::function<bool(double fraction, std::string_view stage)>;

/// Parses what was uploaded and executes programs. Safe for concurrent use.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Parses `bytes` as their kind. Errors: kParse, kVersion, kLimit, kMismatch, kUnsafeParameters.
  /// `digest` is theirs; a program that was parsed may be kept under it.
  virtual Result<store::Facts> inspect(store::ObjectKind kind, const Digest& digest,
                                       ByteView bytes) const = 0;

  /// Whether program, keys and features fit together, before anything is computed.
  /// Errors: kMismatch (parameters, features), kMissingKey, naming what to make.
  virtual Status check(const RunInput& input, const store::ObjectStore& objects) const = 0;

  /// Errors: those of `check`, kCorrupt, kCancelled when `progress` said
  /// so, those of the runtime.
  virtual Result<RunOutput> execute(const RunInput& input, const store::ObjectStore& objects,
                                    StateCache& states, const Progress& progress) const = 0;
};

}  // namespace salus::service
