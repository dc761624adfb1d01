// The kernels on lanes of doubles: element by element, and the table. See fma_core.h.
#pragma once

#include "kernel/fma/fma_core.h"
#include "kernel/fma/fma_sums.h"
#include "kernel/fma/fma_transforms.h"

namespace salus::kernel {
namespace {

void add(ConstWords a, ConstWords b, Words out, const arith::Modulus& q) {
  const std::size_t n = whole(out.size());
  const Integers p = Lanes::broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Integers sum = Lanes::add(Lanes::load(&a[i]), Lanes::load(&b[i]));
    Lanes::store(&out[i], Lanes::smaller(sum, Lanes::subtract(sum, p)));
  }
  reference().add(a.subspan(n), b.subspan(n), out.subspan(n), q);
}

void subtract(ConstWords a, ConstWords b, Words out, const arith::Modulus& q) {
  const std::size_t n = whole(out.size());
  const Integers p = Lanes::broadcast(q.value());
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Integers difference = Lanes::subtract(Lanes::load(&a[i]), Lanes::load(&b[i]));
    Lanes::store(&out[i], Lanes::smaller(difference, Lanes::add(difference, p)));
  }
  reference().subtract(a.subspan(n), b.subspan(n), out.subspan(n), q);
}

void negate(ConstWords a, Words out, const arith::Modulus& q) {
  const std::size_t n = whole(out.size());
  const Integers p = Lanes::broadcast(q.value());
  const Integers zero = Lanes::broadcast(std::uint64_t{0});
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Integers minus = Lanes::subtract(zero, Lanes::load(&a[i]));
    Lanes::store(&out[i], Lanes::smaller(minus, Lanes::add(minus, p)));
  }
  reference().negate(a.subspan(n), out.subspan(n), q);
}

void add_scalar(ConstWords a, std::uint64_t x, Words out, const arith::Modulus& q) {
  const std::size_t n = whole(out.size());
  const Integers p = Lanes::broadcast(q.value());
  const Integers scalar = Lanes::broadcast(x);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Integers sum = Lanes::add(Lanes::load(&a[i]), scalar);
    Lanes::store(&out[i], Lanes::smaller(sum, Lanes::subtract(sum, p)));
  }
  reference().add_scalar(a.subspan(n), x, out.subspan(n), q);
}

// A product of two residues in [0, p) is at most 3/4: the factor is not centred.
void multiply(ConstWords a, ConstWords b, Words out, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply(a, b, out, q);
  const std::size_t n = whole(out.size());
  const Prime m(q);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Doubles r = product(Lanes::load_words(&a[i]), Lanes::load_words(&b[i]), m);
    Lanes::store_words(&out[i], positive(r, m));
  }
  reference().multiply(a.subspan(n), b.subspan(n), out.subspan(n), q);
}

void multiply_add(ConstWords a, ConstWords b, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_add(a, b, sum, q);
  const std::size_t n = whole(sum.size());
  const Prime m(q);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Doubles r = product(Lanes::load_words(&a[i]), Lanes::load_words(&b[i]), m);
    const Doubles total = Lanes::add(r, Lanes::load_words(&sum[i]));
    Lanes::store_words(&sum[i], positive(centre(total, m), m));
  }
  reference().multiply_add(a.subspan(n), b.subspan(n), sum.subspan(n), q);
}

void multiply_scalar(ConstWords a, const arith::Factor& w, Words out, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_scalar(a, w, out, q);
  const std::size_t n = whole(out.size());
  const Prime m(q);
  const Twiddle factor = twiddle(Lanes::broadcast(centred(w.value, q)), m);
  for (std::size_t i = 0; i < n; i += kWidth) {
    Lanes::store_words(&out[i], positive(product(Lanes::load_words(&a[i]), factor, m), m));
  }
  reference().multiply_scalar(a.subspan(n), w, out.subspan(n), q);
}

void multiply_scalar_add(ConstWords a, const arith::Factor& w, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_scalar_add(a, w, sum, q);
  const std::size_t n = whole(sum.size());
  const Prime m(q);
  const Twiddle factor = twiddle(Lanes::broadcast(centred(w.value, q)), m);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Doubles r = product(Lanes::load_words(&a[i]), factor, m);
    const Doubles total = Lanes::add(r, Lanes::load_words(&sum[i]));
    Lanes::store_words(&sum[i], positive(centre(total, m), m));
  }
  reference().multiply_scalar_add(a.subspan(n), w, sum.subspan(n), q);
}

void subtract_multiply(ConstWords a, ConstWords b, const arith::Factor& w, Words out,
                       const arith::Modulus& q) {
  if (!fits(q)) return reference().subtract_multiply(a, b, w, out, q);
  const std::size_t n = whole(out.size());
  const Prime m(q);
  const Twiddle factor = twiddle(Lanes::broadcast(centred(w.value, q)), m);
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Doubles difference = Lanes::subtract(Lanes::load_words(&a[i]), Lanes::load_words(&b[i]));
    Lanes::store_words(&out[i], positive(product(difference, factor, m), m));
  }
  reference().subtract_multiply(a.subspan(n), b.subspan(n), w, out.subspan(n), q);
}

void permute_multiply_add(ConstWords a, std::span<const std::uint32_t> source,
                          const arith::Factor& w, Words sum, const arith::Modulus& q) {
  const std::size_t n = sum.size();
  if (!fits(q) || n % kWidth != 0 || a.size() % kWidth != 0)
    return reference().permute_multiply_add(a, source, w, sum, q);
  const Prime m(q);
  const Twiddle factor = twiddle(Lanes::broadcast(centred(w.value, q)), m);
  for (std::size_t begin = 0; begin < n; begin += kPage) {
    const std::size_t end = std::min(begin + kPage, n);
    // An automorphism takes the values of a page from one page.
    const std::uint64_t* next = a.data();
    if (end < n) next += source[end] / kPage * kPage;
    for (std::size_t i = begin; i < end; i += kWidth) {
      __builtin_prefetch(next + (i - begin));
      const Doubles r = product(Lanes::gather_words(a.data(), &source[i]), factor, m);
      const Doubles total = Lanes::add(r, Lanes::load_words(&sum[i]));
      Lanes::store_words(&sum[i], positive(centre(total, m), m));
    }
  }
}

void permute(ConstWords a, std::span<const std::uint32_t> source, Words out) {
  const std::size_t n = out.size();
  if (n % kWidth != 0 || a.size() % kWidth != 0) return reference().permute(a, source, out);
  for (std::size_t begin = 0; begin < n; begin += kPage) {
    const std::size_t end = std::min(begin + kPage, n);
    // An automorphism takes the values of a page from one page.
    const std::uint64_t* next = a.data();
    if (end < n) next += source[end] / kPage * kPage;
    for (std::size_t i = begin; i < end; i += kWidth) {
      __builtin_prefetch(next + (i - begin));
      Lanes::store(&out[i], Lanes::gather(a.data(), &source[i]));
    }
  }
}

constexpr KernelTable make_table(std::string_view name) {
  return {
      .name = name,
      .ntt_forward = ntt_forward,
      .ntt_inverse = ntt_inverse,
      .ntt_forward_from = ntt_forward_from,
      .ntt_inverse_from = ntt_inverse_from,
      .add = add,
      .subtract = subtract,
      .negate = negate,
      .add_scalar = add_scalar,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_scalar = multiply_scalar,
      .multiply_scalar_add = multiply_scalar_add,
      .subtract_multiply = subtract_multiply,
      .permute_multiply_add = permute_multiply_add,
      .inner_products = inner_products,
      .weighted_sums = weighted_sums,
      .rounded_sum = rounded_sum,
      .permute = permute,
  };
}

}  // namespace
}  // namespace salus::kernel
