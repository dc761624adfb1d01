// Wide noise that drowns small errors: the discrete Gaussian, exactly.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace salus::ring {

/// So that samples, at most kGaussianTail sigma, fit 64 bits.
inline constexpr std::uint64_t kMaxGaussianSigma = std::uint64_t{1} << 56;
inline constexpr std::int64_t kGaussianTail = 64;

/// P(x) proportional to exp(-x^2 / (2 sigma^2)) on the integers: Canonne, Kamath and Steinke, "The
/// discrete Gaussian for differential privacy", NeurIPS 2020 (arXiv 2004.00010), whose every
/// decision compares integers. No table and no floating-point number, so no bit of a sample is less
/// random than the others, however wide the distribution: a rounded double of standard deviation
/// 2^60 would leave the lowest bits of what it hides as they are. Samples beyond 64 sigma, 2^-2900
/// of all, are left out.
///
/// Why it hides: for an integer e, the relative entropy of x + e from x is e^2 / (2 sigma^2), as
/// it is of the continuous one (same paper).
///
/// Time depends on the samples that are rejected and, faintly, on those that are not: for noise
/// that is drawn once for a release, never for keys or encryptions. About 15 words of the stream
/// each. Errors (Defect): sigma above kMaxGaussianSigma; 0 gives zeros.
void sample_discrete_gaussian(RandomStream& random, std::uint64_t sigma,
                              std::span<std::int64_t> out);

}  // namespace salus::ring
