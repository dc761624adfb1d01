// Sums of products on lanes of doubles: key switching and base conversion.
#pragma once

#include "kernel/fma/fma_core.h"

namespace salus::kernel {
namespace {

// Eight products of at most 3/4 and a centred sum stay below 8.
inline constexpr std::size_t kTermsBeforeCentring = 8;

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

}  // namespace
}  // namespace salus::kernel
