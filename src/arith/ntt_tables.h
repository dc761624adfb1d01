// Constants of the negacyclic number-theoretic transform modulo one prime.
#pragma once

#include <cstdint>
#include <vector>

#include "arith/modulus.h"

namespace salus::arith {

/// Primes below it have tables for kernels on doubles; src/kernel/fma says why there.
inline constexpr std::uint64_t kFloatingLimit = (std::uint64_t{1} << 50) - 1024;

/// i with its lowest `bits` bits in reverse order.
std::uint32_t reverse_bits(std::uint32_t i, int bits);

/// Twiddle factors for Z_q[X]/(X^N + 1), N = 2^log_n, in SEAL's order: psi is the smallest
/// primitive 2N-th root of unity; position i of a transformed polynomial a holds a(psi^(2
/// reverse_bits(i) + 1)). Immutable; shared between threads.
class NttTables {
 public:
  /// Errors: kInvalidArgument unless 1 <= log_n <= 17 and q is a prime = 1 mod 2N.
  static Result<NttTables> create(int log_n, std::uint64_t q);
  /// The modulus of the tables that `create` would make. Errors: the same.
  static Result<Modulus> validate(int log_n, std::uint64_t q);

  int log_n() const { return log_n_; }
  std::size_t ring_degree() const { return std::size_t{1} << log_n_; }
  const Modulus& modulus() const { return modulus_; }
  std::uint64_t root() const { return root_; }  ///< psi

  /// roots()[i] = psi^reverse_bits(i): a forward layer with m blocks uses roots m .. 2m-1.
  const std::vector<Factor>& roots() const { return roots_; }
  /// inverse_roots()[i] = psi^-reverse_bits(i), read from the back layer to the front one.
  const std::vector<Factor>& inverse_roots() const { return inverse_roots_; }
  /// The same as doubles, centred in [-q/2, q/2]; empty for q >= kFloatingLimit.
  const std::vector<double>& floating_roots() const { return floating_roots_; }
  const std::vector<double>& floating_inverse_roots() const { return floating_inverse_roots_; }
  /// N^-1, and N^-1 times the factor of the last inverse layer.
  const Factor& inverse_degree() const { return inverse_degree_; }
  const Factor& inverse_degree_times_root() const { return inverse_degree_times_root_; }

 private:
  NttTables(int log_n, const Modulus& modulus, std::uint64_t root);
  int log_n_;
  Modulus modulus_;
  std::uint64_t root_;
  std::vector<Factor> roots_;
  std::vector<Factor> inverse_roots_;
  std::vector<double> floating_roots_;
  std::vector<double> floating_inverse_roots_;
  Factor inverse_degree_;
  Factor inverse_degree_times_root_;
};

}  // namespace salus::arith
