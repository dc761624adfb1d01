// Transforms: passes of two layers at a time. Values between passes are signed residues.
#include <algorithm>

#include "kernel/wasm/wasm_core.h"

namespace salus::kernel::wasm_kernel {
namespace {

// Two layers below `node`: its root, and those of its two halves.
struct Twiddles {
  Twiddles(const double* roots, std::size_t node, const Prime& m)
      : whole(roots[node], m), left(roots[2 * node], m), right(roots[2 * node + 1], m) {}
  Twiddle whole;
  Twiddle left;
  Twiddle right;
};

// (x, y) -> (x + w y, x - w y). Wide primes enter at most 2; x is folded to 1 and the product at
// most 7/8, so they leave at most 15/8. Narrow primes are never folded: a layer takes A to
// A + 1/2 + 3 A / 64, seventeen of them 1 to 14.8.
template <bool kWide>
inline void forward_butterfly(std::uint64_t& x, std::uint64_t& y, const Twiddle& w,
                              const Prime& m) {
  const std::uint64_t u = kWide ? fold(x, m) : x;
  const std::uint64_t wy = product(y, w, m);
  x = u + wy;
  y = u - wy;
}

// (x, y) -> (x + y, w (x - y)). Wide primes enter and leave at most 1: the sum is folded, and the
// product of a difference of at most 2 is at most 7/8.
template <bool kWide>
inline void inverse_butterfly(std::uint64_t& x, std::uint64_t& y, const Twiddle& w,
                              const Prime& m) {
  const std::uint64_t difference = x - y;
  x = kWide ? fold(x + y, m) : x + y;
  y = product(difference, w, m);
}

template <bool kWide>
inline std::uint64_t residue(std::uint64_t x, const Prime& m) {
  return positive(kWide ? fold(x, m) : centre(x, m), m);
}

template <bool kWide>
inline void forward_quad(std::uint64_t (&x)[4], const Twiddles& w, const Prime& m) {
  forward_butterfly<kWide>(x[0], x[2], w.whole, m);
  forward_butterfly<kWide>(x[1], x[3], w.whole, m);
  forward_butterfly<kWide>(x[0], x[1], w.left, m);
  forward_butterfly<kWide>(x[2], x[3], w.right, m);
}

template <bool kWide>
inline void last_forward_quad(std::uint64_t (&x)[4], const Twiddles& w, const Prime& m) {
  forward_quad<kWide>(x, w, m);
  for (std::uint64_t& value : x) value = residue<kWide>(value, m);
}

// Narrow primes enter at most 5/4 and differences reach 5. The sum of all four is centred; the
// others leave at most 5/4.
template <bool kWide>
inline void inverse_quad(std::uint64_t (&x)[4], const Twiddles& w, const Prime& m) {
  inverse_butterfly<kWide>(x[0], x[1], w.left, m);
  inverse_butterfly<kWide>(x[2], x[3], w.right, m);
  inverse_butterfly<kWide>(x[0], x[2], w.whole, m);
  inverse_butterfly<kWide>(x[1], x[3], w.whole, m);
  if (!kWide) x[0] = centre(x[0], m);
}

using Quad = void (*)(std::uint64_t (&)[4], const Twiddles&, const Prime&);

// Two layers on blocks of `length` values, the first of which has the root of `node`.
template <Quad kQuad>
void pass(Words values, std::size_t length, const double* roots, const Prime& m) {
  const std::size_t stride = length / 4;
  std::size_t node = values.size() / length;
  for (std::uint64_t* a = values.data(); a != values.data() + values.size(); a += length) {
    const Twiddles w(roots, node++, m);
    std::uint64_t* b = a + stride;
    std::uint64_t* c = b + stride;
    std::uint64_t* d = c + stride;
    for (std::size_t i = 0; i < stride; ++i) {
      std::uint64_t x[4] = {a[i], b[i], c[i], d[i]};
      kQuad(x, w, m);
      a[i] = x[0];
      b[i] = x[1];
      c[i] = x[2];
      d[i] = x[3];
    }
  }
}

// The same on blocks of four neighbours.
template <Quad kQuad>
void pass_of_neighbours(Words values, const double* roots, const Prime& m) {
  std::size_t node = values.size() / 4;
  for (std::uint64_t* a = values.data(); a != values.data() + values.size(); a += 4) {
    std::uint64_t x[4] = {a[0], a[1], a[2], a[3]};
    kQuad(x, Twiddles(roots, node++, m), m);
    std::copy_n(x, 4, a);
  }
}

template <bool kWide>
void forward(Words values, int log_n, const double* roots, const Prime& m) {
  std::size_t length = values.size();
  if (log_n % 2 == 1) {
    length /= 2;
    const Twiddle w(roots[1], m);
    std::uint64_t* a = values.data();
    for (std::size_t i = 0; i < length; ++i) forward_butterfly<kWide>(a[i], a[i + length], w, m);
  }
  for (; length > 4; length /= 4) pass<forward_quad<kWide>>(values, length, roots, m);
  pass_of_neighbours<last_forward_quad<kWide>>(values, roots, m);
}

struct Scaling {
  Twiddle degree;             // 1 / N
  Twiddle degree_times_root;  // 1 / N times the last layer's root
};

// The last layer, with the factor 1 / N: sums and differences of at most 5, of wide primes 2,
// become residues.
inline void scaled_butterfly(std::uint64_t& x, std::uint64_t& y, const Scaling& by,
                             const Prime& m) {
  const std::uint64_t difference = x - y;
  x = positive(product(x + y, by.degree, m), m);
  y = positive(product(difference, by.degree_times_root, m), m);
}

template <bool kWide>
void inverse(Words values, int log_n, const double* roots, const Scaling& by, const Prime& m) {
  pass_of_neighbours<inverse_quad<kWide>>(values, roots, m);
  std::size_t length = 16;
  for (; length < values.size(); length *= 4) pass<inverse_quad<kWide>>(values, length, roots, m);
  std::uint64_t* a = values.data();
  if (log_n % 2 == 1) {
    const std::size_t half = values.size() / 2;
    for (std::size_t i = 0; i < half; ++i) scaled_butterfly(a[i], a[i + half], by, m);
    return;
  }
  const Twiddles w(roots, 1, m);
  const std::size_t stride = values.size() / 4;
  for (std::size_t i = 0; i < stride; ++i) {
    std::uint64_t x[4] = {a[i], a[i + stride], a[i + 2 * stride], a[i + 3 * stride]};
    inverse_butterfly<kWide>(x[0], x[1], w.left, m);
    inverse_butterfly<kWide>(x[2], x[3], w.right, m);
    scaled_butterfly(x[0], x[2], by, m);
    scaled_butterfly(x[1], x[3], by, m);
    for (std::size_t k = 0; k < 4; ++k) a[i + k * stride] = x[k];
  }
}

bool transforms(const arith::NttTables& tables) {
  return fits(tables.modulus()) && tables.log_n() > 2;
}

}  // namespace

void ntt_forward(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_forward(values, tables);
  const auto all = tables.modulus().value() < kNarrowLimit ? forward<false> : forward<true>;
  all(values, tables.log_n(), tables.floating_roots().data(), Prime(tables.modulus()));
}

void ntt_inverse(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_inverse(values, tables);
  const arith::Modulus& q = tables.modulus();
  const Prime m(q);
  const auto centred = [&q](const arith::Factor& factor) {
    return static_cast<double>(q.to_signed(factor.value));
  };
  const Scaling by{Twiddle(centred(tables.inverse_degree()), m),
                   Twiddle(centred(tables.inverse_degree_times_root()), m)};
  const auto all = q.value() < kNarrowLimit ? inverse<false> : inverse<true>;
  all(values, tables.log_n(), tables.floating_inverse_roots().data(), by, m);
}

void ntt_forward_from(ConstWords a, std::uint64_t bound, std::uint64_t shift, Words out,
                      const arith::NttTables& tables) {
  if (!transforms(tables) || bound > arith::kFloatingLimit)
    return reference().ntt_forward_from(a, bound, shift, out, tables);
  const Prime m(tables.modulus());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = centre(a[i] - shift, m);
  ntt_forward(out, tables);
}

void ntt_inverse_from(ConstWords a, Words out, const arith::NttTables& tables) {
  std::copy(a.begin(), a.end(), out.begin());
  ntt_inverse(out, tables);
}

}  // namespace salus::kernel::wasm_kernel
