// Hybrid key switching (Han and Ki, "Better bootstrapping for approximate homomorphic encryption",
// eprint 2019/688). With one prime a digit and one special prime it is Microsoft SEAL's key
// switching, byte for byte.

#include "ckks/evaluator.h"

namespace salus::ckks {
namespace {

// A limb of the key that corresponds to limb j of (q_0 .. q_l, p): keys made at a higher level have
// their special limbs further back.
std::size_t key_limb(std::size_t j, int level, int key_level) {
  return j <= static_cast<std::size_t>(level) ? j : j + static_cast<std::size_t>(key_level - level);
}

// Limb j of (q_0 .. q_l, p_0 ..) of a digit, in NTT form: its own limbs are those of the
// polynomial, the others are converted into `scratch`.
kernel::ConstWords raise(const KeySwitchPlan::Digit& digit, const ring::Poly& part,
                         const ring::Poly& coefficients, std::size_t j,
                         const arith::NttTables& tables, kernel::Words scratch) {
  if (digit.begin <= j && j < digit.end) return part.limb(j);
  std::vector<kernel::ConstWords> sources;
  for (std::size_t i = digit.begin; i < digit.end; ++i) sources.push_back(coefficients.limb(i));
  // The targets of the digit are all limbs but its own, in order.
  digit.converter.convert(sources, j < digit.begin ? j : j - (digit.end - digit.begin), scratch);
  kernel::active().ntt_forward(scratch, tables);
  return scratch;
}

}  // namespace

void key_switch_add(const Parameters& params, const ring::Poly& part, int level,
                    const KeySwitchKey& key, ring::Poly& c0, ring::Poly& c1) {
  check(key.level >= level, "evaluation key of a lower level");
  const KeySwitchPlan& plan = params.key_switch_plan(level);
  check(key.digits.size() >= plan.digits.size(), "evaluation key with too few digits");
  const ring::BasisView extended = params.extended_basis(level);

  // The digits as base conversion reads them: every limb in coefficient form.
  ring::Poly coefficients = part;
  ring::to_coefficients(coefficients, params.basis(level));
  for (const KeySwitchPlan::Digit& digit : plan.digits) {
    std::vector<kernel::Words> limbs;
    for (std::size_t j = digit.begin; j < digit.end; ++j) limbs.push_back(coefficients.limb(j));
    digit.converter.prepare(limbs);
  }

  // One limb of the sums at a time, so that the raised digits stay in the cache.
  const std::size_t count = plan.digits.size();
  ring::Poly raised = ring::Poly::uninitialized(params.ring_degree(), count, ring::Form::kNtt);
  ring::Poly sum0 =
      ring::Poly::uninitialized(params.ring_degree(), extended.size(), ring::Form::kNtt);
  ring::Poly sum1 =
      ring::Poly::uninitialized(params.ring_degree(), extended.size(), ring::Form::kNtt);
  std::vector<kernel::ConstWords> digits(count);
  std::vector<kernel::ConstWords> b(count);
  std::vector<kernel::ConstWords> a(count);
  for (std::size_t j = 0; j < extended.size(); ++j) {
    for (std::size_t d = 0; d < count; ++d) {
      digits[d] = raise(plan.digits[d], part, coefficients, j, *extended[j], raised.limb(d));
      const std::size_t limb = key_limb(j, level, key.level);
      b[d] = key.digits[d].b.limb(limb);
      a[d] = key.digits[d].a.limb(limb);
    }
    kernel::active().inner_product(digits, b, sum0.limb(j), extended[j]->modulus());
    kernel::active().inner_product(digits, a, sum1.limb(j), extended[j]->modulus());
  }
  ring::add_to(c0, plan.mod_down.apply(std::move(sum0)), params.basis(level));
  ring::add_to(c1, plan.mod_down.apply(std::move(sum1)), params.basis(level));
}

}  // namespace salus::ckks
