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

// Limbs first .. first + count - 1 of (q_0 .. q_l, p_0 ..) of a digit, in NTT form: its own limbs
// are those of the polynomial, the others are converted into `scratch`.
void raise(const KeySwitchPlan::Digit& digit, const ring::Poly& part,
           std::span<const kernel::ConstWords> prepared, ring::BasisView extended,
           std::size_t first, std::span<const kernel::Words> scratch,
           std::span<kernel::ConstWords> out) {
  std::vector<kernel::Words> targets;
  std::size_t first_target = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t j = first + i;
    if (digit.begin <= j && j < digit.end) {
      out[i] = part.limb(j);
      continue;
    }
    // The targets of the digit are all limbs but its own, in order: those of this range are
    // neighbours.
    if (targets.empty()) first_target = j < digit.begin ? j : j - (digit.end - digit.begin);
    targets.push_back(scratch[i]);
    out[i] = scratch[i];
  }
  digit.converter.convert(prepared, first_target, targets);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].data() == scratch[i].data())
      kernel::active().ntt_forward(scratch[i], *extended[first + i]);
  }
}

/// The sums over digits d of d times the key's halves, modulo q_0 .. q_l, p_0 ..
struct Sums {
  ring::Poly b;
  ring::Poly a;
};

Sums inner_products(const Parameters& params, const ring::Poly& part, int level,
                    const KeySwitchKey& key) {
  check(key.level >= level, "evaluation key of a lower level");
  const KeySwitchPlan& plan = params.key_switch_plan(level);
  check(key.digits.size() >= plan.digits.size(), "evaluation key with too few digits");
  const ring::BasisView extended = params.extended_basis(level);
  const std::size_t n = params.ring_degree();

  // The digits as base conversion reads them: every limb in coefficient form.
  ring::Poly coefficients = part;
  ring::to_coefficients(coefficients, params.basis(level));
  const std::size_t count = plan.digits.size();
  ring::Poly multiples = ring::Poly::uninitialized(n, count, ring::Form::kCoefficient);
  std::vector<std::vector<kernel::ConstWords>> prepared;
  for (std::size_t d = 0; d < count; ++d) {
    const KeySwitchPlan::Digit& digit = plan.digits[d];
    std::vector<kernel::Words> limbs;
    for (std::size_t j = digit.begin; j < digit.end; ++j) limbs.push_back(coefficients.limb(j));
    if (digit.converter.prepared_count() > limbs.size()) limbs.push_back(multiples.limb(d));
    digit.converter.prepare(limbs);
    prepared.emplace_back(limbs.begin(), limbs.end());
  }

  // A few limbs of the sums at a time, so that the raised digits stay in the cache.
  ring::Poly scratch = ring::Poly::uninitialized(n, count * ring::kLimbsAtOnce, ring::Form::kNtt);
  Sums sums{ring::Poly::uninitialized(n, extended.size(), ring::Form::kNtt),
            ring::Poly::uninitialized(n, extended.size(), ring::Form::kNtt)};
  std::vector<std::vector<kernel::ConstWords>> raised(count);
  std::vector<kernel::ConstWords> digits(count);
  std::vector<kernel::ConstWords> b(count);
  std::vector<kernel::ConstWords> a(count);
  for (std::size_t first = 0; first < extended.size(); first += ring::kLimbsAtOnce) {
    const std::size_t limbs = std::min(ring::kLimbsAtOnce, extended.size() - first);
    for (std::size_t d = 0; d < count; ++d) {
      std::vector<kernel::Words> targets;
      for (std::size_t i = 0; i < limbs; ++i)
        targets.push_back(scratch.limb(d * ring::kLimbsAtOnce + i));
      raised[d].resize(limbs);
      raise(plan.digits[d], part, prepared[d], extended, first, targets, raised[d]);
    }
    for (std::size_t i = 0; i < limbs; ++i) {
      const std::size_t j = first + i;
      const std::size_t limb = key_limb(j, level, key.level);
      for (std::size_t d = 0; d < count; ++d) {
        digits[d] = raised[d][i];
        b[d] = key.digits[d].b.limb(limb);
        a[d] = key.digits[d].a.limb(limb);
      }
      kernel::active().inner_product(digits, b, sums.b.limb(j), extended[j]->modulus());
      kernel::active().inner_product(digits, a, sums.a.limb(j), extended[j]->modulus());
    }
  }
  return sums;
}

}  // namespace

void key_switch_add(const Parameters& params, const ring::Poly& part, int level,
                    const KeySwitchKey& key, ring::Poly& c0, ring::Poly& c1) {
  Sums sums = inner_products(params, part, level, key);
  const ring::ModDown& mod_down = params.key_switch_plan(level).mod_down;
  ring::add_to(c0, mod_down.apply(std::move(sums.b)), params.basis(level));
  ring::add_to(c1, mod_down.apply(std::move(sums.a)), params.basis(level));
}

void key_switch_rescale(const Parameters& params, const ring::Poly& part, int level,
                        const KeySwitchKey& key, ring::Poly& c0, ring::Poly& c1) {
  const KeySwitchPlan& plan = params.key_switch_plan(level);
  check(plan.mod_down_rescale.has_value(), "rescale at level 0");
  Sums sums = inner_products(params, part, level, key);
  const ring::BasisView basis = params.basis(level);
  const auto divide = [&](ring::Poly& sum, const ring::Poly& c) {
    for (std::size_t j = 0; j < basis.size(); ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      const arith::Factor p(params.special_product()[j], q);
      kernel::active().multiply_scalar_add(c.limb(j), p, sum.limb(j), q);
    }
    return plan.mod_down_rescale->apply(std::move(sum));
  };
  c0 = divide(sums.b, c0);
  c1 = divide(sums.a, c1);
}

}  // namespace salus::ckks
