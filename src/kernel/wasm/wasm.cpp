// WebAssembly: element by element, and the table. Sums and differences are the reference's.
#include "base/platform.h"
#include "kernel/wasm/wasm_core.h"

namespace salus::kernel {
namespace wasm_kernel {
namespace {

// A product of two residues and its quotient: three roundings, so c is off by at most 1/2 + 3/8,
// and the remainder is above -q and below q.
inline std::uint64_t product(std::uint64_t a, std::uint64_t b, const Prime& m) {
  return positive(remainder(a * b, floating(a) * floating(b) * m.inverse, m), m);
}

// The same for a factor that is used again and again: two roundings. |a| < q.
struct Scalar {
  Scalar(const arith::Factor& factor, const arith::Modulus& q)
      : w(factor.value), quotient(floating(w) / floating(q.value())) {}
  std::uint64_t w;
  double quotient;
};

inline std::uint64_t product(std::uint64_t a, const Scalar& by, const Prime& m) {
  return positive(remainder(a * by.w, floating(a) * by.quotient, m), m);
}

void multiply(ConstWords a, ConstWords b, Words out, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply(a, b, out, q);
  const Prime m(q);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = product(a[i], b[i], m);
}

void multiply_add(ConstWords a, ConstWords b, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_add(a, b, sum, q);
  const Prime m(q);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = q.add(sum[i], product(a[i], b[i], m));
}

void multiply_scalar(ConstWords a, const arith::Factor& w, Words out, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_scalar(a, w, out, q);
  const Prime m(q);
  const Scalar by(w, q);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = product(a[i], by, m);
}

void multiply_scalar_add(ConstWords a, const arith::Factor& w, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_scalar_add(a, w, sum, q);
  const Prime m(q);
  const Scalar by(w, q);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = q.add(sum[i], product(a[i], by, m));
}

void subtract_multiply(ConstWords a, ConstWords b, const arith::Factor& w, Words out,
                       const arith::Modulus& q) {
  if (!fits(q)) return reference().subtract_multiply(a, b, w, out, q);
  const Prime m(q);
  const Scalar by(w, q);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = product(a[i] - b[i], by, m);
}

void permute_multiply_add(ConstWords a, std::span<const std::uint32_t> source,
                          const arith::Factor& w, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().permute_multiply_add(a, source, w, sum, q);
  const Prime m(q);
  const Scalar by(w, q);
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = q.add(sum[i], product(a[source[i]], by, m));
}

KernelTable make_table() {
  KernelTable table = reference();
  table.name = "wasm";
  table.ntt_forward = ntt_forward;
  table.ntt_inverse = ntt_inverse;
  table.ntt_forward_from = ntt_forward_from;
  table.ntt_inverse_from = ntt_inverse_from;
  table.multiply = multiply;
  table.multiply_add = multiply_add;
  table.multiply_scalar = multiply_scalar;
  table.multiply_scalar_add = multiply_scalar_add;
  table.subtract_multiply = subtract_multiply;
  table.permute_multiply_add = permute_multiply_add;
  table.inner_products = inner_products;
  table.weighted_sums = weighted_sums;
  table.rounded_sum = rounded_sum;
  return table;
}

}  // namespace
}  // namespace wasm_kernel

const KernelTable* wasm() {
  static const KernelTable kTable = wasm_kernel::make_table();
  return kWebAssembly ? &kTable : nullptr;
}

}  // namespace salus::kernel
