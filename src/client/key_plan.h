// Which evaluation keys programs need, how large each is and how long it takes to make: known
// before the first is made.
#pragma once

#include <string>
#include <vector>

#include "client/workspace.h"
#include "keys/secret_key.h"

namespace salus::client {

struct PlannedKey {
  std::string name;  ///< ckks::key_name
  std::uint32_t element = ckks::kRelinearization;
  int level = 0;
  std::uint64_t bytes = 0;  ///< of its object
  double seconds = 0;       ///< to make and pack it, once `estimate` has run
  bool reused = false;      ///< a key that was made before serves: neither made nor sent
};

/// Products first, then rotations by their steps, then the conjugation.
struct KeyPlan {
  std::vector<PlannedKey> keys;

  std::size_t made_count() const;    ///< keys to make
  std::uint64_t made_bytes() const;  ///< of them together
  double made_seconds() const;
  std::uint64_t bytes() const;  ///< of all keys

  /// Marks the keys for which a known one serves: of that name, at that level or above.
  void reuse(const KeyRecords& known);
};

/// Errors: kMismatch (no special primes, a level above the chain).
Result<KeyPlan> plan_keys(const ckks::Parameters& params, const circuit::KeyRequirements& needed);

/// Fills in the seconds of the keys to make. Measured: the smallest of them is made twice, packed
/// and hashed as an object, for a secret that is thrown away; the faster time, multiplied by how
/// many more bytes another key has (work and bytes are both digits times limbs).
/// Errors: those of keys::SecretKey::derive.
Status estimate(KeyPlan& plan, const ckks::ParametersPtr& params);

}  // namespace salus::client
