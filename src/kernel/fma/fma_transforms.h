// Number-theoretic transforms on lanes of doubles; bounds: see fma_core.h.
#pragma once

#include "kernel/fma/fma_core.h"

namespace salus::kernel {
namespace {

// Positions in the tree of blocks: node 1 is the whole array, node k splits into 2k and 2k + 1, and
// a node's butterflies use root k of the tables.

// Twiddles of layer kLayer of kWidth neighbouring subtrees with roots at kWidth K ..: out[s] holds,
// lane r, root (kWidth K + r) 2^kLayer + s.
template <int kLayer>
SALUS_INLINE void load_roots(const double* roots, Doubles (&out)[std::size_t{1} << kLayer]) {
  static_assert(kLayer <= 2);
  if constexpr (kLayer == 0) {
    out[0] = Lanes::load(roots);
  } else if constexpr (kLayer == 1) {
    Lanes::split(Lanes::load(roots), Lanes::load(roots + kWidth), out[0], out[1]);
  } else {
    Doubles even[2];
    Doubles odd[2];
    Lanes::split(Lanes::load(roots), Lanes::load(roots + kWidth), even[0], odd[0]);
    Lanes::split(Lanes::load(roots + 2 * kWidth), Lanes::load(roots + 3 * kWidth), even[1], odd[1]);
    Lanes::split(even[0], even[1], out[0], out[2]);
    Lanes::split(odd[0], odd[1], out[1], out[3]);
  }
}

// (x, y) -> (x + w y, x - w y)
SALUS_INLINE void forward_butterfly(Doubles& x, Doubles& y, const Twiddle& w, const Prime& m) {
  const Doubles wy = product(y, w, m);
  y = Lanes::subtract(x, wy);
  x = Lanes::add(x, wy);
}

// (x, y) -> (x + y, w (x - y))
SALUS_INLINE void inverse_butterfly(Doubles& x, Doubles& y, const Twiddle& w, const Prime& m) {
  const Doubles difference = Lanes::subtract(x, y);
  x = Lanes::add(x, y);
  y = product(difference, w, m);
}

using Butterfly = void (*)(Doubles&, Doubles&, const Twiddle&, const Prime&);

// w[2^layer + s] = the root of block s of that layer below `node`, in every lane.
template <int kRadix>
SALUS_INLINE void broadcast_twiddles(const double* roots, std::size_t node, const Prime& m,
                                     Twiddle (&w)[std::size_t{1} << kRadix]) {
  for (int layer = 0; layer < kRadix; ++layer) {
    for (std::size_t s = 0; s < std::size_t{1} << layer; ++s)
      w[(std::size_t{1} << layer) + s] = twiddle(Lanes::broadcast(roots[(node << layer) + s]), m);
  }
}

// One layer on kCount vectors: blocks of 2 `half` of them, block s with twiddle w[s].
template <Butterfly kButterfly, std::size_t kCount>
SALUS_INLINE void butterfly_layer(Doubles (&x)[kCount], std::size_t half, const Twiddle* w,
                                  const Prime& m) {
  SALUS_UNROLL for (std::size_t pair = 0; pair < kCount / 2; ++pair) {
    const std::size_t s = pair / half;
    const std::size_t i = 2 * s * half + pair % half;
    kButterfly(x[i], x[i + half], w[s], m);
  }
}

// The same inside kWidth neighbouring blocks that were transposed: the twiddles differ by lane.
template <Butterfly kButterfly, int kLayer>
SALUS_INLINE void transposed_layer(Doubles (&v)[kWidth], const double* roots, std::size_t node,
                                   const Prime& m) {
  constexpr std::size_t kCount = std::size_t{1} << kLayer;
  Doubles w[kCount];
  load_roots<kLayer>(roots + (node << kLayer), w);
  Twiddle twiddles[kCount];
  SALUS_UNROLL for (std::size_t s = 0; s < kCount; ++s) twiddles[s] = twiddle(w[s], m);
  butterfly_layer<kButterfly>(v, kWidth >> (kLayer + 1), twiddles, m);
}

// Where a forward transform starts: residues, or words that are shifted and reduced first.
struct Coefficients {
  const std::uint64_t* words;
  double shift;
  bool reduce;
};

// kRadix layers on blocks `stride` apart. Wide primes: the upper half enters at most 3.2, is
// centred to 1/2, and leaves at most 3.2: products of at most 0.9, 0.8, 0.8. Narrow primes are
// never centred: one layer takes A to A + 1/2 + A / 32, seventeen of them 1 to 12.7.
// The first pass reads words from `in`, all others doubles from a.
template <int kRadix, bool kWide, bool kFirst>
void forward_pass(const Coefficients& in, double* a, std::size_t stride, const double* roots,
                  std::size_t node, const Prime& m) {
  constexpr std::size_t kCount = std::size_t{1} << kRadix;
  Twiddle w[kCount];
  broadcast_twiddles<kRadix>(roots, node, m, w);
  const Doubles shift = Lanes::broadcast(in.shift);
  for (std::size_t j = 0; j < stride; j += kWidth) {
    Doubles x[kCount];
    SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) {
      if constexpr (kFirst) {
        x[i] = Lanes::load_words(in.words + j + i * stride);
        if (in.reduce) x[i] = centre(Lanes::subtract(x[i], shift), m);
      } else {
        x[i] = Lanes::load(a + j + i * stride);
        if (kWide && i < kCount / 2) x[i] = centre(x[i], m);
      }
    }
    SALUS_UNROLL for (int layer = 0; layer < kRadix; ++layer) {
      butterfly_layer<forward_butterfly>(x, kCount >> (layer + 1), w + (std::size_t{1} << layer),
                                         m);
    }
    SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) Lanes::store(a + j + i * stride, x[i]);
  }
}

// The last layers, inside kWidth neighbouring blocks of kWidth values, and out to residues. `node`
// is that of the first block.
template <bool kWide>
SALUS_INLINE void forward_last(double* a, const double* roots, std::size_t node, const Prime& m) {
  Doubles v[kWidth];
  SALUS_UNROLL for (std::size_t i = 0; i < kWidth; ++i) v[i] = Lanes::load(a + i * kWidth);
  Lanes::transpose(v);
  if constexpr (kWide) {
    SALUS_UNROLL for (std::size_t i = 0; i < kWidth / 2; ++i) v[i] = centre(v[i], m);
  }
  transposed_layer<forward_butterfly, 0>(v, roots, node, m);
  transposed_layer<forward_butterfly, 1>(v, roots, node, m);
  if constexpr (kWidth == 8) transposed_layer<forward_butterfly, 2>(v, roots, node, m);
  SALUS_UNROLL for (std::size_t i = 0; i < kWidth; ++i) v[i] = positive(centre(v[i], m), m);
  Lanes::transpose(v);
  auto* out = reinterpret_cast<std::uint64_t*>(a);
  SALUS_UNROLL for (std::size_t i = 0; i < kWidth; ++i) Lanes::store_words(out + i * kWidth, v[i]);
}

// Sizes of the passes over strided blocks, first to last; those of more layers first.
struct Passes {
  explicit Passes(int layers) {
    const int number = (layers + kMaxRadix - 1) / kMaxRadix;
    for (int i = 0; i < number; ++i) {
      radix[count++] = layers / number + (i < layers % number ? 1 : 0);
    }
  }
  int radix[16];
  int count = 0;
};

template <bool kWide, bool kFirst>
SALUS_INLINE void forward_pass(int radix, const Coefficients& in, double* a, std::size_t length,
                               const double* roots, std::size_t node, const Prime& m) {
  const std::size_t stride = length >> radix;
  switch (radix) {
    case 1: return forward_pass<1, kWide, kFirst>(in, a, stride, roots, node, m);
    case 2: return forward_pass<2, kWide, kFirst>(in, a, stride, roots, node, m);
    default: return forward_pass<kMaxRadix, kWide, kFirst>(in, a, stride, roots, node, m);
  }
}

// The first pass runs over the whole array; its blocks, which fit a first or second level cache,
// are then finished one after the other.
template <bool kWide>
void forward(const Coefficients& in, double* a, int log_n, const double* roots, const Prime& m) {
  const Passes passes(log_n - kLogWidth);
  const std::size_t n = std::size_t{1} << log_n;
  forward_pass<kWide, true>(passes.radix[0], in, a, n, roots, 1, m);
  const std::size_t blocks = std::size_t{1} << passes.radix[0];
  for (std::size_t block = 0; block < blocks; ++block) {
    double* begin = a + block * (n / blocks);
    std::size_t node = blocks + block;
    std::size_t length = n / blocks;
    for (int i = 1; i < passes.count; ++i) {
      const int radix = passes.radix[i];
      for (std::size_t k = 0; k < (n / blocks) / length; ++k)
        forward_pass<kWide, false>(radix, in, begin + k * length, length, roots, node + k, m);
      node <<= radix;
      length >>= radix;
    }
    for (std::size_t k = 0; k < n / blocks / kWidth; k += kWidth)
      forward_last<kWide>(begin + k * kWidth, roots, node + k, m);
  }
}

// The first layers. Residues are at most 1, so sums reach 8 and differences 4. Wide primes: all
// values leave at most 1/2. Narrow ones: sums are centred, products leave at most 3/4.
template <bool kWide>
SALUS_INLINE void inverse_first(const std::uint64_t* in, double* a, const double* roots,
                                std::size_t node, const Prime& m) {
  Doubles v[kWidth];
  SALUS_UNROLL for (std::size_t i = 0; i < kWidth; ++i) v[i] = Lanes::load_words(in + i * kWidth);
  Lanes::transpose(v);
  if constexpr (kWidth == 8) transposed_layer<inverse_butterfly, 2>(v, roots, node, m);
  transposed_layer<inverse_butterfly, 1>(v, roots, node, m);
  transposed_layer<inverse_butterfly, 0>(v, roots, node, m);
  constexpr std::size_t kCentred = kWide ? kWidth : kWidth / 2;
  SALUS_UNROLL for (std::size_t i = 0; i < kCentred; ++i) v[i] = centre(v[i], m);
  Lanes::transpose(v);
  SALUS_UNROLL for (std::size_t i = 0; i < kWidth; ++i) Lanes::store(a + i * kWidth, v[i]);
}

struct Scaling {
  double degree;             // 1 / N
  double degree_times_root;  // 1 / N times the last layer's root
};

// kRadix layers. Wide primes enter at most 1/2 and narrow ones 3/4: sums reach 4 and 6, differences
// no more. The last pass multiplies by 1 / N and leaves residues.
template <int kRadix, bool kWide, bool kLast>
void inverse_pass(double* a, std::size_t stride, const double* roots, std::size_t node,
                  const Scaling& scaling, const Prime& m) {
  constexpr std::size_t kCount = std::size_t{1} << kRadix;
  Twiddle w[kCount];
  broadcast_twiddles<kRadix>(roots, node, m, w);
  const Twiddle degree = twiddle(Lanes::broadcast(scaling.degree), m);
  if (kLast) w[1] = twiddle(Lanes::broadcast(scaling.degree_times_root), m);
  for (std::size_t j = 0; j < stride; j += kWidth) {
    Doubles x[kCount];
    SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) x[i] = Lanes::load(a + j + i * stride);
    SALUS_UNROLL for (int layer = kRadix - 1; layer >= 0; --layer) {
      butterfly_layer<inverse_butterfly>(x, kCount >> (layer + 1), w + (std::size_t{1} << layer),
                                         m);
    }
    if constexpr (kLast) {
      SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) {
        if (i < kCount / 2) x[i] = product(x[i], degree, m);
        Lanes::store_words(reinterpret_cast<std::uint64_t*>(a + j + i * stride),
                           positive(centre(x[i], m), m));
      }
    } else {
      SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) {
        if (kWide || i < kCount / 2) x[i] = centre(x[i], m);
        Lanes::store(a + j + i * stride, x[i]);
      }
    }
  }
}

template <bool kWide, bool kLast>
SALUS_INLINE void inverse_pass(int radix, double* a, std::size_t length, const double* roots,
                               std::size_t node, const Scaling& scaling, const Prime& m) {
  const std::size_t stride = length >> radix;
  switch (radix) {
    case 1: return inverse_pass<1, kWide, kLast>(a, stride, roots, node, scaling, m);
    case 2: return inverse_pass<2, kWide, kLast>(a, stride, roots, node, scaling, m);
    default: return inverse_pass<kMaxRadix, kWide, kLast>(a, stride, roots, node, scaling, m);
  }
}

template <bool kWide>
void inverse(const std::uint64_t* in, double* a, int log_n, const double* roots,
             const Scaling& scaling, const Prime& m) {
  const Passes passes(log_n - kLogWidth);
  const std::size_t n = std::size_t{1} << log_n;
  const std::size_t blocks = std::size_t{1} << passes.radix[0];
  for (std::size_t block = 0; block < blocks; ++block) {
    double* begin = a + block * (n / blocks);
    std::size_t node = (n >> kLogWidth) + block * (n / blocks / kWidth);
    for (std::size_t k = 0; k < n / blocks / kWidth; k += kWidth)
      inverse_first<kWide>(in + block * (n / blocks) + k * kWidth, begin + k * kWidth, roots,
                           node + k, m);
    std::size_t length = kWidth;
    for (int i = passes.count - 1; i >= 1; --i) {
      const int radix = passes.radix[i];
      node >>= radix;
      length <<= radix;
      for (std::size_t k = 0; k < (n / blocks) / length; ++k)
        inverse_pass<kWide, false>(radix, begin + k * length, length, roots, node + k, scaling, m);
    }
  }
  inverse_pass<kWide, true>(passes.radix[0], a, n, roots, 1, scaling, m);
}

// A block that the first pass leaves must hold the kWidth x kWidth values of the last layers.
bool transforms(const arith::NttTables& tables) {
  return fits(tables.modulus()) && tables.log_n() >= 2 * kLogWidth + kMaxRadix;
}

void forward(const Coefficients& in, Words out, const arith::NttTables& tables) {
  auto* a = reinterpret_cast<double*>(out.data());
  const double* roots = tables.floating_roots().data();
  const Prime m(tables.modulus());
  if (tables.modulus().value() < kNarrowLimit) {
    forward<false>(in, a, tables.log_n(), roots, m);
  } else {
    forward<true>(in, a, tables.log_n(), roots, m);
  }
}

void ntt_forward(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_forward(values, tables);
  forward({values.data(), 0, false}, values, tables);
}

void ntt_forward_from(ConstWords a, std::uint64_t bound, std::uint64_t shift, Words out,
                      const arith::NttTables& tables) {
  if (!transforms(tables) || bound > arith::kFloatingLimit)
    return reference().ntt_forward_from(a, bound, shift, out, tables);
  forward({a.data(), static_cast<double>(shift), true}, out, tables);
}

void inverse(const std::uint64_t* in, Words out, const arith::NttTables& tables) {
  auto* a = reinterpret_cast<double*>(out.data());
  const double* roots = tables.floating_inverse_roots().data();
  const arith::Modulus& q = tables.modulus();
  const Prime m(q);
  const Scaling scaling{centred(tables.inverse_degree().value, q),
                        centred(tables.inverse_degree_times_root().value, q)};
  if (q.value() < kNarrowLimit) {
    inverse<false>(in, a, tables.log_n(), roots, scaling, m);
  } else {
    inverse<true>(in, a, tables.log_n(), roots, scaling, m);
  }
}

void ntt_inverse(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_inverse(values, tables);
  inverse(values.data(), values, tables);
}

void ntt_inverse_from(ConstWords a, Words out, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_inverse_from(a, out, tables);
  inverse(a.data(), out, tables);
}

}  // namespace
}  // namespace salus::kernel
