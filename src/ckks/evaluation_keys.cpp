#include "ckks/evaluation_keys.h"

#include <algorithm>

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

KeySwitchKeyPtr EvaluationKeys::find(std::uint32_t element) const {
  if (element == kRelinearization) return relinearization;
  const auto found = galois.find(element);
  return found == galois.end() ? nullptr : found->second;
}

std::map<std::uint32_t, int> EvaluationKeys::levels() const {
  std::map<std::uint32_t, int> all;
  if (relinearization) all[kRelinearization] = relinearization->level;
  for (const auto& [element, key] : galois) all[element] = key->level;
  return all;
}

void EvaluationKeys::put(std::uint32_t element, KeySwitchKeyPtr key) {
  if (element == kRelinearization) {
    relinearization = std::move(key);
  } else {
    galois[element] = std::move(key);
  }
}

std::string key_name(int log_n, std::uint32_t element) {
  if (element == kRelinearization) return "relinearization";
  if (element == galois_element_of_conjugation(log_n)) return "conjugation";
  const std::uint64_t two_n = std::uint64_t{2} << log_n;
  const std::uint64_t slots = two_n / 4;
  std::uint64_t power = 1;
  for (std::uint64_t steps = 1; steps < slots; ++steps) {
    power = power * 3 % two_n;
    if (power == element) return "rotation " + std::to_string(steps);
  }
  return {};
}

std::map<std::uint32_t, int> key_levels(int log_n, int relinearization_level,
                                        const std::map<int, int>& rotation_levels,
                                        int conjugation_level) {
  std::map<std::uint32_t, int> levels;
  const auto want = [&](std::uint32_t element, int level) {
    if (level < 0) return;
    const auto [entry, added] = levels.emplace(element, level);
    if (!added) entry->second = std::max(entry->second, level);
  };
  want(kRelinearization, relinearization_level);
  for (const auto& [steps, level] : rotation_levels) {
    const std::uint32_t element = galois_element_of_rotation(log_n, steps);
    if (element != 1) want(element, level);
  }
  want(galois_element_of_conjugation(log_n), conjugation_level);
  return levels;
}

}  // namespace salus::ckks
