// What the tests of routines share: the noise ledger as a routine's noise model, and comparisons of
// real slots.
#pragma once

#include "keys/testing/fixture.h"
#include "routine/schedule.h"

namespace salus::routine::test {

using keys::test::CkksFixture;
using keys::test::literal_of;
using keys::test::Shape;
using keys::test::Values;

inline NoiseModel noise_model(const CkksFixture& f) {
  return {[&f](int level, double scale) { return f.noise.key_switch(level, scale); },
          [&f](double scale) { return f.noise.rescale(scale); },
          [&f](double scale) { return f.noise.encoding(scale); }};
}

/// A relinearization key at `level`, none at -1.
inline circuit::KeyRequirements relinearization(int level) {
  circuit::KeyRequirements out;
  out.relinearization_level = level;
  return out;
}

/// Uniform in [low, high], both ends taken.
inline Values uniform(CkksFixture& f, double low, double high) {
  Values out(f.params->slot_count());
  for (ckks::Complex& z : out) z = f.numbers.uniform(low, high);
  out.front() = low;
  out.back() = high;
  return out;
}

template <class Function>
Values map(const Values& values, const Function& function) {
  Values out;
  for (const ckks::Complex& z : values) out.emplace_back(function(z.real()));
  return out;
}

template <class T>
std::string error_text(const Result<T>& result) {
  return result ? "no error"
                : std::string(name(result.error().code)) + ": " + result.error().message;
}

}  // namespace salus::routine::test
