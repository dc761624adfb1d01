// Hybrid key switching (Han and Ki, "Better bootstrapping for approximate homomorphic encryption",
// eprint 2019/688). With one prime a digit and one special prime it is Microsoft SEAL's key
// switching, byte for byte.

#include "ckks/evaluator.h"

namespace salus::ckks {
namespace {

// Digit d of the polynomial, raised to q_0 .. q_l, p_0 ..: its own limbs are copied, the others
// converted and transformed.
ring::Poly raise_digit(const Parameters& params, const ring::Poly& part,
                       const ring::Poly& coefficients, const KeySwitchPlan::Digit& digit,
                       int level) {
  const ring::BasisView extended = params.extended_basis(level);
  ring::Poly raised(params.ring_degree(), extended.size(), ring::Form::kNtt);
  std::vector<kernel::ConstWords> sources;
  for (std::size_t j = digit.begin; j < digit.end; ++j) {
    sources.push_back(coefficients.limb(j));
    std::copy(part.limb(j).begin(), part.limb(j).end(), raised.limb(j).begin());
  }
  std::vector<kernel::Words> targets;
  for (const std::size_t t : digit.targets) targets.push_back(raised.limb(t));
  digit.converter.convert(sources, targets);
  for (const std::size_t t : digit.targets)
    kernel::active().ntt_forward(raised.limb(t), *extended[t]);
  return raised;
}

// A limb of the key that corresponds to limb j of (q_0 .. q_l, p): keys made at a higher level have
// their special limbs further back.
std::size_t key_limb(std::size_t j, int level, int key_level) {
  return j <= static_cast<std::size_t>(level) ? j : j + static_cast<std::size_t>(key_level - level);
}

}  // namespace

void key_switch_add(const Parameters& params, const ring::Poly& part, int level,
                    const KeySwitchKey& key, ring::Poly& c0, ring::Poly& c1) {
  check(key.level >= level, "evaluation key of a lower level");
  const KeySwitchPlan& plan = params.key_switch_plan(level);
  check(key.digits.size() >= plan.digits.size(), "evaluation key with too few digits");
  const ring::BasisView extended = params.extended_basis(level);

  ring::Poly coefficients = part;
  ring::to_coefficients(coefficients, params.basis(level));
  std::vector<ring::Poly> raised;
  for (const KeySwitchPlan::Digit& digit : plan.digits) {
    raised.push_back(raise_digit(params, part, coefficients, digit, level));
  }

  for (ring::Poly* target : {&c0, &c1}) {
    ring::Poly sum(params.ring_degree(), extended.size(), ring::Form::kNtt);
    for (std::size_t j = 0; j < extended.size(); ++j) {
      std::vector<kernel::ConstWords> digits;
      std::vector<kernel::ConstWords> keys;
      for (std::size_t d = 0; d < raised.size(); ++d) {
        const ring::Poly& half = target == &c0 ? key.digits[d].b : key.digits[d].a;
        digits.push_back(std::as_const(raised[d]).limb(j));
        keys.push_back(half.limb(key_limb(j, level, key.level)));
      }
      kernel::active().inner_product(digits, keys, sum.limb(j), extended[j]->modulus());
    }
    ring::add_to(*target, plan.mod_down.apply(sum), params.basis(level));
  }
}

}  // namespace salus::ckks
