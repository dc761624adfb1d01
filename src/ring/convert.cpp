#include "ring/convert.h"

#include <algorithm>

#include "base/parallel.h"

namespace salus::ring {
namespace {

// prod of all primes of `basis` but the one at `skip`, modulo m.
std::uint64_t product_mod(BasisView basis, std::size_t skip, const arith::Modulus& m) {
  std::uint64_t product = m.reduce(std::uint64_t{1});
  for (std::size_t i = 0; i < basis.size(); ++i) {
    if (i != skip) product = m.multiply(product, m.reduce(basis[i]->modulus().value()));
  }
  return product;
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

void add_constant(kernel::Words limb, std::uint64_t value, const arith::Modulus& q) {
  kernel::active().add_scalar(limb, value, limb, q);
}

}  // namespace

Blocks::Blocks(std::size_t limbs, std::size_t at_once, std::size_t threads) : limbs_(limbs) {
  count_ = threads * ((limbs + at_once * threads - 1) / (at_once * threads));
  count_ = std::min(count_, limbs);
}

Poly divide_and_round_by_last(const Poly& a, BasisView basis) {
  check(a.form() == Form::kNtt, "rescale needs NTT form");
  check(a.limb_count() >= 2, "no limb left to divide by");
  const std::size_t last = a.limb_count() - 1;
  const arith::Modulus& divisor = basis[last]->modulus();
  const std::uint64_t half = divisor.value() / 2;

  Poly scratch = Poly::uninitialized(a.ring_degree(), 1, Form::kCoefficient);
  const kernel::Words tail = scratch.limb(0);
  kernel::active().ntt_inverse_from(a.limb(last), tail, *basis[last]);
  add_constant(tail, half, divisor);

  Poly out = Poly::uninitialized(a.ring_degree(), last, Form::kNtt);
  parallel_for(last, [&](std::size_t j) {
    const arith::Modulus& q = basis[j]->modulus();
    Poly remainder = Poly::uninitialized(a.ring_degree(), 1, Form::kCoefficient);
    kernel::active().ntt_forward_from(tail, divisor.value(), half, remainder.limb(0), *basis[j]);
    const arith::Factor inverse(q.inverse(divisor.value()), q);
    kernel::active().subtract_multiply(a.limb(j), remainder.limb(0), inverse, out.limb(j), q);
  });
  return out;
}

BaseConverter::BaseConverter(BasisView from, BasisView to, Lift lift)
    : from_(from.begin(), from.end()), to_(to.begin(), to.end()), lift_(lift) {
  check(from_.size() < kernel::kMaxTerms, "base conversion from too many primes");
  for (std::size_t j = 0; j < from_.size(); ++j) {
    const arith::Modulus& d = from_[j]->modulus();
    bound_ = std::max(bound_, d.value());
    inverse_.emplace_back(d.inverse(product_mod(from_, j, d)), d);
    inverse_d_.push_back(1 / static_cast<double>(d.value()));
  }
  for (const auto& target : to_) {
    const arith::Modulus& q = target->modulus();
    std::vector<std::uint64_t> row;
    for (std::size_t j = 0; j < from_.size(); ++j) row.push_back(product_mod(from_, j, q));
    row.push_back(q.negate(product_mod(from_, kNone, q)));
    weights_.push_back(std::move(row));
  }
}

std::size_t BaseConverter::prepared_count() const {
  const bool multiples = lift_ == Lift::kCentred && from_.size() > 1;
  return from_.size() + (multiples ? 1 : 0);
}

void BaseConverter::prepare(std::size_t j, kernel::Words limb) const {
  check(j < from_.size(), "base conversion of another shape");
  const arith::Modulus& d = from_[j]->modulus();
  if (from_.size() > 1) {
    kernel::active().multiply_scalar(limb, inverse_[j], limb, d);
  } else if (lift_ == Lift::kCentred) {
    add_constant(limb, d.value() / 2, d);
  }
}

void BaseConverter::count_multiples(std::span<const kernel::ConstWords> y, kernel::Words u) const {
  check(y.size() == from_.size() && prepared_count() > y.size(),
        "base conversion of another shape");
  kernel::active().rounded_sum(y, bound_, inverse_d_, u);
}

void BaseConverter::convert(std::span<const kernel::ConstWords> prepared, std::size_t first_target,
                            std::span<const kernel::Words> out) const {
  check(prepared.size() == prepared_count() && first_target + out.size() <= to_.size(),
        "base conversion of another shape");
  if (from_.size() > 1) {
    // The numbers of multiples are below the number of primes, and so below every prime.
    std::vector<kernel::WeightedTarget> targets;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::span<const std::uint64_t> w(weights_[first_target + i]);
      targets.push_back({w.first(prepared.size()), out[i], &to_[first_target + i]->modulus()});
    }
    kernel::active().weighted_sums(prepared, bound_, targets);
    for (std::size_t i = 0; i < out.size(); ++i)
      kernel::active().ntt_forward(out[i], *to_[first_target + i]);
    return;
  }
  const std::uint64_t shift = lift_ == Lift::kCentred ? from_[0]->modulus().value() / 2 : 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    kernel::active().ntt_forward_from(prepared[0], bound_, shift, out[i], *to_[first_target + i]);
}

ModDown::ModDown(BasisView q, BasisView p)
    : q_(q.begin(), q.end()), p_(p.begin(), p.end()), converter_(p, q, Lift::kCentred) {
  for (const auto& tables : q_) {
    const arith::Modulus& modulus = tables->modulus();
    inverse_p_mod_q_.emplace_back(modulus.inverse(product_mod(p_, kNone, modulus)), modulus);
  }
}

// The last limbs in coefficient form, prepared for conversion.
std::vector<kernel::ConstWords> ModDown::prepare(Poly& a, kernel::Words u) const {
  parallel_for(p_.size(), [&](std::size_t i) {
    const kernel::Words limb = a.limb(q_.size() + i);
    kernel::active().ntt_inverse(limb, *p_[i]);
    converter_.prepare(i, limb);
  });
  std::vector<kernel::ConstWords> prepared;
  for (std::size_t i = 0; i < p_.size(); ++i) prepared.push_back(a.limb(q_.size() + i));
  if (converter_.prepared_count() > prepared.size()) {
    converter_.count_multiples(prepared, u);
    prepared.push_back(u);
  }
  return prepared;
}

void ModDown::apply(std::span<Poly> polys) const {
  for (const Poly& a : polys) {
    check(a.form() == Form::kNtt && a.limb_count() == q_.size() + p_.size(),
          "mod-down of another shape");
  }
  if (polys.empty()) return;
  const std::size_t n = polys[0].ring_degree();
  Poly multiples = Poly::uninitialized(n, polys.size(), Form::kCoefficient);
  std::vector<std::vector<kernel::ConstWords>> prepared(polys.size());
  parallel_for(polys.size(),
               [&](std::size_t i) { prepared[i] = prepare(polys[i], multiples.limb(i)); });

  const Blocks blocks(q_.size());
  parallel_for(polys.size() * blocks.count(), [&](std::size_t i) {
    const std::size_t poly = i / blocks.count();
    const std::size_t first = blocks.begin(i % blocks.count());
    const std::size_t count = blocks.begin(i % blocks.count() + 1) - first;
    Poly& a = polys[poly];
    Poly remainders = Poly::uninitialized(n, count, Form::kNtt);
    std::vector<kernel::Words> out;
    for (std::size_t k = 0; k < count; ++k) out.push_back(remainders.limb(k));
    converter_.convert(prepared[poly], first, out);
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t j = first + k;
      kernel::active().subtract_multiply(a.limb(j), out[k], inverse_p_mod_q_[j], a.limb(j),
                                         q_[j]->modulus());
    }
  });
  for (Poly& a : polys) a.truncate(q_.size());
}

}  // namespace salus::ring
