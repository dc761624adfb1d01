// Random polynomials. No branch and no memory index depends on a sampled secret.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"
#include "ring/poly.h"

namespace salus::ring {

/// Standard deviation of `sample_error`: sqrt(21 / 2).
inline constexpr double kErrorSigma = 3.2403703492039302;
inline constexpr int kErrorBound = 21;

/// Coefficients uniform in {-1, 0, 1} up to a bias of 2^-62: floor(3 r / 2^64) - 1, no rejection.
void sample_ternary(RandomStream& random, std::span<std::int64_t> out);

/// Centred binomial: difference of two sums of 21 coin flips (as Microsoft SEAL), sigma 3.24, at
/// most 21 in absolute value; the encryption-standard sigma of 3.2 or more without a table.
void sample_error(RandomStream& random, std::span<std::int64_t> out);

/// Uniform residues in NTT form: limb j comes from stream `first_stream + j` of the seed, by
/// rejection of words at or above the largest multiple of q_j (public values: rejection leaks
/// nothing). Equal seeds give equal polynomials on every machine; a prefix of the basis gives a
/// prefix of the limbs.
Poly expand_uniform(const Seed& seed, std::uint64_t first_stream, std::size_t ring_degree,
                    BasisView basis);

}  // namespace salus::ring
