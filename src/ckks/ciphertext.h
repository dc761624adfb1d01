// Plaintexts and ciphertexts: values with the level and scale that they carry.
#pragma once

#include <vector>

#include "base/random.h"
#include "ckks/parameters.h"
#include "ring/poly.h"

namespace salus::ckks {

/// An encoded vector: the polynomial m with slots z_i = m(zeta^(3^i)) / scale, zeta = exp(i pi /
/// N). In NTT form, limbs q_0 .. q_level.
struct Plaintext {
  ParametersPtr params;
  int level = 0;
  double scale = 1;
  ring::Poly poly;
};

/// c_0 + c_1 s + c_2 s^2 + ... = m + noise modulo q_0 .. q_level. In NTT form; two parts unless
/// made by `Evaluator::multiply_unrelinearized`.
struct Ciphertext {
  ParametersPtr params;
  int level = 0;
  double scale = 1;
  std::vector<ring::Poly> parts;

  /// Bytes of the residues.
  std::size_t byte_count() const {
    return parts.empty() ? 0 : parts.size() * parts[0].words().size_bytes();
  }
};

/// A fresh secret-key encryption whose c_1 is uniform and expanded from `seed` (limb j from stream
/// j): half the bytes on the wire.
struct SeededCiphertext {
  ParametersPtr params;
  int level = 0;
  double scale = 1;
  Seed seed{};
  ring::Poly c0;

  Ciphertext expand() const;
};

/// P times a ciphertext's polynomials, modulo q_0 .. q_level P: what a key switch gives before it
/// is divided by P, P the product of the special primes. Linear operations on it put the division
/// off (double hoisting: Bossuat, Mouchet, Troncoso-Pastoriza and Hubaux, eprint 2020/1203). In NTT
/// form, two parts of level + 1 + K limbs. `scale` is that of the ciphertext.
struct ExtendedCiphertext {
  ParametersPtr params;
  int level = 0;
  double scale = 1;
  std::vector<ring::Poly> parts;
};

/// An encoded vector with the residues modulo the special primes, too: what an ExtendedCiphertext
/// is multiplied by. In NTT form, level + 1 + K limbs.
struct ExtendedPlaintext {
  ParametersPtr params;
  int level = 0;
  double scale = 1;
  ring::Poly poly;
};

/// Same parameters, by hash.
inline bool same_parameters(const ParametersPtr& a, const ParametersPtr& b) {
  return a == b || (a && b && a->hash() == b->hash());
}

}  // namespace salus::ckks
