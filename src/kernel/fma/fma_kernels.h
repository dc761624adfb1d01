// Kernels on lanes of doubles, for processors with fused multiply-add and primes below 2^50.
// Included by one source per instruction set, after it has declared `Lanes`; everything here is
// local to it.
//
// Residues are integers that doubles hold exactly. With h = fl(a w), l = a w - h (exact, one fused
// operation) and c = round(h / p), the remainder is (h - c p) + l, again without any rounding (van
// der Hoeven, Lecerf and Quintin, "Modular SIMD arithmetic in Mathemagix", arXiv:1407.3383, section
// 3). Rounding to an integer is adding and subtracting 1.5 2^52. Six operations a product.
//
// Bounds, in units of p < 2^50 - 2^10 (kFloatingLimit), for |a| <= A p and a factor centred to
// |w| <= p / 2:
//   * a quotient |a w / p| <= 2^51 is rounded right, and c is off by at most 1/2 + |a| 2^-53;
//   * so a product is at most 1/2 + A / 8, and A <= 4 is allowed; for p < 2^48 it is at most
//     1/2 + A / 32, and A <= 16 is allowed;
//   * sums are exact below 2^53, which is 8 (32 for p < 2^48).
// Each transform below states how it stays within them. `kWide` marks primes of 2^48 and more.
#pragma once

namespace salus::kernel {
namespace {

using Doubles = Lanes::Doubles;
using Integers = Lanes::Integers;
inline constexpr std::size_t kWidth = Lanes::kWidth;
inline constexpr int kLogWidth = std::countr_zero(Lanes::kWidth);
/// Layers that one pass over memory does in registers.
inline constexpr int kMaxRadix = Lanes::kMaxRadix;
inline constexpr std::uint64_t kNarrowLimit = std::uint64_t{1} << 48;

inline constexpr double kMagic = 6755399441055744.0;  // 1.5 2^52

struct Prime {
  explicit Prime(const arith::Modulus& q)
      : p(Lanes::broadcast(static_cast<double>(q.value()))),
        inverse(Lanes::broadcast(1.0 / static_cast<double>(q.value()))),
        magic(Lanes::broadcast(kMagic)) {}
  Doubles p;
  Doubles inverse;
  Doubles magic;
};

SALUS_INLINE Doubles quotient(Doubles x, const Prime& m) {
  return Lanes::subtract(Lanes::multiply_add(x, m.inverse, m.magic), m.magic);
}

/// x - p round(x / p): at most 1/2.
SALUS_INLINE Doubles centre(Doubles x, const Prime& m) {
  return Lanes::negative_multiply_add(quotient(x, m), m.p, x);
}

/// a w - p round(a w / p).
SALUS_INLINE Doubles product(Doubles a, Doubles w, const Prime& m) {
  const Doubles h = Lanes::multiply(a, w);
  const Doubles l = Lanes::multiply_subtract(a, w, h);
  return Lanes::add(Lanes::negative_multiply_add(quotient(h, m), m.p, h), l);
}

/// [-p, p) -> [0, p)
SALUS_INLINE Doubles positive(Doubles x, const Prime& m) { return Lanes::add_if_negative(x, m.p); }

SALUS_INLINE double centred(std::uint64_t w, const arith::Modulus& q) {
  return static_cast<double>(q.to_signed(w));
}

bool fits(const arith::Modulus& q) { return q.value() < arith::kFloatingLimit; }

// --- transforms ---------------------------------------------------------------------------------
// Positions in the tree of blocks: node 1 is the whole array, node k splits into 2k and 2k + 1, and
// a node's butterflies use root k of the tables.

// Twiddles of layer kLayer of kWidth neighbouring subtrees with roots at kWidth K ..: out[s] holds,
// lane r, root (kWidth K + r) 2^kLayer + s.
template <int kLayer>
SALUS_INLINE void load_twiddles(const double* roots, Doubles (&out)[std::size_t{1} << kLayer]) {
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
SALUS_INLINE void forward_butterfly(Doubles& x, Doubles& y, Doubles w, const Prime& m) {
  const Doubles wy = product(y, w, m);
  y = Lanes::subtract(x, wy);
  x = Lanes::add(x, wy);
}

// (x, y) -> (x + y, w (x - y))
SALUS_INLINE void inverse_butterfly(Doubles& x, Doubles& y, Doubles w, const Prime& m) {
  const Doubles difference = Lanes::subtract(x, y);
  x = Lanes::add(x, y);
  y = product(difference, w, m);
}

using Butterfly = void (*)(Doubles&, Doubles&, Doubles, const Prime&);

// w[2^layer + s] = the root of block s of that layer below `node`, in every lane.
template <int kRadix>
SALUS_INLINE void broadcast_twiddles(const double* roots, std::size_t node,
                                     Doubles (&w)[std::size_t{1} << kRadix]) {
  for (int layer = 0; layer < kRadix; ++layer) {
    for (std::size_t s = 0; s < std::size_t{1} << layer; ++s)
      w[(std::size_t{1} << layer) + s] = Lanes::broadcast(roots[(node << layer) + s]);
  }
}

// One layer on kCount vectors: blocks of 2 `half` of them, block s with twiddle w[s].
template <Butterfly kButterfly, std::size_t kCount>
SALUS_INLINE void butterfly_layer(Doubles (&x)[kCount], std::size_t half, const Doubles* w,
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
  Doubles w[std::size_t{1} << kLayer];
  load_twiddles<kLayer>(roots + (node << kLayer), w);
  butterfly_layer<kButterfly>(v, kWidth >> (kLayer + 1), w, m);
}

// kRadix layers on blocks `stride` apart. Wide primes: the upper half enters at most 3.2, is
// centred to 1/2, and leaves at most 3.2: products of at most 0.9, 0.8, 0.8. Narrow primes are
// never centred: one layer takes A to A + 1/2 + A / 32, seventeen of them 1 to 12.7.
template <int kRadix, bool kWide, bool kFirst>
void forward_pass(double* a, std::size_t stride, const double* roots, std::size_t node,
                  const Prime& m) {
  constexpr std::size_t kCount = std::size_t{1} << kRadix;
  Doubles w[kCount];
  broadcast_twiddles<kRadix>(roots, node, w);
  for (std::size_t j = 0; j < stride; j += kWidth) {
    Doubles x[kCount];
    SALUS_UNROLL for (std::size_t i = 0; i < kCount; ++i) {
      double* at = a + j + i * stride;
      x[i] =
          kFirst ? Lanes::load_words(reinterpret_cast<const std::uint64_t*>(at)) : Lanes::load(at);
      if (kWide && !kFirst && i < kCount / 2) x[i] = centre(x[i], m);
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
SALUS_INLINE void forward_pass(int radix, double* a, std::size_t length, const double* roots,
                               std::size_t node, const Prime& m) {
  const std::size_t stride = length >> radix;
  switch (radix) {
    case 1: return forward_pass<1, kWide, kFirst>(a, stride, roots, node, m);
    case 2: return forward_pass<2, kWide, kFirst>(a, stride, roots, node, m);
    default: return forward_pass<kMaxRadix, kWide, kFirst>(a, stride, roots, node, m);
  }
}

// The first pass runs over the whole array; its blocks, which fit a first or second level cache,
// are then finished one after the other.
template <bool kWide>
void forward(double* a, int log_n, const double* roots, const Prime& m) {
  const Passes passes(log_n - kLogWidth);
  const std::size_t n = std::size_t{1} << log_n;
  forward_pass<kWide, true>(passes.radix[0], a, n, roots, 1, m);
  const std::size_t blocks = std::size_t{1} << passes.radix[0];
  for (std::size_t block = 0; block < blocks; ++block) {
    double* begin = a + block * (n / blocks);
    std::size_t node = blocks + block;
    std::size_t length = n / blocks;
    for (int i = 1; i < passes.count; ++i) {
      const int radix = passes.radix[i];
      for (std::size_t k = 0; k < (n / blocks) / length; ++k)
        forward_pass<kWide, false>(radix, begin + k * length, length, roots, node + k, m);
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
SALUS_INLINE void inverse_first(double* a, const double* roots, std::size_t node, const Prime& m) {
  Doubles v[kWidth];
  const auto* in = reinterpret_cast<const std::uint64_t*>(a);
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
  Doubles w[kCount];
  broadcast_twiddles<kRadix>(roots, node, w);
  const Doubles degree = Lanes::broadcast(scaling.degree);
  if (kLast) w[1] = Lanes::broadcast(scaling.degree_times_root);
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
void inverse(double* a, int log_n, const double* roots, const Scaling& scaling, const Prime& m) {
  const Passes passes(log_n - kLogWidth);
  const std::size_t n = std::size_t{1} << log_n;
  const std::size_t blocks = std::size_t{1} << passes.radix[0];
  for (std::size_t block = 0; block < blocks; ++block) {
    double* begin = a + block * (n / blocks);
    std::size_t node = (n >> kLogWidth) + block * (n / blocks / kWidth);
    for (std::size_t k = 0; k < n / blocks / kWidth; k += kWidth)
      inverse_first<kWide>(begin + k * kWidth, roots, node + k, m);
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

void ntt_forward(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_forward(values, tables);
  auto* a = reinterpret_cast<double*>(values.data());
  const double* roots = tables.floating_roots().data();
  const Prime m(tables.modulus());
  if (tables.modulus().value() < kNarrowLimit) {
    forward<false>(a, tables.log_n(), roots, m);
  } else {
    forward<true>(a, tables.log_n(), roots, m);
  }
}

void ntt_inverse(Words values, const arith::NttTables& tables) {
  if (!transforms(tables)) return reference().ntt_inverse(values, tables);
  auto* a = reinterpret_cast<double*>(values.data());
  const double* roots = tables.floating_inverse_roots().data();
  const arith::Modulus& q = tables.modulus();
  const Prime m(q);
  const Scaling scaling{centred(tables.inverse_degree().value, q),
                        centred(tables.inverse_degree_times_root().value, q)};
  if (q.value() < kNarrowLimit) {
    inverse<false>(a, tables.log_n(), roots, scaling, m);
  } else {
    inverse<true>(a, tables.log_n(), roots, scaling, m);
  }
}

// --- element by element -------------------------------------------------------------------------
// Whole vectors here; what is left over goes to the reference.

std::size_t whole(std::size_t count) { return count - count % kWidth; }

std::vector<ConstWords> from_word(std::span<const ConstWords> rows, std::size_t n) {
  std::vector<ConstWords> out;
  for (const ConstWords& row : rows) out.push_back(row.subspan(n));
  return out;
}

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
  const Doubles factor = Lanes::broadcast(centred(w.value, q));
  for (std::size_t i = 0; i < n; i += kWidth) {
    Lanes::store_words(&out[i], positive(product(Lanes::load_words(&a[i]), factor, m), m));
  }
  reference().multiply_scalar(a.subspan(n), w, out.subspan(n), q);
}

void multiply_scalar_add(ConstWords a, const arith::Factor& w, Words sum, const arith::Modulus& q) {
  if (!fits(q)) return reference().multiply_scalar_add(a, w, sum, q);
  const std::size_t n = whole(sum.size());
  const Prime m(q);
  const Doubles factor = Lanes::broadcast(centred(w.value, q));
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
  const Doubles factor = Lanes::broadcast(centred(w.value, q));
  for (std::size_t i = 0; i < n; i += kWidth) {
    const Doubles difference = Lanes::subtract(Lanes::load_words(&a[i]), Lanes::load_words(&b[i]));
    Lanes::store_words(&out[i], positive(product(difference, factor, m), m));
  }
  reference().subtract_multiply(a.subspan(n), b.subspan(n), w, out.subspan(n), q);
}

void reduce(ConstWords a, std::uint64_t bound, Words out, const arith::Modulus& q) {
  if (!fits(q) || bound > arith::kFloatingLimit) return reference().reduce(a, bound, out, q);
  const std::size_t n = whole(out.size());
  const Prime m(q);
  for (std::size_t i = 0; i < n; i += kWidth) {
    Lanes::store_words(&out[i], positive(centre(Lanes::load_words(&a[i]), m), m));
  }
  reference().reduce(a.subspan(n), bound, out.subspan(n), q);
}

// Eight products of at most 3/4 and a centred sum stay below 8.
inline constexpr std::size_t kTermsBeforeCentring = 8;

// Evaluation keys come from memory: rows are read one after the other in pieces of a page, which
// the processor's prefetcher follows, and the next row's piece is asked for meanwhile.
inline constexpr std::size_t kPage = 512;

void inner_product(std::span<const ConstWords> a, std::span<const ConstWords> b, Words out,
                   const arith::Modulus& q) {
  if (!fits(q)) return reference().inner_product(a, b, out, q);
  const std::size_t n = whole(out.size());
  const Prime m(q);
  alignas(64) double sums[kPage];
  for (std::size_t begin = 0; begin < n; begin += kPage) {
    const std::size_t count = std::min(kPage, n - begin);
    std::fill_n(sums, count, 0.0);
    for (std::size_t j = 0; j < a.size(); ++j) {
      const std::uint64_t* x = a[j].data() + begin;
      const std::uint64_t* y = b[j].data() + begin;
      const std::uint64_t* next = j + 1 < a.size() ? b[j + 1].data() + begin : y;
      const bool centring = j % kTermsBeforeCentring == 0 && j > 0;
      SALUS_UNROLL_4 for (std::size_t i = 0; i < count; i += kWidth) {
        __builtin_prefetch(next + i);
        Doubles sum = Lanes::load(sums + i);
        if (centring) sum = centre(sum, m);
        Lanes::store(sums + i, Lanes::add(sum, product(Lanes::load_words(x + i),
                                                       Lanes::load_words(y + i), m)));
      }
    }
    for (std::size_t i = 0; i < count; i += kWidth)
      Lanes::store_words(&out[begin + i], positive(centre(Lanes::load(sums + i), m), m));
  }
  if (n < out.size()) {
    reference().inner_product(from_word(a, n), from_word(b, n), out.subspan(n), q);
  }
}

// kVectors vectors of one sum from word i on: independent of each other, so that their latencies
// overlap.
template <std::size_t kVectors>
SALUS_INLINE void weighted_vectors(std::span<const ConstWords> a, const double* weights,
                                   std::size_t i, std::uint64_t* out, const Prime& m) {
  Doubles sum[kVectors];
  SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[v] = Lanes::broadcast(0.0);
  for (std::size_t j = 0; j < a.size(); ++j) {
    const std::uint64_t* x = a[j].data() + i;
    const Doubles weight = Lanes::broadcast(weights[j]);
    if (j % kTermsBeforeCentring == 0 && j > 0) {
      SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[v] = centre(sum[v], m);
    }
    SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) sum[v] =
        Lanes::add(sum[v], product(Lanes::load_words(x + v * kWidth), weight, m));
  }
  SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v)
      Lanes::store_words(out + i + v * kWidth, positive(centre(sum[v], m), m));
}

// One page of one sum.
void weighted_page(std::span<const ConstWords> a, const double* weights, std::size_t begin,
                   std::size_t count, std::uint64_t* out, const Prime& m) {
  constexpr std::size_t kVectors = 4;
  std::size_t i = begin;
  for (; i + kVectors * kWidth <= begin + count; i += kVectors * kWidth)
    weighted_vectors<kVectors>(a, weights, i, out, m);
  for (; i < begin + count; i += kWidth) weighted_vectors<1>(a, weights, i, out, m);
}

// Page by page, all targets: the sources are read from memory once.
void weighted_sums(std::span<const ConstWords> a, std::uint64_t bound,
                   std::span<const WeightedTarget> targets) {
  if (targets.empty()) return;
  const bool fast = bound <= arith::kFloatingLimit &&
                    std::all_of(targets.begin(), targets.end(),
                                [](const WeightedTarget& t) { return fits(*t.q); });
  if (!fast) return reference().weighted_sums(a, bound, targets);
  const std::size_t size = targets[0].out.size();
  const std::size_t n = whole(size);
  std::vector<double> weights;
  for (const WeightedTarget& target : targets) {
    for (std::size_t j = 0; j < a.size(); ++j) weights.push_back(centred(target.w[j], *target.q));
  }
  for (std::size_t begin = 0; begin < n; begin += kPage) {
    const std::size_t count = std::min(kPage, n - begin);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      weighted_page(a, weights.data() + t * a.size(), begin, count, targets[t].out.data(),
                    Prime(*targets[t].q));
    }
  }
  if (n < size) {
    const std::vector<ConstWords> rest = from_word(a, n);
    for (WeightedTarget target : targets) {
      target.out = target.out.subspan(n);
      reference().weighted_sums(rest, bound, {&target, 1});
    }
  }
}

void rounded_sum(std::span<const ConstWords> a, std::uint64_t bound, std::span<const double> w,
                 Words out) {
  if (bound > arith::kFloatingLimit) return reference().rounded_sum(a, bound, w, out);
  const std::size_t n = whole(out.size());
  const Doubles magic = Lanes::broadcast(kMagic);
  for (std::size_t i = 0; i < n; i += kWidth) {
    Doubles sum = Lanes::broadcast(0.0);
    for (std::size_t j = 0; j < a.size(); ++j) {
      const Doubles weight = Lanes::broadcast(w[j]);
      // Not fused: the reference rounds the product, too.
      sum = Lanes::add(sum, Lanes::multiply(Lanes::load_words(&a[j][i]), weight));
    }
    Lanes::store_words(&out[i], Lanes::subtract(Lanes::add(sum, magic), magic));
  }
  if (n < out.size()) {
    reference().rounded_sum(from_word(a, n), bound, w, out.subspan(n));
  }
}

void permute(ConstWords a, std::span<const std::uint32_t> source, Words out) {
  const std::size_t n = whole(out.size());
  for (std::size_t i = 0; i < n; i += kWidth)
    Lanes::store(&out[i], Lanes::gather(a.data(), &source[i]));
  reference().permute(a, source.subspan(n), out.subspan(n));
}

constexpr KernelTable make_table(std::string_view name) {
  return {
      .name = name,
      .ntt_forward = ntt_forward,
      .ntt_inverse = ntt_inverse,
      .add = add,
      .subtract = subtract,
      .negate = negate,
      .add_scalar = add_scalar,
      .multiply = multiply,
      .multiply_add = multiply_add,
      .multiply_scalar = multiply_scalar,
      .multiply_scalar_add = multiply_scalar_add,
      .subtract_multiply = subtract_multiply,
      .reduce = reduce,
      .inner_product = inner_product,
      .weighted_sums = weighted_sums,
      .rounded_sum = rounded_sum,
      .permute = permute,
  };
}

}  // namespace
}  // namespace salus::kernel
