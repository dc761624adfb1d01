// Evaluation keys as programs need them. A twin may have hundreds; a run expands those that its
// stage names and no other.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "ckks/evaluation_keys.h"
#include "service/byte_cache.h"
#include "store/object_store.h"

namespace salus::service {

/// Element (ckks::key_name) -> the level up to which a key must serve.
using KeyLevels = std::map<std::uint32_t, int>;

/// The keys of a twin: names and where their bytes are. Holds references: for the length of a call.
struct TwinKeys {
  const std::map<std::string, Digest>& names;
  const store::ObjectStore& objects;
};

/// Those of the twin's objects that hold the needed keys, by name. A twin of an earlier version has
/// one object for all (store::kWholeKeySet). What is missing is left out.
std::map<std::string, Digest> objects_with(const KeyLevels& needed, const ckks::Parameters& params,
                                           const std::map<std::string, Digest>& names);

/// Expanded keys by the digest of their object, the least recently used going first. Safe for
/// concurrent use.
class KeyCache {
 public:
  explicit KeyCache(std::uint64_t limit_bytes) : loaded_(limit_bytes) {}

  /// The needed keys are there and fit, by the first bytes of their objects; nothing is expanded.
  /// Errors: kMismatch (another parameter set, naming key and sets), kMissingKey (all that are
  /// missing or too low, with their sizes), those of ObjectStore::read and
  /// wire::list_evaluation_keys.
  Status require(const KeyLevels& needed, const ckks::Parameters& params,
                 const TwinKeys& twin) const;

  /// The needed keys and no others. Errors: those of `require`; kMismatch (a key that belongs to
  /// another secret key than `key_id`), kCorrupt.
  Result<std::shared_ptr<const ckks::EvaluationKeys>> load(const KeyLevels& needed,
                                                           const ckks::ParametersPtr& params,
                                                           const Digest& key_id,
                                                           const TwinKeys& twin);

  /// Reads all of a key that has just come, which runs are likely to need soon, and keeps it
  /// expanded; false, and nothing read, where that would send others away. Errors: those of
  /// wire::read_evaluation_key.
  Result<bool> welcome(const Digest& digest, ByteView bytes, const ckks::ParametersPtr& params,
                       int level);

  std::uint64_t used_bytes() const { return loaded_.used_bytes(); }
  /// Objects that were read and expanded so far: not those that were found here.
  std::uint64_t loads() const { return loads_; }

 private:
  struct Loaded {
    Digest key_id;
    ckks::EvaluationKeys keys;
  };
  Result<std::shared_ptr<const Loaded>> read(const Digest& digest, ByteView bytes,
                                             const ckks::ParametersPtr& params);
  Result<std::shared_ptr<const Loaded>> loaded(const Digest& digest,
                                               const ckks::ParametersPtr& params,
                                               const store::ObjectStore& objects);

  ByteCache<Loaded> loaded_;
  std::atomic<std::uint64_t> loads_ = 0;
};

}  // namespace salus::service
