#include "ring/poly.h"

#include <algorithm>

#include "base/parallel.h"

namespace salus::ring {
namespace {

void require_same_shape(const Poly& a, const Poly& b, BasisView basis) {
  check(a.form() == b.form(), "operands in different forms");
  check(a.limb_count() == b.limb_count() && a.ring_degree() == b.ring_degree(),
        "operands of different shapes");
  check(a.limb_count() <= basis.size(), "more limbs than primes");
}

// Below, handing work to another thread costs more than it saves.
constexpr std::size_t kWordsWorthSharing = std::size_t{1} << 16;

template <class Body>
void for_each_limb(const Poly& a, const Body& body) {
  if (a.words().size() >= kWordsWorthSharing) return parallel_for(a.limb_count(), body);
  for (std::size_t j = 0; j < a.limb_count(); ++j) body(j);
}

}  // namespace

Poly::Poly(std::size_t ring_degree, std::size_t limb_count, Form form)
    : Poly(uninitialized(ring_degree, limb_count, form)) {
  std::ranges::fill(words(), 0);
}

Poly Poly::uninitialized(std::size_t ring_degree, std::size_t limb_count, Form form) {
  Poly out;
  out.ring_degree_ = ring_degree;
  out.form_ = form;
  out.words_ = Limbs(ring_degree * limb_count);
  return out;
}

void to_ntt(Poly& a, BasisView basis) {
  check(a.form() == Form::kCoefficient, "already in NTT form");
  for_each_limb(a, [&](std::size_t j) { kernel::active().ntt_forward(a.limb(j), *basis[j]); });
  a.set_form(Form::kNtt);
}

void to_coefficients(Poly& a, BasisView basis) {
  check(a.form() == Form::kNtt, "already in coefficient form");
  for_each_limb(a, [&](std::size_t j) { kernel::active().ntt_inverse(a.limb(j), *basis[j]); });
  a.set_form(Form::kCoefficient);
}

Poly add(const Poly& a, const Poly& b, BasisView basis) {
  Poly sum = a;
  add_to(sum, b, basis);
  return sum;
}

Poly subtract(const Poly& a, const Poly& b, BasisView basis) {
  Poly difference = a;
  subtract_from(difference, b, basis);
  return difference;
}

Poly negate(const Poly& a, BasisView basis) {
  Poly out = Poly::uninitialized(a.ring_degree(), a.limb_count(), a.form());
  for_each_limb(a, [&](std::size_t j) {
    kernel::active().negate(a.limb(j), out.limb(j), basis[j]->modulus());
  });
  return out;
}

Poly multiply(const Poly& a, const Poly& b, BasisView basis) {
  require_same_shape(a, b, basis);
  check(a.form() == Form::kNtt, "multiply needs NTT form");
  Poly out = Poly::uninitialized(a.ring_degree(), a.limb_count(), Form::kNtt);
  for_each_limb(a, [&](std::size_t j) {
    kernel::active().multiply(a.limb(j), b.limb(j), out.limb(j), basis[j]->modulus());
  });
  return out;
}

void add_to(Poly& sum, const Poly& a, BasisView basis) {
  require_same_shape(sum, a, basis);
  for_each_limb(a, [&](std::size_t j) {
    kernel::active().add(sum.limb(j), a.limb(j), sum.limb(j), basis[j]->modulus());
  });
}

void subtract_from(Poly& difference, const Poly& a, BasisView basis) {
  require_same_shape(difference, a, basis);
  for_each_limb(a, [&](std::size_t j) {
    kernel::active().subtract(difference.limb(j), a.limb(j), difference.limb(j),
                              basis[j]->modulus());
  });
}

void multiply_add(const Poly& a, const Poly& b, Poly& sum, BasisView basis) {
  require_same_shape(a, b, basis);
  require_same_shape(a, sum, basis);
  check(a.form() == Form::kNtt, "multiply needs NTT form");
  for_each_limb(a, [&](std::size_t j) {
    kernel::active().multiply_add(a.limb(j), b.limb(j), sum.limb(j), basis[j]->modulus());
  });
}

void multiply_by_residues(Poly& a, std::span<const std::uint64_t> w, BasisView basis) {
  check(w.size() >= a.limb_count(), "fewer residues than limbs");
  for_each_limb(a, [&](std::size_t j) {
    const arith::Modulus& q = basis[j]->modulus();
    kernel::active().multiply_scalar(a.limb(j), arith::Factor(w[j], q), a.limb(j), q);
  });
}

Poly from_signed(std::span<const std::int64_t> coefficients, BasisView basis) {
  Poly out = Poly::uninitialized(coefficients.size(), basis.size(), Form::kCoefficient);
  for_each_limb(out, [&](std::size_t j) {
    const arith::Modulus& q = basis[j]->modulus();
    const kernel::Words limb = out.limb(j);
    for (std::size_t i = 0; i < coefficients.size(); ++i) limb[i] = q.from_signed(coefficients[i]);
  });
  return out;
}

Automorphism::Automorphism(int log_n, std::uint32_t galois_element)
    : galois_element_(galois_element), source_(std::size_t{1} << log_n) {
  const std::uint32_t two_n = std::uint32_t{2} << log_n;
  check(galois_element % 2 == 1 && galois_element < two_n,
        "Galois element is even or not below 2N");
  std::vector<std::uint32_t> reversed(source_.size());
  for (std::uint32_t i = 1; i < reversed.size(); ++i) {
    reversed[i] = reversed[i / 2] / 2 + (i % 2) * (two_n / 4);
  }
  // Position i holds the value at psi^e, e = 2 reverse(i) + 1; b(X) = a(X^g) has a's value at
  // psi^(e g).
  for (std::uint32_t i = 0; i < source_.size(); ++i) {
    const std::uint64_t e = 2 * std::uint64_t{reversed[i]} + 1;
    const auto image = static_cast<std::uint32_t>(e * galois_element % two_n);
    source_[i] = reversed[(image - 1) / 2];
  }
}

Poly Automorphism::apply(const Poly& a) const {
  check(a.form() == Form::kNtt, "automorphism needs NTT form");
  check(a.ring_degree() == source_.size(), "automorphism of another ring");
  Poly out = Poly::uninitialized(a.ring_degree(), a.limb_count(), Form::kNtt);
  for_each_limb(a,
                [&](std::size_t j) { kernel::active().permute(a.limb(j), source_, out.limb(j)); });
  return out;
}

}  // namespace salus::ring
