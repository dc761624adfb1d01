// Rings small enough that their polynomials fit 128-bit integers: the slow, obvious implementation
// that ring/ is held against.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arith/primes.h"
#include "base/testing/test_random.h"
#include "ring/poly.h"

namespace salus::ring::test {

using arith::uint128;
__extension__ using int128 = __int128;
using BigPoly = std::vector<uint128>;  ///< coefficients in [0, Q)

inline Basis basis_of(int log_n, const std::vector<std::uint64_t>& primes) {
  Basis out;
  for (const std::uint64_t q : primes) {
    out.push_back(
        std::make_shared<const arith::NttTables>(must(arith::NttTables::create(log_n, q))));
  }
  return out;
}

inline Basis basis_of(int log_n, int bits, int count) {
  return basis_of(log_n, must(arith::find_primes(bits, count, arith::Side::kBelow)));
}

inline uint128 product(BasisView basis) {
  uint128 q = 1;
  for (const auto& tables : basis) q *= tables->modulus().value();
  return q;
}

inline Poly residues_of(const BigPoly& coefficients, BasisView basis) {
  Poly out(coefficients.size(), basis.size(), Form::kCoefficient);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    for (std::size_t i = 0; i < coefficients.size(); ++i) {
      out.limb(j)[i] = static_cast<std::uint64_t>(coefficients[i] % basis[j]->modulus().value());
    }
  }
  return out;
}

inline Poly ntt_of(const BigPoly& coefficients, BasisView basis) {
  Poly out = residues_of(coefficients, basis);
  to_ntt(out, basis);
  return out;
}

/// Uniform in [0, Q), with the edges among the first coefficients.
inline BigPoly random_poly(salus::test::TestRandom& random, std::size_t ring_degree, uint128 q) {
  BigPoly out(ring_degree);
  for (uint128& c : out) c = ((static_cast<uint128>(random.word()) << 64) | random.word()) % q;
  out[0] = 0;
  out[1] = q - 1;
  out[2] = q / 2;
  out[3] = q / 2 + 1;
  return out;
}

}  // namespace salus::ring::test
