#include "ring/convert.h"

#include <algorithm>

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

// floor(k D / 2) modulo m, D odd with k prime factors.
std::uint64_t shift_mod(BasisView d, const arith::Modulus& m) {
  const std::uint64_t k_product =
      m.multiply(product_mod(d, kNone, m), m.reduce(std::uint64_t{d.size()}));
  const std::uint64_t even = d.size() % 2 == 0 ? k_product : m.subtract(k_product, 1);
  return m.multiply(even, m.inverse(2));
}

void add_constant(kernel::Words limb, std::uint64_t value, const arith::Modulus& q) {
  kernel::active().add_scalar(limb, value, limb, q);
}

void subtract_constant(kernel::Words limb, std::uint64_t value, const arith::Modulus& q) {
  add_constant(limb, q.negate(value), q);
}

// out = (a - remainder) inverse, remainder given in coefficient form and consumed.
void finish_division(kernel::ConstWords a, kernel::Words remainder, const arith::Factor& inverse,
                     const arith::NttTables& tables, kernel::Words out) {
  const kernel::KernelTable& kernels = kernel::active();
  kernels.ntt_forward(remainder, tables);
  kernels.subtract(a, remainder, out, tables.modulus());
  kernels.multiply_scalar(out, inverse, out, tables.modulus());
}

}  // namespace

Poly divide_and_round_by_last(const Poly& a, BasisView basis) {
  check(a.form() == Form::kNtt, "rescale needs NTT form");
  check(a.limb_count() >= 2, "no limb left to divide by");
  const std::size_t last = a.limb_count() - 1;
  const arith::Modulus& divisor = basis[last]->modulus();
  const std::uint64_t half = divisor.value() / 2;

  std::vector<std::uint64_t> tail(a.limb(last).begin(), a.limb(last).end());
  kernel::active().ntt_inverse(tail, *basis[last]);
  add_constant(tail, half, divisor);

  Poly out(a.ring_degree(), last, Form::kNtt);
  std::vector<std::uint64_t> remainder(a.ring_degree());
  for (std::size_t j = 0; j < last; ++j) {
    const arith::Modulus& q = basis[j]->modulus();
    kernel::active().reduce(tail, divisor.value(), remainder, q);
    subtract_constant(remainder, q.reduce(half), q);
    const arith::Factor inverse(q.inverse(divisor.value()), q);
    finish_division(a.limb(j), remainder, inverse, *basis[j], out.limb(j));
  }
  return out;
}

BaseConverter::BaseConverter(BasisView from, BasisView to, Lift lift)
    : from_(from.begin(), from.end()), to_(to.begin(), to.end()), lift_(lift) {
  check(from_.size() <= kernel::kMaxTerms, "base conversion from too many primes");
  for (std::size_t j = 0; j < from_.size(); ++j) {
    const arith::Modulus& d = from_[j]->modulus();
    inverse_.emplace_back(d.inverse(product_mod(from_, j, d)), d);
    shift_from_.push_back(shift_mod(from_, d));
  }
  for (const auto& target : to_) {
    std::vector<std::uint64_t> row;
    for (std::size_t j = 0; j < from_.size(); ++j) {
      row.push_back(product_mod(from_, j, target->modulus()));
    }
    weights_.push_back(std::move(row));
    shift_to_.push_back(shift_mod(from_, target->modulus()));
  }
}

void BaseConverter::convert(std::span<const kernel::ConstWords> limbs,
                            std::span<const kernel::Words> out) const {
  check(limbs.size() == from_.size() && out.size() == to_.size(),
        "base conversion of another shape");
  const bool centred = lift_ == Lift::kCentred;
  const bool single = from_.size() == 1;
  std::vector<std::vector<std::uint64_t>> digits;
  std::vector<kernel::ConstWords> views;
  std::uint64_t bound = 0;
  for (const auto& tables : from_) bound = std::max(bound, tables->modulus().value());
  for (std::size_t j = 0; j < from_.size(); ++j) {
    digits.emplace_back(limbs[j].begin(), limbs[j].end());
    const arith::Modulus& d = from_[j]->modulus();
    if (centred) add_constant(digits[j], shift_from_[j], d);
    if (!single) kernel::active().multiply_scalar(digits[j], inverse_[j], digits[j], d);
    views.emplace_back(digits[j]);
  }
  for (std::size_t i = 0; i < to_.size(); ++i) {
    const arith::Modulus& target = to_[i]->modulus();
    if (single) {
      kernel::active().reduce(views[0], bound, out[i], target);
    } else {
      kernel::active().weighted_sum(views, bound, weights_[i], out[i], target);
    }
    if (centred) subtract_constant(out[i], shift_to_[i], target);
  }
}

ModDown::ModDown(BasisView q, BasisView p)
    : q_(q.begin(), q.end()), p_(p.begin(), p.end()), converter_(p, q, Lift::kCentred) {
  for (const auto& tables : q_) {
    const arith::Modulus& modulus = tables->modulus();
    inverse_p_mod_q_.emplace_back(modulus.inverse(product_mod(p_, kNone, modulus)), modulus);
  }
}

Poly ModDown::apply(const Poly& a) const {
  check(a.form() == Form::kNtt && a.limb_count() == q_.size() + p_.size(),
        "mod-down of another shape");
  std::vector<std::vector<std::uint64_t>> tail;
  std::vector<kernel::ConstWords> views;
  for (std::size_t i = 0; i < p_.size(); ++i) {
    const kernel::ConstWords limb = a.limb(q_.size() + i);
    tail.emplace_back(limb.begin(), limb.end());
    kernel::active().ntt_inverse(tail[i], *p_[i]);
    views.emplace_back(tail[i]);
  }

  Poly remainder(a.ring_degree(), q_.size(), Form::kCoefficient);
  std::vector<kernel::Words> targets;
  for (std::size_t j = 0; j < q_.size(); ++j) targets.push_back(remainder.limb(j));
  converter_.convert(views, targets);

  Poly out(a.ring_degree(), q_.size(), Form::kNtt);
  for (std::size_t j = 0; j < q_.size(); ++j) {
    finish_division(a.limb(j), remainder.limb(j), inverse_p_mod_q_[j], *q_[j], out.limb(j));
  }
  return out;
}

}  // namespace salus::ring
