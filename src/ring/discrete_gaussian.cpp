#include "ring/discrete_gaussian.h"

#include <bit>

#include "arith/modulus.h"

namespace salus::ring {
namespace {

using arith::uint128;

std::uint64_t low_mask(int bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

// Uniform in [0, bound), bound > 0: numbers of as many bits, drawn again until one is below.
uint128 uniform_below(RandomStream& random, uint128 bound) {
  const std::uint64_t last_high = arith::high_word(bound - 1);
  const std::uint64_t last_low = static_cast<std::uint64_t>(bound - 1);
  const std::uint64_t high_mask = low_mask(static_cast<int>(std::bit_width(last_high)));
  const std::uint64_t mask =
      last_high != 0 ? ~std::uint64_t{0} : low_mask(static_cast<int>(std::bit_width(last_low)));
  for (;;) {
    uint128 drawn = random.next_u64() & mask;
    if (high_mask != 0) drawn |= static_cast<uint128>(random.next_u64() & high_mask) << 64;
    if (drawn < bound) return drawn;
  }
}

// True with probability numerator / denominator.
bool bernoulli(RandomStream& random, uint128 numerator, uint128 denominator) {
  return uniform_below(random, denominator) < numerator;
}

// True with probability exp(-gamma), gamma = numerator / denominator <= 1: the first
// k at which a coin of gamma / k fails is odd.
bool bernoulli_exp_unit(RandomStream& random, uint128 numerator, uint128 denominator) {
  std::uint64_t k = 1;
  while (bernoulli(random, 1, k) && bernoulli(random, numerator, denominator)) ++k;
  return k % 2 == 1;
}

// The same for any gamma: exp(-1) as often as it goes into it, then the rest.
bool bernoulli_exp(RandomStream& random, uint128 numerator, uint128 denominator) {
  while (numerator > denominator) {
    if (!bernoulli_exp_unit(random, 1, 1)) return false;
    numerator -= denominator;
  }
  return bernoulli_exp_unit(random, numerator, denominator);
}

// P(x) proportional to exp(-|x| / t), |x| <= 64 t.
std::int64_t discrete_laplace(RandomStream& random, std::uint64_t t) {
  for (;;) {
    const auto rest = static_cast<std::uint64_t>(uniform_below(random, t));
    if (!bernoulli_exp_unit(random, rest, t)) continue;
    std::uint64_t whole = 0;
    while (whole < kGaussianTail && bernoulli_exp_unit(random, 1, 1)) ++whole;
    if (whole == kGaussianTail) continue;
    const auto size = static_cast<std::int64_t>(rest + t * whole);
    const bool negative = bernoulli(random, 1, 2);
    if (negative && size == 0) continue;  // or zero would come twice as often
    return negative ? -size : size;
  }
}

}  // namespace

void sample_discrete_gaussian(RandomStream& random, std::uint64_t sigma,
                              std::span<std::int64_t> out) {
  check(sigma <= kMaxGaussianSigma, "a Gaussian too wide for 64 bits");
  const uint128 twice_variance = 2 * static_cast<uint128>(sigma) * sigma;
  for (std::int64_t& x : out) {
    x = 0;
    if (sigma == 0) continue;
    // exp(-x^2 / (2 sigma^2)) = exp(-|x| / sigma) exp(-(|x| - sigma)^2 / (2 sigma^2)) exp(1 / 2)
    // (the paper's sampler with t = sigma).
    for (;;) {
      x = discrete_laplace(random, sigma);
      const auto size = static_cast<std::uint64_t>(x < 0 ? -x : x);
      const std::uint64_t apart = size > sigma ? size - sigma : sigma - size;
      if (bernoulli_exp(random, static_cast<uint128>(apart) * apart, twice_variance)) break;
    }
  }
}

}  // namespace salus::ring
