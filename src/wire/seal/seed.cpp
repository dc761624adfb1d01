#include "wire/seal/seed.h"

#include <algorithm>

namespace salus::wire::seal {

void Blake2xbStream::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    if (used_ == kBuffer) {
      Bytes counter;
      append_u64(counter, block_++);
      blake2xb(seed_, counter, buffer_);
      used_ = 0;
    }
    const std::size_t count = std::min(out.size(), kBuffer - used_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), count, out.begin());
    used_ += count;
    out = out.subspan(count);
  }
}

ring::Poly expand_uniform(const Seed& seed, std::size_t ring_degree, ring::BasisView basis) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  Blake2xbStream stream(seed);
  const auto next = [&stream] {
    std::array<std::byte, 8> word;
    stream.fill(word);
    return load_u64(word);
  };

  ring::Poly poly(ring_degree, basis.size(), ring::Form::kNtt);
  for (std::uint64_t& word : poly.words()) word = next();
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const arith::Modulus& q = basis[j]->modulus();
    const std::uint64_t limit = kMax - q.reduce(kMax) - 1;
    for (std::uint64_t& word : poly.limb(j)) {
      while (word >= limit) word = next();
      word = q.reduce(word);
    }
  }
  return poly;
}

}  // namespace salus::wire::seal
