#include "ckks/evaluation_keys.h"

#include "ring/sampling.h"

namespace salus::ckks {

ring::Poly KeySwitchKey::expand(const Parameters& params, const Seed& seed, int level,
                                std::size_t digit) {
  // One stream per limb; a digit takes the next kMaxPrimes of them.
  return ring::expand_uniform(seed, digit * kMaxPrimes, params.ring_degree(),
                              params.extended_basis(level));
}

std::size_t KeySwitchKey::byte_count(const Parameters& params, int level, bool seeded) {
  std::size_t bits = 0;
  for (const auto& tables : params.extended_basis(level)) {
    bits += static_cast<std::size_t>(tables->modulus().bit_count());
  }
  const std::size_t digits = params.key_switch_plan(level).digits.size();
  return digits * (params.ring_degree() / 8) * bits * (seeded ? 1 : 2);
}

std::uint32_t galois_element_of_rotation(int log_n, int steps) {
  const std::uint64_t two_n = std::uint64_t{2} << log_n;
  const std::int64_t slots = std::int64_t{1} << (log_n - 1);
  const std::int64_t left = ((steps % slots) + slots) % slots;
  std::uint64_t element = 1;
  for (std::int64_t i = 0; i < left; ++i) element = element * 3 % two_n;
  return static_cast<std::uint32_t>(element);
}

std::uint32_t galois_element_of_conjugation(int log_n) { return (std::uint32_t{2} << log_n) - 1; }

}  // namespace salus::ckks
