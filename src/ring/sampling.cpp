#include "ring/sampling.h"

namespace salus::ring {

void sample_ternary(RandomStream& random, std::span<std::int64_t> out) {
  for (std::int64_t& c : out) {
    c = static_cast<std::int64_t>(arith::multiply_high(random.next_u64(), 3)) - 1;
  }
}

void sample_error(RandomStream& random, std::span<std::int64_t> out) {
  constexpr std::uint64_t kMask = (std::uint64_t{1} << kErrorBound) - 1;
  // std::popcount may compile to a table look-up where the processor has no instruction for it;
  // this form is the same shifts and adds everywhere (Warren, Hacker's Delight, figure 5-2).
  const auto count_ones = [](std::uint64_t x) {
    x -= (x >> 1) & 0x5555555555555555;
    x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return static_cast<std::int64_t>((x * 0x0101010101010101) >> 56);
  };
  for (std::int64_t& c : out) {
    const std::uint64_t coins = random.next_u64();
    c = count_ones(coins & kMask) - count_ones((coins >> kErrorBound) & kMask);
  }
}

Poly expand_uniform(const Seed& seed, std::uint64_t first_stream, std::size_t ring_degree,
                    BasisView basis) {
  Poly out = Poly::uninitialized(ring_degree, basis.size(), Form::kNtt);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    RandomStream random(seed, first_stream + j);
    const arith::Modulus& q = basis[j]->modulus();
    // Words at or above limit = 2^64 - (2^64 mod q) are drawn again.
    const std::uint64_t excess = (~std::uint64_t{0} % q.value() + 1) % q.value();
    const std::uint64_t largest = ~std::uint64_t{0} - excess;
    const kernel::Words limb = out.limb(j);
    std::size_t accepted = 0;
    while (accepted < limb.size()) {
      const kernel::Words rest = limb.subspan(accepted);
      random.fill(std::as_writable_bytes(rest));
      for (const std::uint64_t& raw : rest) {
        const std::uint64_t word = load_u64(std::as_bytes(std::span(&raw, 1)));
        if (word <= largest) limb[accepted++] = q.reduce(word);
      }
    }
  }
  return out;
}

}  // namespace salus::ring
