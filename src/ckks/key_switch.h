// Hybrid key switching (Han and Ki, "Better bootstrapping for approximate homomorphic encryption",
// eprint 2019/688). With one prime a digit and one special prime it is Microsoft SEAL's key
// switching, byte for byte.
#pragma once

#include <functional>
#include <vector>

#include "ckks/evaluation_keys.h"

namespace salus::ckks {

/// The digits of one polynomial c at a level, as base conversion reads them.
class Decomposition {
 public:
  /// Writes limb j of c, in NTT form.
  using Source = std::function<void(std::size_t j, kernel::Words out)>;
  /// c limb by limb from `source`, so that what computes a limb finds it in the cache again.
  Decomposition(const Parameters& params, int level, const Source& source);
  /// c in NTT form, which must outlive the decomposition.
  Decomposition(const Parameters& params, int level, const ring::Poly& c);
  Decomposition(const Decomposition&) = delete;
  Decomposition& operator=(const Decomposition&) = delete;

  const Parameters& params() const { return params_; }
  int level() const { return level_; }
  const KeySwitchPlan& plan() const { return plan_; }

  /// raised[d][i] becomes limb first + i of digit d in NTT form: in `scratch`, digits times `count`
  /// limbs of it, or where it stands already.
  void raise(std::size_t first, std::size_t count, ring::Poly& scratch,
             std::vector<std::vector<kernel::ConstWords>>& raised) const;

 private:
  void prepare(const Source* source);
  void raise(std::size_t digit, std::size_t first, std::span<const kernel::Words> scratch,
             std::span<kernel::ConstWords> out) const;

  const Parameters& params_;
  int level_;
  const KeySwitchPlan& plan_;
  ring::BasisView extended_;
  ring::Poly own_;  // c where it came from a source
  const ring::Poly* c_;
  ring::Poly coefficients_;
  ring::Poly multiples_;
  std::vector<std::vector<kernel::ConstWords>> prepared_;  // [digit]
};

/// Adds to limb j of (q_0 .. q_l, p_0 ..) of a sum, which is divided by P afterwards.
using Addend = std::function<void(std::size_t j, kernel::Words b, kernel::Words a)>;

/// One of the key switches of the same digits.
struct Switching {
  const KeySwitchKey& key;
  const ring::Automorphism* galois = nullptr;  ///< the digits' image is taken where they are read
  Addend add;                                  ///< may be empty
};

/// For each switching, b and a with b + a s = P c s' + what it adds, modulo q_0 .. q_l P; s' the
/// key's, c its image under `galois`. A limb of the digits is raised once for all switchings
/// (hoisting: Halevi and Shoup, CRYPTO 2018) and read from the cache by them. Cost: raising the
/// digits, 2 (l + 1 + K) inner products a switching.
/// Errors (Defect): a key of a lower level or with too few digits.
std::vector<std::vector<ring::Poly>> switch_sums(const Decomposition& c,
                                                 std::span<const Switching> switchings);

/// Polynomials modulo q_0 .. q_l P divided by P and the last `primes` primes, rounded: l + 1 + K
/// transforms each. Errors (Defect): division by q_0, or by more than kMaxRescaledPrimes.
void divide(const Parameters& params, int level, int primes, std::span<ring::Poly> sums);

/// Both for one switching.
std::vector<ring::Poly> switch_key(const Decomposition& c, const Switching& switching, int primes);

}  // namespace salus::ckks
