// Executes programs on CKKS ciphertexts. Holds evaluation keys; can decrypt nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "service/executor.h"

namespace salus::service {

/// Evaluation keys that a stage needed, programs and their encoded constants are kept in memory,
/// the least recently used going first, at most `cache_bytes` of each of the three. A program that
/// would take more than `max_run_bytes` of memory, predicted by runtime::estimate_memory, is
/// refused before its first operation (kLimit).
std::shared_ptr<const Executor> make_ckks_executor(std::uint64_t cache_bytes,
                                                   std::uint64_t max_run_bytes);

/// The name under which the output of a stage is cached. `evaluation_keys` are those that the stage
/// uses, by name: with another of them it would give other bytes, with another key beside them not.
Digest state_key(const Digest& stage, const std::map<std::string, Digest>& evaluation_keys,
                 const std::vector<Digest>& inputs);

}  // namespace salus::service
