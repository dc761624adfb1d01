// A stage's output ciphertexts as one object.
#pragma once

#include <vector>

#include "wire/container.h"

namespace salus::service {

/// "salus-state 1\n", the count, then each ciphertext behind its length.
Bytes write_state(const std::vector<ckks::Ciphertext>& values, const Digest& key_id);

/// Errors: kParse, kVersion, kMismatch, kCorrupt, kLimit.
Result<std::vector<ckks::Ciphertext>> read_state(ByteView bytes, const ckks::ParametersPtr& params);

}  // namespace salus::service
