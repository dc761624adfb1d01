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
//   * taking c from a (w / p) instead of h / p errs no more, and does not wait for h: the way of
//     factors that are used again and again (Twiddle);
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
      : Prime(static_cast<double>(q.value()), 1.0 / static_cast<double>(q.value())) {}
  Prime(double value, double reciprocal)
      : p(Lanes::broadcast(value)),
        inverse(Lanes::broadcast(reciprocal)),
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

/// A centred factor with its quotient by p.
struct Twiddle {
  Doubles w;
  Doubles quotient;
};

SALUS_INLINE Twiddle twiddle(Doubles w, const Prime& m) {
  return {w, Lanes::multiply(w, m.inverse)};
}

/// The same product, 16 instead of 24 cycles after a.
SALUS_INLINE Doubles product(Doubles a, const Twiddle& w, const Prime& m) {
  const Doubles h = Lanes::multiply(a, w.w);
  const Doubles c = Lanes::subtract(Lanes::multiply_add(a, w.quotient, m.magic), m.magic);
  const Doubles l = Lanes::multiply_subtract(a, w.w, h);
  return Lanes::add(Lanes::negative_multiply_add(c, m.p, h), l);
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

// A page of both sums, as doubles.
struct PairedSums {
  alignas(64) double xy[kPage];
  alignas(64) double xz[kPage];
};

// Adds term j from word `begin` on.
template <bool kPermuted>
SALUS_INLINE void add_products(const InnerProducts& of, std::size_t j, std::size_t begin,
                               std::size_t count, const Prime& m, PairedSums& sums) {
  const std::uint64_t* x = of.x[j].data();
  const std::uint64_t* y = of.y[j].data() + begin;
  const std::uint64_t* z = of.z[j].data() + begin;
  const bool last = j + 1 == of.x.size();
  const std::uint64_t* next_y = last ? of.y[0].data() + begin + count : of.y[j + 1].data() + begin;
  const std::uint64_t* next_z = last ? of.z[0].data() + begin + count : of.z[j + 1].data() + begin;
  // An automorphism takes the values of a page from one page.
  const std::uint64_t* next_x = y;
  if (kPermuted && !last) next_x = of.x[j + 1].data() + of.source[begin] / kPage * kPage;
  const bool centring = j % kTermsBeforeCentring == 0 && j > 0;
  SALUS_UNROLL_4 for (std::size_t i = 0; i < count; i += kWidth) {
    __builtin_prefetch(next_y + i);
    __builtin_prefetch(next_z + i);
    if (kPermuted) __builtin_prefetch(next_x + i);
    const Doubles left = kPermuted ? Lanes::gather_words(x, &of.source[begin + i])
                                   : Lanes::load_words(x + begin + i);
    Doubles xy = Lanes::load(sums.xy + i);
    Doubles xz = Lanes::load(sums.xz + i);
    if (centring) {
      xy = centre(xy, m);
      xz = centre(xz, m);
    }
    xy = Lanes::add(xy, product(left, Lanes::load_words(y + i), m));
    xz = Lanes::add(xz, product(left, Lanes::load_words(z + i), m));
    Lanes::store(sums.xy + i, xy);
    Lanes::store(sums.xz + i, xz);
  }
}

void inner_products(const InnerProducts& of, const arith::Modulus& q) {
  const std::size_t n = of.xy.size();
  if (!fits(q) || n % kWidth != 0) return reference().inner_products(of, q);
  const Prime m(q);
  PairedSums sums;
  for (std::size_t begin = 0; begin < n; begin += kPage) {
    const std::size_t count = std::min(kPage, n - begin);
    std::fill_n(sums.xy, count, 0.0);
    std::fill_n(sums.xz, count, 0.0);
    for (std::size_t j = 0; j < of.x.size(); ++j) {
      if (of.source.empty()) {
        add_products<false>(of, j, begin, count, m, sums);
      } else {
        add_products<true>(of, j, begin, count, m, sums);
      }
    }
    for (std::size_t i = 0; i < count; i += kWidth) {
      Lanes::store_words(&of.xy[begin + i], positive(centre(Lanes::load(sums.xy + i), m), m));
      Lanes::store_words(&of.xz[begin + i], positive(centre(Lanes::load(sums.xz + i), m), m));
    }
  }
}

// Weighted sums take no remainder per term: words and weights are split into halves of 25 bits,
//   y - B / 2 = y1 2^25 + y0,  w = w1 2^25 + w0,  all of them at most 2^24 in absolute value,
// B the bound of the words, so that sums of products of halves are exact: y1 w1 and y0 w0 are at
// most 2^48, y1 w0 + y0 w1 at most 2^49, eight of them at most 2^52. Then
//   sum = H 2^50 + M 2^25 + L + (B / 2) sum_j w_j  mod p,
// two products by constants. M, the largest, keeps the quotient M (2^25 mod p) / p below 2^51.
inline constexpr std::size_t kTermsAtOnce = 8;
inline constexpr std::size_t kPiece = 128;   // words: the halves of eight sources fill half of L1
inline constexpr double kHalf = 33554432.0;  // 2^25

struct Halves {
  alignas(64) double high[kTermsAtOnce][kPiece];
  alignas(64) double low[kTermsAtOnce][kPiece];
};

SALUS_INLINE void split_halves(Doubles y, Doubles& high, Doubles& low) {
  const Doubles magic = Lanes::broadcast(kMagic);
  high = Lanes::subtract(Lanes::multiply_add(y, Lanes::broadcast(1 / kHalf), magic), magic);
  low = Lanes::negative_multiply_add(high, Lanes::broadcast(kHalf), y);
}

void load_halves(std::span<const ConstWords> a, double half_bound, std::size_t begin,
                 Halves& halves) {
  const Doubles shift = Lanes::broadcast(half_bound);
  for (std::size_t j = 0; j < a.size(); ++j) {
    const std::uint64_t* words = a[j].data() + begin;
    SALUS_UNROLL_4 for (std::size_t i = 0; i < kPiece; i += kWidth) {
      Doubles high;
      Doubles low;
      split_halves(Lanes::subtract(Lanes::load_words(words + i), shift), high, low);
      Lanes::store(&halves.high[j][i], high);
      Lanes::store(&halves.low[j][i], low);
    }
  }
}

// What one group of at most kTermsAtOnce terms needs of its target.
struct TargetWeights {
  double high[kTermsAtOnce];
  double low[kTermsAtOnce];
  double shifted;  // (B / 2) sum_j w_j mod p, centred
  double full;     // 2^50 mod p, centred
  double half;     // 2^25 mod p, centred
  double p;
  double inverse;
};

TargetWeights weights_of(std::span<const std::uint64_t> w, double half_bound,
                         const arith::Modulus& q) {
  TargetWeights out{};
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < w.size(); ++j) {
    const double c = centred(w[j], q);
    out.high[j] = (c * (1 / kHalf) + kMagic) - kMagic;
    out.low[j] = c - out.high[j] * kHalf;
    sum = q.add(sum, w[j]);
  }
  out.shifted = centred(q.multiply(sum, q.reduce(static_cast<std::uint64_t>(half_bound))), q);
  out.full = centred(q.reduce(std::uint64_t{1} << 50), q);
  out.half = centred(q.reduce(std::uint64_t{1} << 25), q);
  out.p = static_cast<double>(q.value());
  out.inverse = 1 / out.p;
  return out;
}

// One piece of one sum: the terms of a group, and what `out` holds of earlier groups. Between
// groups `out` holds centred doubles, after the last one residues.
template <bool kFirst, bool kLast>
void weighted_piece(const Halves& halves, const TargetWeights& weights, std::size_t terms,
                    std::uint64_t* out) {
  const Prime m(weights.p, weights.inverse);
  const Twiddle full = twiddle(Lanes::broadcast(weights.full), m);
  const Twiddle half = twiddle(Lanes::broadcast(weights.half), m);
  const Doubles shifted = Lanes::broadcast(weights.shifted);
  constexpr std::size_t kVectors = kWidth == 8 ? 4 : 2;
  for (std::size_t i = 0; i < kPiece; i += kVectors * kWidth) {
    Doubles high[kVectors];
    Doubles middle[kVectors];
    Doubles low[kVectors];
    SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      high[v] = middle[v] = Lanes::broadcast(0.0);
      low[v] = shifted;
    }
    for (std::size_t j = 0; j < terms; ++j) {
      const Doubles w1 = Lanes::broadcast(weights.high[j]);
      const Doubles w0 = Lanes::broadcast(weights.low[j]);
      SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
        const Doubles y1 = Lanes::load(&halves.high[j][i + v * kWidth]);
        const Doubles y0 = Lanes::load(&halves.low[j][i + v * kWidth]);
        high[v] = Lanes::multiply_add(y1, w1, high[v]);
        middle[v] = Lanes::multiply_add(y1, w0, middle[v]);
        low[v] = Lanes::multiply_add(y0, w0, low[v]);
        middle[v] = Lanes::multiply_add(y0, w1, middle[v]);
      }
    }
    SALUS_UNROLL for (std::size_t v = 0; v < kVectors; ++v) {
      std::uint64_t* at = out + i + v * kWidth;
      Doubles sum =
          Lanes::add(Lanes::add(product(high[v], full, m), product(middle[v], half, m)), low[v]);
      if (!kFirst) sum = Lanes::add(sum, Lanes::load(reinterpret_cast<const double*>(at)));
      sum = centre(sum, m);
      if (kLast) {
        Lanes::store_words(at, positive(sum, m));
      } else {
        Lanes::store(reinterpret_cast<double*>(at), sum);
      }
    }
  }
}

// Piece by piece, all targets: the sources are read from memory once.
void weighted_sums(std::span<const ConstWords> a, std::uint64_t bound,
                   std::span<const WeightedTarget> targets) {
  if (targets.empty()) return;
  const std::size_t n = targets[0].out.size();
  const bool fast = bound <= arith::kFloatingLimit && n % kPiece == 0 && !a.empty() &&
                    std::all_of(targets.begin(), targets.end(),
                                [](const WeightedTarget& t) { return fits(*t.q); });
  if (!fast) return reference().weighted_sums(a, bound, targets);
  const std::uint64_t half = bound / 2;
  const auto half_bound = static_cast<double>(half);
  const std::size_t groups = (a.size() + kTermsAtOnce - 1) / kTermsAtOnce;
  std::vector<TargetWeights> weights;
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t first = g * kTermsAtOnce;
    const std::size_t terms = std::min(kTermsAtOnce, a.size() - first);
    for (const WeightedTarget& target : targets)
      weights.push_back(weights_of(target.w.subspan(first, terms), half_bound, *target.q));
  }
  Halves halves;
  for (std::size_t begin = 0; begin < n; begin += kPiece) {
    for (std::size_t g = 0; g < groups; ++g) {
      const std::size_t first = g * kTermsAtOnce;
      const std::size_t terms = std::min(kTermsAtOnce, a.size() - first);
      load_halves(a.subspan(first, terms), half_bound, begin, halves);
      const auto piece =
          g == 0 ? (g + 1 == groups ? weighted_piece<true, true> : weighted_piece<true, false>)
                 : (g + 1 == groups ? weighted_piece<false, true> : weighted_piece<false, false>);
      for (std::size_t t = 0; t < targets.size(); ++t) {
        piece(halves, weights[g * targets.size() + t], terms, targets[t].out.data() + begin);
      }
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
  reference().permute(a, source.subspan(n), out.subspan(n));
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
      .reduce = reduce,
      .inner_products = inner_products,
      .weighted_sums = weighted_sums,
      .rounded_sum = rounded_sum,
      .permute = permute,
  };
}

}  // namespace
}  // namespace salus::kernel
