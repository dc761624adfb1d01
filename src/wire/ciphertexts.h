// Several ciphertexts of one secret key as one object: a stage's outputs, the result of a cohort.
#pragma once

#include <span>
#include <vector>

#include "wire/container.h"

namespace salus::wire {

inline constexpr std::uint32_t kMaxCiphertexts = 4096;  ///< of one object

/// "salus-ciphertexts 1\n", the count, then each ciphertext behind its length.
Bytes write(std::span<const ckks::Ciphertext> values, const Digest& key_id);

struct ReadCiphertexts {
  Digest key_id;  ///< of all of them; all zeros where there are none
  std::vector<ckks::Ciphertext> values;
};
/// Errors: kParse, kVersion, kMismatch (parameters; two keys), kCorrupt, kLimit.
Result<ReadCiphertexts> read_ciphertexts(ByteView bytes, const ckks::ParametersPtr& params);

}  // namespace salus::wire
