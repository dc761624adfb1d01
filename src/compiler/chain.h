// Which parameters a circuit of a given depth gets: a table, so that every program of one shape
// shares them and a server's prepared tables serve all.
#pragma once

#include "circuit/circuit.h"

namespace salus::compiler {

/// log2 of the scale that circuits keep to, the size of the level primes.
inline constexpr int kLogScale = 45;

/// The smallest chain with `levels` level primes above q_0 at 128 bits of classical security: N =
/// 2^14, log2(QP) <= 430 (Bossuat et al. 2024, the table that ckks enforces). q_0 and the special
/// primes have 50 bits, level primes alternate above and below 2^45; all are 1 mod 2^18. Errors:
/// kLimit for more than 7 levels.
Result<circuit::Chain> chain_for(int levels);

inline constexpr int kMaxLevels = 7;

}  // namespace salus::compiler
