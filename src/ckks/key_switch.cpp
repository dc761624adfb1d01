#include "ckks/key_switch.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"

namespace salus::ckks {
namespace {

// A limb of the key that corresponds to limb j of (q_0 .. q_l, p): keys made at a higher level have
// their special limbs further back.
std::size_t key_limb(std::size_t j, int level, int key_level) {
  return j <= static_cast<std::size_t>(level) ? j : j + static_cast<std::size_t>(key_level - level);
}

// Pieces of a polynomial that threads count multiples on.
constexpr std::size_t kPieces = 4;

}  // namespace

Decomposition::Decomposition(const Parameters& params, int level, const Source& source)
    : params_(params),
      level_(level),
      plan_(params.key_switch_plan(level)),
      extended_(params.extended_basis(level)),
      own_(ring::Poly::uninitialized(params.ring_degree(), static_cast<std::size_t>(level) + 1,
                                     ring::Form::kNtt)),
      c_(&own_) {
  prepare(&source);
}

Decomposition::Decomposition(const Parameters& params, int level, const ring::Poly& c)
    : params_(params),
      level_(level),
      plan_(params.key_switch_plan(level)),
      extended_(params.extended_basis(level)),
      c_(&c) {
  check(c.form() == ring::Form::kNtt && c.limb_count() == static_cast<std::size_t>(level) + 1,
        "key switching of another shape");
  prepare(nullptr);
}

void Decomposition::prepare(const Source* source) {
  const std::size_t n = params_.ring_degree();
  const std::size_t limbs = static_cast<std::size_t>(level_) + 1;
  const std::size_t alpha = params_.alpha();
  const std::size_t count = plan_.digits.size();
  coefficients_ = ring::Poly::uninitialized(n, limbs, ring::Form::kCoefficient);
  multiples_ = ring::Poly::uninitialized(n, count, ring::Form::kCoefficient);
  parallel_for(limbs, [&](std::size_t j) {
    if (source != nullptr) (*source)(j, own_.limb(j));
    const kernel::Words limb = coefficients_.limb(j);
    kernel::active().ntt_inverse_from(c_->limb(j), limb, *extended_[j]);
    plan_.digits[j / alpha].converter.prepare(j % alpha, limb);
  });
  prepared_.resize(count);
  for (std::size_t d = 0; d < count; ++d) {
    for (std::size_t j = plan_.digits[d].begin; j < plan_.digits[d].end; ++j)
      prepared_[d].push_back(coefficients_.limb(j));
  }
  parallel_for(count * kPieces, [&](std::size_t i) {
    const std::size_t d = i / kPieces;
    const ring::BaseConverter& converter = plan_.digits[d].converter;
    if (converter.prepared_count() == prepared_[d].size()) return;
    std::vector<kernel::ConstWords> piece;
    for (const kernel::ConstWords& y : prepared_[d])
      piece.push_back(y.subspan(i % kPieces * (n / kPieces), n / kPieces));
    converter.count_multiples(piece,
                              multiples_.limb(d).subspan(i % kPieces * (n / kPieces), n / kPieces));
  });
  for (std::size_t d = 0; d < count; ++d) {
    if (plan_.digits[d].converter.prepared_count() > prepared_[d].size())
      prepared_[d].push_back(multiples_.limb(d));
  }
}

// Limbs first .. first + out.size() - 1 of a digit: its own limbs are those of c, the others are
// converted into `scratch`.
void Decomposition::raise(std::size_t d, std::size_t first, std::span<const kernel::Words> scratch,
                          std::span<kernel::ConstWords> out) const {
  const KeySwitchPlan::Digit& digit = plan_.digits[d];
  std::vector<kernel::Words> targets;
  std::size_t first_target = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t j = first + i;
    if (digit.begin <= j && j < digit.end) {
      out[i] = c_->limb(j);
      continue;
    }
    // The targets of the digit are all limbs but its own, in order: those of this range are
    // neighbours.
    if (targets.empty()) first_target = j < digit.begin ? j : j - (digit.end - digit.begin);
    targets.push_back(scratch[i]);
    out[i] = scratch[i];
  }
  digit.converter.convert(prepared_[d], first_target, targets);
}

void Decomposition::raise(std::size_t first, std::size_t count, ring::Poly& scratch,
                          std::vector<std::vector<kernel::ConstWords>>& raised) const {
  raised.resize(plan_.digits.size());
  for (std::size_t d = 0; d < raised.size(); ++d) {
    raised[d].resize(count);
    if (all_raised()) {
      const KeySwitchPlan::Digit& digit = plan_.digits[d];
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t j = first + i;
        raised[d][i] = digit.begin <= j && j < digit.end ? c_->limb(j)
                                                         : raised_.limb(d * extended_.size() + j);
      }
      continue;
    }
    std::vector<kernel::Words> targets;
    for (std::size_t i = 0; i < count; ++i) targets.push_back(scratch.limb(d * count + i));
    raise(d, first, targets, raised[d]);
  }
}

void Decomposition::raise_all() {
  if (all_raised()) return;
  const std::size_t count = plan_.digits.size();
  const std::size_t limbs = extended_.size();
  const ring::Blocks blocks(limbs);
  raised_ = ring::Poly::uninitialized(params_.ring_degree(), count * limbs, ring::Form::kNtt);
  parallel_for(count * blocks.count(), [&](std::size_t i) {
    const std::size_t d = i / blocks.count();
    const std::size_t first = blocks.begin(i % blocks.count());
    std::vector<kernel::Words> targets;
    for (std::size_t j = first; j < blocks.begin(i % blocks.count() + 1); ++j)
      targets.push_back(raised_.limb(d * limbs + j));
    std::vector<kernel::ConstWords> out(targets.size());
    raise(d, first, targets, out);
  });
}

Switched switch_key(const Decomposition& c, const KeySwitchKey& key,
                    const ring::Automorphism* galois, Division division, const AddMultiple& add) {
  const Parameters& params = c.params();
  const KeySwitchPlan& plan = c.plan();
  check(key.level >= c.level(), "evaluation key of a lower level");
  check(key.digits.size() >= plan.digits.size(), "evaluation key with too few digits");
  const bool rescaling = division == Division::kByPAndLastPrime;
  check(!rescaling || plan.mod_down_rescale.has_value(), "rescale at level 0");
  const ring::BasisView extended = params.extended_basis(c.level());
  const std::size_t n = params.ring_degree();
  const std::size_t count = plan.digits.size();

  std::array<ring::Poly, 2> sums = {
      ring::Poly::uninitialized(n, extended.size(), ring::Form::kNtt),
      ring::Poly::uninitialized(n, extended.size(), ring::Form::kNtt)};
  std::span<const std::uint32_t> source;
  if (galois != nullptr) source = galois->source();
  // A few limbs of the sums at a time, so that the raised digits stay in the cache. Digits of one
  // prime gain nothing from conversion to several limbs at once.
  const ring::Blocks blocks(extended.size(), params.alpha() == 1 ? 1 : ring::Blocks::kLimbsAtOnce);
  parallel_for(blocks.count(), [&](std::size_t block) {
    const std::size_t first = blocks.begin(block);
    const std::size_t limbs = blocks.begin(block + 1) - first;
    ring::Poly scratch =
        ring::Poly::uninitialized(n, c.all_raised() ? 0 : count * limbs, ring::Form::kNtt);
    std::vector<std::vector<kernel::ConstWords>> raised;
    c.raise(first, limbs, scratch, raised);
    std::vector<kernel::ConstWords> digits(count);
    std::vector<kernel::ConstWords> b(count);
    std::vector<kernel::ConstWords> a(count);
    for (std::size_t i = 0; i < limbs; ++i) {
      const std::size_t j = first + i;
      const std::size_t limb = key_limb(j, c.level(), key.level);
      for (std::size_t d = 0; d < count; ++d) {
        digits[d] = raised[d][i];
        b[d] = key.digits[d].b.limb(limb);
        a[d] = key.digits[d].a.limb(limb);
      }
      const arith::Modulus& q = extended[j]->modulus();
      const kernel::Words sum_b = sums[0].limb(j);
      const kernel::Words sum_a = sums[1].limb(j);
      kernel::active().inner_products({digits, source, b, a, sum_b, sum_a}, q);
      if (add && j <= static_cast<std::size_t>(c.level()))
        add(j, arith::Factor(params.special_product()[j], q), sum_b, sum_a);
    }
  });
  (rescaling ? *plan.mod_down_rescale : plan.mod_down).apply(sums);
  return {std::move(sums[0]), std::move(sums[1])};
}

}  // namespace salus::ckks
