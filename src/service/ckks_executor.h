// Executes programs on CKKS ciphertexts. Holds evaluation keys; can decrypt nothing.
#pragma once

#include <memory>

#include "service/executor.h"

namespace salus::service {

/// Parsed evaluation keys, programs and their encoded constants are kept in memory, the least
/// recently used going first, at most `cache_bytes` of each of the three.
std::shared_ptr<const Executor> make_ckks_executor(std::uint64_t cache_bytes);

/// The name under which the output of a stage is cached.
Digest state_key(const Digest& stage, const Digest& evaluation_keys,
                 const std::vector<Digest>& inputs);

}  // namespace salus::service
