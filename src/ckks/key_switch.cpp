#include "ckks/key_switch.h"

#include <algorithm>
#include <utility>

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
    std::vector<kernel::Words> targets;
    for (std::size_t i = 0; i < count; ++i) targets.push_back(scratch.limb(d * count + i));
    raise(d, first, targets, raised[d]);
  }
}

namespace {

// Limb j of one sum, from that limb of the digits.
void sum_limb(const Decomposition& c, const Switching& to, std::size_t j,
              std::span<const kernel::ConstWords> digits, std::span<ring::Poly> sums) {
  std::vector<kernel::ConstWords> b;
  std::vector<kernel::ConstWords> a;
  const std::size_t limb = key_limb(j, c.level(), to.key.level);
  for (std::size_t d = 0; d < digits.size(); ++d) {
    b.push_back(to.key.digits[d].b.limb(limb));
    a.push_back(to.key.digits[d].a.limb(limb));
  }
  std::span<const std::uint32_t> source;
  if (to.galois != nullptr) source = to.galois->source();
  const kernel::Words sum_b = sums[0].limb(j);
  const kernel::Words sum_a = sums[1].limb(j);
  kernel::active().inner_products({digits, source, b, a, sum_b, sum_a},
                                  c.params().extended_basis(c.level())[j]->modulus());
  if (to.add) to.add(j, sum_b, sum_a);
}

}  // namespace

std::vector<std::vector<ring::Poly>> switch_sums(const Decomposition& c,
                                                 std::span<const Switching> switchings) {
  const Parameters& params = c.params();
  const std::size_t count = c.plan().digits.size();
  const std::size_t size = params.extended_basis(c.level()).size();
  const std::size_t n = params.ring_degree();
  std::vector<std::vector<ring::Poly>> sums(switchings.size());
  for (std::size_t i = 0; i < switchings.size(); ++i) {
    check(switchings[i].key.level >= c.level(), "evaluation key of a lower level");
    check(switchings[i].key.digits.size() >= count, "evaluation key with too few digits");
    for (int part = 0; part < 2; ++part)
      sums[i].push_back(ring::Poly::uninitialized(n, size, ring::Form::kNtt));
  }
  // A few limbs of the sums at a time, so that the raised digits stay in the cache. Digits of one
  // prime gain nothing from conversion to several limbs at once.
  const ring::Blocks blocks(size, params.alpha() == 1 ? 1 : ring::Blocks::kLimbsAtOnce);
  parallel_for(blocks.count(), [&](std::size_t block) {
    const std::size_t first = blocks.begin(block);
    const std::size_t limbs = blocks.begin(block + 1) - first;
    ring::Poly scratch = ring::Poly::uninitialized(n, count * limbs, ring::Form::kNtt);
    std::vector<std::vector<kernel::ConstWords>> raised;
    c.raise(first, limbs, scratch, raised);
    std::vector<kernel::ConstWords> digits(count);
    for (std::size_t i = 0; i < limbs; ++i) {
      for (std::size_t d = 0; d < count; ++d) digits[d] = raised[d][i];
      for (std::size_t k = 0; k < switchings.size(); ++k)
        sum_limb(c, switchings[k], first + i, digits, sums[k]);
    }
  });
  return sums;
}

void divide(const Parameters& params, int level, int primes, std::span<ring::Poly> sums) {
  const KeySwitchPlan& plan = params.key_switch_plan(level);
  check(primes >= 0 && static_cast<std::size_t>(primes) < plan.mod_down.size(),
        "division by primes that are not there");
  plan.mod_down[static_cast<std::size_t>(primes)].apply(sums);
}

std::vector<ring::Poly> switch_key(const Decomposition& c, const Switching& switching, int primes) {
  std::vector<ring::Poly> sums = std::move(switch_sums(c, {&switching, 1})[0]);
  divide(c.params(), c.level(), primes, sums);
  return sums;
}

}  // namespace salus::ckks
