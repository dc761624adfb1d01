// What a server may hold: keys that let it switch ciphertexts back to the secret key after a
// product, a rotation or a conjugation, and that decrypt nothing.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/random.h"
#include "ckks/ciphertext.h"

namespace salus::ckks {

/// Encryptions of P g_d s' under s modulo q_0 .. q_level P, one a digit d; g_d is 1 modulo the
/// primes of digit d and 0 modulo the others (Han and Ki, eprint 2019/688). b_d + a_d s = P g_d s'
/// + e_d. Serves every ciphertext at or below `level`. The a_d are expanded from `seed` where there
/// is one.
struct KeySwitchKey {
  struct Digit {
    ring::Poly b;
    ring::Poly a;
  };
  int level = 0;
  std::optional<Seed> seed;
  std::vector<Digit> digits;

  /// a_d of digit d, from the seed.
  static ring::Poly expand(const Parameters& params, const Seed& seed, int level,
                           std::size_t digit);
  /// Bytes of the residues on the wire, as many bits each as their prime has; half of them when
  /// seeded.
  static std::size_t byte_count(const Parameters& params, int level, bool seeded);
};

/// The keys of one secret key. Immutable once shared.
struct EvaluationKeys {
  ParametersPtr params;
  std::optional<KeySwitchKey> relinearization;
  std::map<std::uint32_t, KeySwitchKey> galois;  ///< by Galois element
};

/// Slots shifted left by `steps` (any sign): X -> X^(3^steps).
std::uint32_t galois_element_of_rotation(int log_n, int steps);
/// Complex conjugation: X -> X^(2N - 1).
std::uint32_t galois_element_of_conjugation(int log_n);

}  // namespace salus::ckks
