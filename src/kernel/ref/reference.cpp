// Portable kernels. Transforms keep values lazily in [0, 4q) (Harvey, "Faster arithmetic for
// number-theoretic transforms", arXiv:1205.2926): q < 2^61 leaves room for that in 64 bits.

#include <array>

#include "kernel/kernel_table.h"

namespace salus::kernel {
namespace {

using arith::Factor;
using arith::Modulus;
using arith::multiply_lazy;
using arith::NttTables;
using arith::uint128;

std::uint64_t subtract_if_at_least(std::uint64_t x, std::uint64_t bound) {
  return x >= bound ? x - bound : x;
}

// (x, y) -> (x + w y, x - w y): in [0, 4q), out [0, 4q).
void forward_block(std::uint64_t* x, std::uint64_t* y, std::size_t count, Factor w,
                   std::uint64_t q) {
  const std::uint64_t two_q = 2 * q;
  for (std::size_t j = 0; j < count; ++j) {
    const std::uint64_t u = subtract_if_at_least(x[j], two_q);
    const std::uint64_t v = multiply_lazy(y[j], w, q);
    x[j] = u + v;
    y[j] = u + two_q - v;
  }
}

// (x, y) -> (x + y, w (x - y)): in [0, 2q), out [0, 2q).
void inverse_block(std::uint64_t* x, std::uint64_t* y, std::size_t count, Factor w,
                   std::uint64_t q) {
  const std::uint64_t two_q = 2 * q;
  for (std::size_t j = 0; j < count; ++j) {
    const std::uint64_t u = x[j];
    const std::uint64_t v = y[j];
    x[j] = subtract_if_at_least(u + v, two_q);
    y[j] = multiply_lazy(u + two_q - v, w, q);
  }
}

void ntt_forward(Words values, const NttTables& tables) {
  const std::uint64_t q = tables.modulus().value();
  const Factor* roots = tables.roots().data();
  std::uint64_t* a = values.data();
  std::size_t half = values.size() / 2;
  for (std::size_t blocks = 1; blocks < values.size(); blocks *= 2, half /= 2) {
    for (std::size_t i = 0; i < blocks; ++i) {
      std::uint64_t* x = a + 2 * i * half;
      forward_block(x, x + half, half, roots[blocks + i], q);
    }
  }
  for (std::uint64_t& v : values) {
    v = subtract_if_at_least(subtract_if_at_least(v, 2 * q), q);
  }
}

void ntt_inverse(Words values, const NttTables& tables) {
  const std::uint64_t q = tables.modulus().value();
  const Factor* roots = tables.inverse_roots().data();
  std::uint64_t* a = values.data();
  std::size_t half = 1;
  for (std::size_t blocks = values.size() / 2; blocks > 1; blocks /= 2, half *= 2) {
    for (std::size_t i = 0; i < blocks; ++i) {
      std::uint64_t* x = a + 2 * i * half;
      inverse_block(x, x + half, half, roots[blocks + i], q);
    }
  }
  // The last layer carries the factor 1/N.
  std::uint64_t* y = a + half;
  for (std::size_t j = 0; j < half; ++j) {
    const std::uint64_t u = a[j];
    const std::uint64_t v = y[j];
    a[j] = arith::multiply(u + v, tables.inverse_degree(), q);
    y[j] = arith::multiply(u + 2 * q - v, tables.inverse_degree_times_root(), q);
  }
}

void add(ConstWords a, ConstWords b, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.add(a[i], b[i]);
}

void subtract(ConstWords a, ConstWords b, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.subtract(a[i], b[i]);
}

void negate(ConstWords a, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.negate(a[i]);
}

void add_scalar(ConstWords a, std::uint64_t x, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.add(a[i], x);
}

void multiply(ConstWords a, ConstWords b, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.multiply(a[i], b[i]);
}

void multiply_add(ConstWords a, ConstWords b, Words sum, const Modulus& q) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] = q.reduce(arith::wide_product(a[i], b[i]) + sum[i]);
  }
}

void multiply_scalar(ConstWords a, const Factor& w, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = arith::multiply(a[i], w, q.value());
}

void multiply_scalar_add(ConstWords a, const Factor& w, Words sum, const Modulus& q) {
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] = q.add(sum[i], arith::multiply(a[i], w, q.value()));
}

void subtract_multiply(ConstWords a, ConstWords b, const Factor& w, Words out, const Modulus& q) {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = arith::multiply(a[i] + q.value() - b[i], w, q.value());
}

void permute_multiply_add(ConstWords a, std::span<const std::uint32_t> source, const Factor& w,
                          Words sum, const Modulus& q) {
  for (std::size_t i = 0; i < sum.size(); ++i)
    sum[i] = q.add(sum[i], arith::multiply(a[source[i]], w, q.value()));
}

void ntt_forward_from(ConstWords a, std::uint64_t /*bound*/, std::uint64_t shift, Words out,
                      const arith::NttTables& tables) {
  const Modulus& q = tables.modulus();
  const std::uint64_t shifted = q.reduce(shift);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = q.subtract(q.reduce(a[i]), shifted);
  ntt_forward(out, tables);
}

void ntt_inverse_from(ConstWords a, Words out, const arith::NttTables& tables) {
  std::copy(a.begin(), a.end(), out.begin());
  ntt_inverse(out, tables);
}

// Sums run over short blocks so that the 128-bit accumulators stay in registers or L1.
constexpr std::size_t kBlock = 64;

void inner_products(const InnerProducts& of, const Modulus& q) {
  std::array<uint128, kBlock> xy;
  std::array<uint128, kBlock> xz;
  for (std::size_t begin = 0; begin < of.xy.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, of.xy.size() - begin);
    xy.fill(0);
    xz.fill(0);
    for (std::size_t j = 0; j < of.x.size(); ++j) {
      const std::uint64_t* y = of.y[j].data() + begin;
      const std::uint64_t* z = of.z[j].data() + begin;
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t x = of.x[j][of.source.empty() ? begin + i : of.source[begin + i]];
        xy[i] += arith::wide_product(x, y[i]);
        xz[i] += arith::wide_product(x, z[i]);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      of.xy[begin + i] = q.reduce(xy[i]);
      of.xz[begin + i] = q.reduce(xz[i]);
    }
  }
}

void weighted_sum(std::span<const ConstWords> a, const WeightedTarget& target) {
  std::array<uint128, kBlock> sum;
  for (std::size_t begin = 0; begin < target.out.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, target.out.size() - begin);
    sum.fill(0);
    for (std::size_t j = 0; j < a.size(); ++j) {
      const std::uint64_t* x = a[j].data() + begin;
      for (std::size_t i = 0; i < count; ++i) sum[i] += arith::wide_product(x[i], target.w[j]);
    }
    for (std::size_t i = 0; i < count; ++i) target.out[begin + i] = target.q->reduce(sum[i]);
  }
}

void weighted_sums(std::span<const ConstWords> a, std::uint64_t,
                   std::span<const WeightedTarget> targets) {
  for (const WeightedTarget& target : targets) weighted_sum(a, target);
}

void rounded_sum(std::span<const ConstWords> a, std::uint64_t, std::span<const double> w,
                 Words out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) sum += static_cast<double>(a[j][i]) * w[j];
    // Half to even, whatever the rounding mode of a library function.
    constexpr double kMagic = 6755399441055744.0;
    out[i] = static_cast<std::uint64_t>((sum + kMagic) - kMagic);
  }
}

void permute(ConstWords a, std::span<const std::uint32_t> source, Words out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[source[i]];
}

}  // namespace

const KernelTable& reference() {
  static constexpr KernelTable kTable{
      .name = "ref",
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
  return kTable;
}

}  // namespace salus::kernel
