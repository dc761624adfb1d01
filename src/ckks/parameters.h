// Parameters of RNS-CKKS: a literal that is validated into an immutable object.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "ckks/security.h"
#include "ring/convert.h"
#include "ring/poly.h"

namespace salus::ckks {

/// What a user writes down. Primes are given, not sizes: arith::find_primes makes them.
struct ParametersLiteral {
  int log_n = 0;
  std::vector<std::uint64_t> q;  ///< modulus chain q_0 .. q_L: one prime a level (groups of one)
  std::vector<std::uint64_t>
      p;         ///< special primes of key switching; may be empty: no key switching
  int dnum = 1;  ///< digits of key switching at the top level, 1 .. L + 1
  SecurityProfile security = SecurityProfile::kClassical128;
  bool operator==(const ParametersLiteral&) const = default;
};

/// SHA-256 of the canonical encoding of (log_n, q, p, dnum), valid or not: names a parameter set.
Digest hash_of(const ParametersLiteral& literal);

/// Primes that one division takes off a ciphertext: two make one level of a composite scale of 60
/// to 80 bits.
inline constexpr int kMaxRescaledPrimes = 2;

/// How one level decomposes a polynomial for key switching (Han and Ki, eprint 2019/688): digits of
/// alpha = ceil((L + 1) / dnum) consecutive primes. Digits are lifted to [-D / 2, D / 2], but
/// for one prime a digit and one special prime, which is Microsoft SEAL's gadget, byte for byte:
/// there digits lie in [0, q_j), and slot 0 sees noise of N / pi q_j / P errors.
struct KeySwitchPlan {
  struct Digit {
    std::size_t begin;  ///< first prime
    std::size_t end;    ///< one past the last prime
    ring::BaseConverter
        converter;  ///< digit -> the limbs of (q_0 .. q_l, p_0 ..) outside, in order
  };
  std::vector<Digit> digits;
  /// [k]: division by P and the last k primes of the level; k <= kMaxRescaledPrimes, k <= level.
  std::vector<ring::ModDown> mod_down;
};

class Parameters {
 public:
  /// Errors: kInvalidArgument (ring degree outside 2^10 .. 2^17, primes not distinct, composite or
  /// not 1 mod 2N, dnum), kUnsafeParameters (security table, on log2(Q P)), kLimit (more than 64
  /// primes).
  static Result<std::shared_ptr<const Parameters>> create(const ParametersLiteral& literal);
  /// What `create` checks, without its tables: megabytes, and milliseconds for each prime.
  static Status validate(const ParametersLiteral& literal);

  const ParametersLiteral& literal() const { return literal_; }
  int log_n() const { return literal_.log_n; }
  std::size_t ring_degree() const { return std::size_t{1} << literal_.log_n; }
  std::size_t slot_count() const { return ring_degree() / 2; }
  int max_level() const { return static_cast<int>(literal_.q.size()) - 1; }
  std::size_t special_count() const { return literal_.p.size(); }
  std::size_t alpha() const { return alpha_; }  ///< primes per digit

  const arith::Modulus& q(int level) const {
    return chain_[static_cast<std::size_t>(level)]->modulus();
  }
  double log_q(int level) const;  ///< log2(q_0 .. q_level)
  double log_p() const;
  double log_qp() const { return log_q(max_level()) + log_p(); }

  /// q_0 .. q_level
  ring::BasisView basis(int level) const;
  /// q_0 .. q_level, p_0 .. p_{K-1}: where evaluation keys live
  ring::BasisView extended_basis(int level) const;
  /// P mod q_j; 1 where there are no special primes
  const arith::Factor& special_product(std::size_t j) const { return special_product_[j]; }
  /// Errors (Defect): no special primes.
  const KeySwitchPlan& key_switch_plan(int level) const;
  /// X -> X^element, its permutation computed once. Errors (Defect): element even or not below 2N.
  const ring::Automorphism& automorphism(std::uint32_t element) const;

  /// hash_of(literal()): equal hashes, compatible objects.
  const Digest& hash() const { return hash_; }

 private:
  explicit Parameters(const ParametersLiteral& literal, ring::Basis all);
  ParametersLiteral literal_;
  ring::Basis chain_;
  std::vector<ring::Basis> extended_;
  std::size_t alpha_;
  std::vector<arith::Factor> special_product_;
  std::vector<KeySwitchPlan> plans_;
  mutable std::mutex automorphisms_mutex_;
  mutable std::map<std::uint32_t, ring::Automorphism> automorphisms_;
  Digest hash_;
};

using ParametersPtr = std::shared_ptr<const Parameters>;

inline constexpr int kMinLogN = 10;
inline constexpr int kMaxLogN = 17;
inline constexpr std::size_t kMaxPrimes = 64;

/// Largest bits of a prime in chain or special primes.
inline constexpr int kMaxPrimeBits = 60;

}  // namespace salus::ckks
