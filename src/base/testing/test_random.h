// Numbers for tests: equal seeds give equal numbers on every machine, by the standard's definition
// of the Mersenne twister. Independent of base/random.h, which is itself under test.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "base/random.h"

namespace salus::test {

class TestRandom {
 public:
  explicit TestRandom(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t word() { return engine_(); }
  /// In [0, bound); the bias of the remainder does not matter here.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  /// In [low, high).
  double uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1p-53);
  }
  std::vector<std::uint64_t> residues(std::size_t count, std::uint64_t q) {
    std::vector<std::uint64_t> out(count);
    for (std::uint64_t& x : out) x = below(q);
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

/// A Seed whose first eight bytes are `number`.
inline Seed seed_of(std::uint64_t number) {
  Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::byte>(number >> (8 * i));
  return seed;
}

}  // namespace salus::test
