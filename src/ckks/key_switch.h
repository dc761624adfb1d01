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

  /// Raises all digits to all limbs of (q_0 .. q_l, p_0 ..), to be used by several key switches
  /// (hoisting: Halevi and Shoup, CRYPTO 2018). Memory: `digits` times `limbs` limbs.
  void raise_all();
  bool all_raised() const { return raised_.limb_count() > 0; }

  /// raised[d][i] becomes limb first + i of digit d in NTT form, in `scratch`, digits times
  /// `count` limbs of it, or where it stands already.
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
  ring::Poly raised_;                                      // [digit][limb], where all are raised
};

/// b + a s = c s', modulo q_0 .. q_l or one prime less.
struct Switched {
  ring::Poly b;
  ring::Poly a;
};

enum class Division : std::uint8_t { kByP, kByPAndLastPrime };

/// Adds P times limb j <= l of what the result is added to; p = P mod q_j.
using AddMultiple =
    std::function<void(std::size_t j, const arith::Factor& p, kernel::Words b, kernel::Words a)>;

/// c under the key's s' as a ciphertext under s, divided by P or by P q_l. With `galois` it is the
/// image of c under that automorphism: the digits are permuted where they are multiplied. `add` may
/// be empty.
/// Cost: raising the digits unless done, 2 (l + 1 + K) inner products, 2 (l + 1 + K) transforms.
/// Errors (Defect): a key of a lower level or with too few digits; division by q_0.
Switched switch_key(const Decomposition& c, const KeySwitchKey& key,
                    const ring::Automorphism* galois, Division division, const AddMultiple& add);

}  // namespace salus::ckks
