// What a server may hold: keys that let it switch ciphertexts back to the secret key after a
// product, a rotation or a conjugation, and that decrypt nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
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

using KeySwitchKeyPtr = std::shared_ptr<const KeySwitchKey>;

/// Keys of one secret key. They are shared, so that a set made for one program costs no copy of
/// what lies in memory already.
struct EvaluationKeys {
  ParametersPtr params;
  KeySwitchKeyPtr relinearization;                  ///< null: none
  std::map<std::uint32_t, KeySwitchKeyPtr> galois;  ///< by Galois element

  /// The key for an element, kRelinearization among them; null when there is none.
  KeySwitchKeyPtr find(std::uint32_t element) const;
  /// The level of every key, by element.
  std::map<std::uint32_t, int> levels() const;
  void put(std::uint32_t element, KeySwitchKeyPtr key);
};

/// Slots shifted left by `steps` (any sign): X -> X^(3^steps).
std::uint32_t galois_element_of_rotation(int log_n, int steps);
/// Complex conjugation: X -> X^(2N - 1).
std::uint32_t galois_element_of_conjugation(int log_n);

/// Where a Galois element says what a key is for, this one says: products.
inline constexpr std::uint32_t kRelinearization = 0;

/// What a key is for, in the words of interfaces and files: "relinearization", "rotation 16" (to
/// the left, 1 <= steps < N / 2), "conjugation". Empty for an element that no operation uses.
std::string key_name(int log_n, std::uint32_t element);

/// The level that each key must reach, by element; -1 asks for no key. Rotations by nothing need
/// none; those that are equal modulo N / 2 share the higher level.
std::map<std::uint32_t, int> key_levels(int log_n, int relinearization_level,
                                        const std::map<int, int>& rotation_levels,
                                        int conjugation_level);

}  // namespace salus::ckks
