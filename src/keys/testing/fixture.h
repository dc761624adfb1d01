// One owner of a secret key, the keys a server would hold, and the numbers they compute on: what
// the tests of ckks, keys and wire share. Rings are small and insecure unless a test says
// otherwise.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "arith/primes.h"
#include "base/testing/test_random.h"
#include "circuit/noise.h"
#include "ckks/encoder.h"
#include "ckks/evaluator.h"
#include "keys/secret_key.h"

namespace salus::keys::test {

using ckks::Complex;
using Values = std::vector<Complex>;

/// A modulus chain by sizes: q_0 of q0_bits, `levels` primes near 2^q_bits, `specials` special
/// primes.
struct Shape {
  int log_n = 12;
  int levels = 3;
  int dnum = 4;
  int specials = 1;
  int q0_bits = 50;
  int q_bits = 40;
  int p_bits = 50;
  ckks::SecurityProfile security = ckks::SecurityProfile::kUnsafeNoSecurity;

  friend std::ostream& operator<<(std::ostream& out, const Shape& s) {
    return out << "N = 2^" << s.log_n << ", " << s.levels + 1 << " primes, dnum " << s.dnum << ", "
               << s.specials << " special primes of " << s.p_bits << " bits";
  }
};

inline ckks::ParametersLiteral literal_of(const Shape& shape) {
  using arith::find_primes;
  using arith::Side;
  ckks::ParametersLiteral out;
  out.log_n = shape.log_n;
  out.dnum = shape.dnum;
  out.security = shape.security;
  out.q = must(find_primes(shape.q0_bits, 1, Side::kBelow));
  for (const std::uint64_t q :
       must(find_primes(shape.q_bits, shape.levels, Side::kAlternating, out.q))) {
    out.q.push_back(q);
  }
  out.p = must(find_primes(shape.p_bits, shape.specials, Side::kBelow, out.q));
  return out;
}

inline circuit::Chain chain_of(const ckks::ParametersLiteral& literal) {
  return {literal.log_n, literal.q, literal.p, literal.dnum};
}

inline double max_error(const Values& a, const Values& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double error = std::abs(a[i] - b.at(i));
    largest = error <= largest ? largest : error;  // keeps NaN
  }
  return largest;
}

template <class Operation>
Values zip(const Values& a, const Values& b, const Operation& operation) {
  Values out(a.size());
  std::transform(a.begin(), a.end(), b.begin(), out.begin(), operation);
  return out;
}

inline Values rotated(Values values, int steps) {
  const int count = static_cast<int>(values.size());
  std::rotate(values.begin(), values.begin() + ((steps % count) + count) % count, values.end());
  return values;
}

/// The keys of rotations by `steps`, and of everything else, at one level.
inline circuit::KeyRequirements all_keys(int level, const std::vector<int>& steps = {1, 5}) {
  circuit::KeyRequirements out;
  out.relinearization_level = level;
  out.conjugation_level = level;
  for (const int s : steps) out.rotation_levels[s] = level;
  return out;
}

class CkksFixture {
 public:
  static constexpr double kScale = 0x1p40;

  CkksFixture(const ckks::ParametersLiteral& literal, std::uint64_t seed_number,
              const circuit::KeyRequirements& requirements = {})
      : seed(seed_number),
        params(must(ckks::Parameters::create(literal))),
        random(salus::test::seed_of(seed_number), 0),
        numbers(seed_number),
        secret(must(SecretKey::derive(params, salus::test::seed_of(seed_number), "test"))),
        encoder(params),
        evaluator(std::make_shared<const ckks::EvaluationKeys>(
            must(make_evaluation_keys(secret, requirements, random)))),
        noise(chain_of(literal)) {}

  /// Real and imaginary parts in [-1, 1).
  Values values(double size = 1) {
    Values out(params->slot_count());
    for (Complex& z : out) z = {numbers.uniform(-size, size), numbers.uniform(-size, size)};
    return out;
  }
  Values real_values(double size = 1) {
    Values out(params->slot_count());
    for (Complex& z : out) z = numbers.uniform(-size, size);
    return out;
  }

  ckks::Plaintext encode(const Values& values, int level, double scale = kScale) const {
    return must(encoder.encode(std::span<const Complex>(values), level, scale));
  }
  ckks::Ciphertext encrypt(const Values& values, int level, double scale = kScale) {
    return must(keys::encrypt(secret, encode(values, level, scale), random)).expand();
  }
  Values decrypt(const ckks::Ciphertext& ciphertext) const {
    return encoder.decode(must(keys::decrypt(secret, ciphertext)));
  }

  /// The bound on a fresh encryption's slots.
  double fresh(double scale = kScale) const {
    return noise.fresh(circuit::Encryption::kSecretKey, scale) + kEncoderError;
  }

  /// encoder.h promises 2^-48 of the largest value for each direction; values here stay below 4.
  static constexpr double kEncoderError = 8 * 0x1p-48;

  std::uint64_t seed;
  ckks::ParametersPtr params;
  RandomStream random;
  salus::test::TestRandom numbers;
  SecretKey secret;
  ckks::Encoder encoder;
  ckks::Evaluator evaluator;
  circuit::NoiseLedger noise;
};

}  // namespace salus::keys::test
