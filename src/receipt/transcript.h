// What a run commits to while it computes.
#pragma once

#include <string>
#include <vector>

#include "circuit/circuit.h"
#include "ckks/ciphertext.h"
#include "receipt/entry.h"

namespace salus::receipt {

/// BLAKE2b-256 of "salus-value 1\n", level (u32), scale (f64), number of parts (u32) and the
/// residues of each part, limb by limb, in NTT order, all little-endian. Evaluation is the same bit
/// for bit on every kernel, so this is, too. Cost: one pass over the words, about 1 GB/s.
Digest value_digest(const ckks::Ciphertext& value);

/// Takes the values of a run in the order in which they are computed and keeps the digest of every
/// kEvery-th of a stage.
class Transcript {
 public:
  static constexpr int kEvery = 64;

  void take(const std::string& stage, circuit::ValueId id, const ckks::Ciphertext& value);
  const std::vector<Checkpoint>& checkpoints() const { return checkpoints_; }

 private:
  std::string stage_;
  int seen_ = 0;  // of this stage
  int every_ = kEvery;
  std::vector<Checkpoint> checkpoints_;
};

}  // namespace salus::receipt
