// Numbers <-> plaintexts.
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "ckks/ciphertext.h"

namespace salus::ckks {

using Complex = std::complex<double>;

/// The canonical embedding and its inverse. Slot i is the value at zeta^(3^i), conjugates lie at
/// -3^i, as in Microsoft SEAL. Immutable; may be shared between threads.
///
/// Method: with n = N / 2 and X^n = i at every zeta^(4k+1), m(zeta^(4k+1)) is a complex transform
/// of length n of (m_j + i m_{j+n}) zeta^j; each slot or its conjugate is one of these points. Only
/// IEEE additions, products and square roots are used, so that equal inputs give equal words on
/// every machine. Error: below 2^-48 of the largest value, plus the rounding 1/2 of each
/// coefficient.
class Encoder {
 public:
  explicit Encoder(ParametersPtr params);

  /// Slots beyond `values` are zero. Coefficients are rounded to nearest.
  /// Errors: kInvalidArgument (more values than slots, not finite, scale <= 0 or level outside the
  /// chain), kLevelExhausted (a coefficient reaches q_0 .. q_level / 2: scale too large).
  Result<Plaintext> encode(std::span<const Complex> values, int level, double scale) const;
  Result<Plaintext> encode(std::span<const double> values, int level, double scale) const;
  /// `values`, a power of two of them, repeated over all slots.
  Result<Plaintext> encode_repeated(std::span<const double> values, int level, double scale) const;
  /// The same polynomial as encode(), with the limbs of the special primes. Errors: those of
  /// encode.
  Result<ExtendedPlaintext> encode_extended(std::span<const double> values, int level,
                                            double scale) const;

  /// All slots. A polynomial that is small modulo q_0 q_1 q_2 is read from these limbs alone. Where
  /// q_0 .. q_level exceeds a double's 2^1023, a plaintext that is not small (a wrong key,
  /// exhausted noise) may come out infinite or NaN: hold the values against their range.
  std::vector<Complex> decode(const Plaintext& plain) const;
  std::vector<double> decode_real(const Plaintext& plain) const;

 private:
  void transform(std::vector<Complex>& values, bool inverse) const;
  enum class Basis : std::uint8_t { kChain, kExtended };
  Result<std::vector<Complex>> padded(std::span<const Complex> values) const;
  Result<ring::Poly> polynomial(std::vector<Complex> slots, int level, double scale,
                                Basis basis) const;

  ParametersPtr params_;
  std::vector<Complex> roots_;           // [half + j] = exp(pi i j / half), j < half
  std::vector<Complex> twist_;           // zeta^j, j < n
  std::vector<std::uint32_t> reversed_;  // bit reversal of length n
  std::vector<std::uint32_t> position_;  // slot -> index of the transform
  std::vector<bool> conjugated_;         // slot holds the conjugate
};

/// round(x) mod q for any finite x, however large; no branch on the sign of x.
std::uint64_t residue_of(double x, const arith::Modulus& q);

}  // namespace salus::ckks
