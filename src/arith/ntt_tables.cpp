#include "arith/ntt_tables.h"

#include <algorithm>
#include <optional>
#include <string>

#include "arith/primes.h"

namespace salus::arith {
namespace {

// The smallest of the odd powers of any primitive 2N-th root.
std::uint64_t smallest_root(const Modulus& q, std::uint64_t ring_degree) {
  const std::uint64_t exponent = (q.value() - 1) / (2 * ring_degree);
  std::uint64_t root = 0;
  for (std::uint64_t base = 2; root == 0; ++base) {
    const std::uint64_t candidate = q.power(base, exponent);
    if (q.power(candidate, ring_degree) == q.value() - 1) root = candidate;
  }
  const Factor square(q.multiply(root, root), q);
  std::uint64_t smallest = root;
  for (std::uint64_t i = 1; i < ring_degree; ++i) {
    root = multiply(root, square, q.value());
    smallest = std::min(smallest, root);
  }
  return smallest;
}

std::vector<Factor> reversed_powers(const Modulus& q, std::uint64_t base, int log_n) {
  std::vector<Factor> powers(std::size_t{1} << log_n);
  const Factor step(base, q);
  std::uint64_t power = 1;
  for (std::uint32_t i = 0; i < powers.size(); ++i) {
    powers[reverse_bits(i, log_n)] = Factor(power, q);
    power = multiply(power, step, q.value());
  }
  return powers;
}

std::vector<double> centred(const std::vector<Factor>& factors, const Modulus& q) {
  std::vector<double> out;
  if (q.value() >= kFloatingLimit) return out;
  out.reserve(factors.size());
  for (const Factor& factor : factors)
    out.push_back(static_cast<double>(q.to_signed(factor.value)));
  return out;
}

}  // namespace

std::uint32_t reverse_bits(std::uint32_t i, int bits) {
  std::uint32_t out = 0;
  for (int b = 0; b < bits; ++b, i >>= 1) out = (out << 1) | (i & 1);
  return out;
}

Result<Modulus> NttTables::validate(int log_n, std::uint64_t q) {
  if (log_n < 1 || log_n > kRootExponent - 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "ring degree 2^" + std::to_string(log_n) + " is not between 2^1 and 2^17"};
  }
  Result<Modulus> modulus = Modulus::create(q);
  if (!modulus) return modulus;
  if ((q - 1) % (std::uint64_t{2} << log_n) != 0 || !is_prime(q)) {
    return Error{ErrorCode::kInvalidArgument, "modulus " + std::to_string(q) +
                                                  " is not a prime equal to 1 modulo 2^" +
                                                  std::to_string(log_n + 1)};
  }
  return modulus;
}

Result<NttTables> NttTables::create(int log_n, std::uint64_t q) {
  const Result<Modulus> modulus = validate(log_n, q);
  if (!modulus) return modulus.error();
  return NttTables(log_n, *modulus, smallest_root(*modulus, std::uint64_t{1} << log_n));
}

NttTables::NttTables(int log_n, const Modulus& modulus, std::uint64_t root)
    : log_n_(log_n),
      modulus_(modulus),
      root_(root),
      roots_(reversed_powers(modulus, root, log_n)),
      inverse_roots_(reversed_powers(modulus, modulus.inverse(root), log_n)),
      floating_roots_(centred(roots_, modulus)),
      floating_inverse_roots_(centred(inverse_roots_, modulus)) {
  const std::uint64_t inverse_n = modulus.inverse(std::uint64_t{1} << log_n);
  inverse_degree_ = Factor(inverse_n, modulus);
  inverse_degree_times_root_ =
      Factor(modulus.multiply(inverse_n, inverse_roots_[1].value), modulus);
}

}  // namespace salus::arith
