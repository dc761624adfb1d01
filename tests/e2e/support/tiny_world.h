// The smallest honest question: two encrypted numbers, eight answers, 128-bit security,
// milliseconds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ckks/parameters.h"
#include "keys/secret_key.h"
#include "program/program.h"

namespace salus::e2e {

/// basis = x y + x mask (period 8), readout = A basis, both at log N = 13. `variant` changes A
/// only, so that all variants share the basis stage.
program::Program tiny_program(int variant = 0);
/// The same answers, shifted: the readout ends with a rotation by `steps` at level 0.
program::Program tiny_rotated(int steps);

/// A patient with keys of their own.
class TinyPatient {
 public:
  /// `label` and `seed` fix key and encryptions.
  TinyPatient(const program::Program& program, const std::string& label, std::uint64_t seed);

  using Keys = std::map<std::string, Bytes>;  ///< objects by what they are for
  const Keys& evaluation_keys() const { return evaluation_keys_; }
  /// A key beside those of the program: one object.
  Bytes make_key(std::uint32_t element, int level);
  const ckks::ParametersPtr& params() const { return params_; }
  const keys::SecretKey& secret() const { return secret_; }

  /// Encrypts x or y, normalised to [-1, 1]: the wire bytes.
  Bytes encrypt(double value);
  /// The first eight slots of a result.
  std::vector<double> decrypt(ByteView result) const;

 private:
  ckks::ParametersPtr params_;
  keys::SecretKey secret_;
  RandomStream random_;
  Keys evaluation_keys_;
};

/// What the program gives in double precision.
std::vector<double> in_the_clear(const program::Program& program, double x, double y);
/// What a server gives, byte for byte: the result ciphertext of the same engine, in this process.
Bytes undisturbed_result(const program::Program& program, const TinyPatient& patient, ByteView x,
                         ByteView y);

/// Encrypted against clear: about 30 operations at scale 2^40 and N = 2^13.
inline constexpr double kTinyTolerance = 0x1p-18;

}  // namespace salus::e2e
