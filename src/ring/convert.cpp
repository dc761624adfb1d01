#include "ring/convert.h"

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

// floor(P / 2) = (P - 1) / 2 modulo m, P odd.
std::uint64_t half_product_mod(BasisView p, const arith::Modulus& m) {
  const std::uint64_t product = product_mod(p, kNone, m);
  return m.multiply(m.subtract(product, 1), m.inverse(2));
}

// limb -= value, coefficient-wise
void subtract_constant(kernel::Words limb, std::uint64_t value, const arith::Modulus& q) {
  for (std::uint64_t& x : limb) x = q.subtract(x, value);
}

void add_constant(kernel::Words limb, std::uint64_t value, const arith::Modulus& q) {
  for (std::uint64_t& x : limb) x = q.add(x, value);
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
    kernel::active().reduce(tail, remainder, q);
    subtract_constant(remainder, q.reduce(half), q);
    const arith::Factor inverse(q.inverse(divisor.value()), q);
    finish_division(a.limb(j), remainder, inverse, *basis[j], out.limb(j));
  }
  return out;
}

BaseConverter::BaseConverter(BasisView from, BasisView to)
    : from_(from.begin(), from.end()), to_(to.begin(), to.end()) {
  check(from_.size() <= kernel::kMaxTerms, "base conversion from too many primes");
  for (std::size_t j = 0; j < from_.size(); ++j) {
    const arith::Modulus& d = from_[j]->modulus();
    inverse_.emplace_back(d.inverse(product_mod(from_, j, d)), d);
  }
  for (const auto& target : to_) {
    std::vector<std::uint64_t> row;
    for (std::size_t j = 0; j < from_.size(); ++j) {
      row.push_back(product_mod(from_, j, target->modulus()));
    }
    weights_.push_back(std::move(row));
  }
}

void BaseConverter::convert(std::span<const kernel::ConstWords> limbs,
                            std::span<const kernel::Words> out) const {
  check(limbs.size() == from_.size() && out.size() == to_.size(), "base conversion of another shape");
  if (from_.size() == 1) {
    for (std::size_t i = 0; i < to_.size(); ++i) {
      kernel::active().reduce(limbs[0], out[i], to_[i]->modulus());
    }
    return;
  }
  std::vector<std::vector<std::uint64_t>> digits;
  std::vector<kernel::ConstWords> views;
  for (std::size_t j = 0; j < from_.size(); ++j) {
    digits.emplace_back(limbs[j].size());
    kernel::active().multiply_scalar(limbs[j], inverse_[j], digits[j], from_[j]->modulus());
    views.emplace_back(digits[j]);
  }
  for (std::size_t i = 0; i < to_.size(); ++i) {
    kernel::active().weighted_sum(views, weights_[i], out[i], to_[i]->modulus());
  }
}

ModDown::ModDown(BasisView q, BasisView p)
    : q_(q.begin(), q.end()), p_(p.begin(), p.end()), converter_(p, q) {
  for (const auto& tables : p_) half_mod_p_.push_back(half_product_mod(p_, tables->modulus()));
  for (const auto& tables : q_) {
    const arith::Modulus& modulus = tables->modulus();
    half_mod_q_.push_back(half_product_mod(p_, modulus));
    inverse_p_mod_q_.emplace_back(modulus.inverse(product_mod(p_, kNone, modulus)), modulus);
  }
}

Poly ModDown::apply(const Poly& a) const {
  check(a.form() == Form::kNtt && a.limb_count() == q_.size() + p_.size(), "mod-down of another shape");
  std::vector<std::vector<std::uint64_t>> tail;
  std::vector<kernel::ConstWords> views;
  for (std::size_t i = 0; i < p_.size(); ++i) {
    const kernel::ConstWords limb = a.limb(q_.size() + i);
    tail.emplace_back(limb.begin(), limb.end());
    kernel::active().ntt_inverse(tail[i], *p_[i]);
    add_constant(tail[i], half_mod_p_[i], p_[i]->modulus());
    views.emplace_back(tail[i]);
  }

  Poly remainder(a.ring_degree(), q_.size(), Form::kCoefficient);
  std::vector<kernel::Words> targets;
  for (std::size_t j = 0; j < q_.size(); ++j) targets.push_back(remainder.limb(j));
  converter_.convert(views, targets);

  Poly out(a.ring_degree(), q_.size(), Form::kNtt);
  for (std::size_t j = 0; j < q_.size(); ++j) {
    subtract_constant(remainder.limb(j), half_mod_q_[j], q_[j]->modulus());
    finish_division(a.limb(j), remainder.limb(j), inverse_p_mod_q_[j], *q_[j], out.limb(j));
  }
  return out;
}

}  // namespace salus::ring
