// How far an encrypted evaluation can stray from the exact one. One ledger for the compiler's
// certificates and the simulated runtime; knows no key and no ciphertext.
#pragma once

#include <vector>

#include "circuit/circuit.h"
#include "circuit/interpret.h"

namespace salus::circuit {

/// How the inputs were encrypted.
enum class Encryption { kSecretKey, kPublicKey };

/// Tail bounds, in slots, on the errors that single operations add: each holds in all 2^15 slots
/// together but for a probability of 2^-64, for errors that are independent of each other.
///
/// An error polynomial whose N coefficients have variance v has slots of variance N v. A slot's
/// value is near a complex Gaussian and exceeds t sqrt(N v) with probability exp(-t^2), or less
/// than 2^-64 / 2^15 at t = 10.6 even if real and imaginary part hang together in the worst way.
/// Where an error is multiplied by a secret polynomial (rounding times s, digit times e, u times
/// e), a slot is a product of two such values: it exceeds t sqrt(N v) with probability 2 t K_1(2
/// t), about sqrt(pi t) exp(-2 t), which needs t = 29. sigma = 3.24 is the standard deviation of
/// the errors (centred binomial with 21 pairs), secrets are uniform ternary (variance 2/3).
class NoiseLedger {
 public:
  explicit NoiseLedger(const Chain& chain);

  /// e, or v e + e_1 + s e_2 with ternary v; plus the rounding of the encoding. At scale `scale`.
  double fresh(Encryption encryption, double scale) const;
  /// Rounding of a public vector that is encoded at `scale`.
  double encoding(double scale) const;
  /// Hybrid key switching at `level`: sum over digits d_j e_j / P, then rounding (1 + s) / 2.
  /// Digits are uniform in [-D / 2, D / 2], D the digit's product; in [0, D) for Microsoft SEAL's
  /// gadget.
  double key_switch(int level, double scale) const;
  /// The same to somebody else's key: the errors of a re-encryption key are those of encryptions by
  /// a public key, v e + e_0 + s e_1 (variance sigma^2 (4 N / 3 + 1)); a slot of d_j v e is a
  /// product of three values. With a `spare` prime (a key of a higher level) they are divided by
  /// q_(level + 1), too, and rounding is all that is left.
  double reencrypt(int level, double scale, bool spare) const;
  /// Rounding by rescaling to a ciphertext of scale `scale`: (1 + s) / 2.
  double rescale(double scale) const;
  /// Of a ciphertext with three parts: (1 + s + s^2) / 2. Its slots are products of three Gaussian
  /// values, x y^2, above t sqrt(N v) with probability of about exp(-3 (t / 2)^(2/3)): t = 170.
  double rescale_unrelinearized(double scale) const;

 private:
  double digits(int level) const;
  double slots(double variance, double scale) const;
  double slots_of_products(double variance, double scale) const;
  Chain chain_;
  double degree_;
  double rounding_;  // variance of (tau_0 + tau_1 s), tau uniform in [-1/2, 1/2]
};

/// Bounds on |encrypted - exact| of every value, slot by slot, along the exact `values` (all values
/// of the circuit, from interpret()); in slots that mean nothing (behind the rows of kLinear) the
/// bounds mean nothing either.
///
/// Derivation. Let x + e and y + f be what is encrypted. Errors of operands add linearly, |e| +
/// |f|: values of one circuit share inputs and keys, so their errors may hang together in any way
/// (x + x doubles its error). A product brings x f + y e + e f, all three terms kept; a row of a
/// matrix and a weighted sum bring sum_m |A[r][m]| |e_m|. To that each operation adds its own
/// errors, one tail of the ledger in all slots alike; `linear` one for each rotation and each
/// diagonal. With k tails in the circuit, all bounds hold in all slots together but for a
/// probability of k 2^-64 over keys, encryptions and roundings, those of public tables taken as
/// independent too.
///
/// How far from the truth: the tails alone are 4 to 6 times what 2^12 slots show; the linear sums
/// are the rest. src/runtime/random_circuits_test.cpp measures it.
std::vector<Slots> propagate_noise(const Circuit& circuit, const ConstantTable& constants,
                                   const std::vector<Slots>& values,
                                   const std::vector<Slots>& input_noise);

}  // namespace salus::circuit
