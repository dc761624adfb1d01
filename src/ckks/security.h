// How large a modulus may be: the table that every object containing a secret's modulus is held to.
#pragma once

#include <optional>

#include "base/result.h"

namespace salus::ckks {

/// Which column of the table is enforced. `kUnsafeNoSecurity` is for experiments on toy rings:
/// salusd refuses such parameters, and nothing encrypted under them is protected.
enum class SecurityProfile { kClassical128, kQuantum128, kUnsafeNoSecurity };

/// Largest log2(Q P) for ring degree 2^log_n, a uniform ternary secret and errors of sigma 3.19 or
/// more; nothing where the table has no row (2^10 .. 2^17).
///
/// Source: Bossuat et al., "Security Guidelines for Implementing Homomorphic Encryption", IACR
/// Communications in Cryptology 1(4), 2024 (eprint 2024/463); quantum column after Chailloux and
/// Loyer.
std::optional<int> max_log_qp(int log_n, SecurityProfile profile);

/// Errors: kUnsafeParameters with both numbers and the smallest ring degree that would do.
Status require_secure(int log_n, double log_qp, SecurityProfile profile);

}  // namespace salus::ckks
