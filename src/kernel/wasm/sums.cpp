// Sums of products: key switching and base conversion.
//
// A sum S of at most 64 products below q^2 < 2^100 (or of words below 2^50 with weights) is kept
// twice: modulo 2^64 as a word, and in doubles divided by q. The latter is below 2^56 and off by
// less than 2^10: 67 roundings of 2^-53 each. One quotient, a multiple of 64, leaves a remainder
// below 2^60 that the word holds, and a second one, below 2^10, centres it: for so small a quotient
// it does not matter that doubles round a word beyond 2^53.
#include <algorithm>
#include <array>

#include "kernel/wasm/wasm_core.h"

namespace salus::kernel::wasm_kernel {
namespace {

inline std::uint64_t residue(std::uint64_t word, double quotient, const Prime& m) {
  constexpr double kCoarse = 64 * kMagic;  // sums with it are multiples of 64
  const std::uint64_t c = bits(quotient + kCoarse) - bits(kCoarse);
  return positive(centre(word - 64 * c * m.q, m), m);
}

// Words of a piece: its sums fit a first-level cache.
constexpr std::size_t kPiece = 128;

struct Sums {
  std::array<std::uint64_t, kPiece> word{};
  std::array<double, kPiece> floating{};
};

// Terms that one loop adds: sums are read and written once for all of them.
constexpr std::size_t kTogether = 4;

// Terms j to j + kTerms of words begin to begin + count.
template <std::size_t kTerms>
void add_products(const InnerProducts& of, std::size_t j, std::size_t begin, std::size_t count,
                  Sums& xy, Sums& xz) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = of.source.empty() ? begin + i : of.source[begin + i];
    std::uint64_t word_y = xy.word[i];
    std::uint64_t word_z = xz.word[i];
    double floating_y = xy.floating[i];
    double floating_z = xz.floating[i];
    for (std::size_t k = j; k < j + kTerms; ++k) {
      const std::uint64_t x = of.x[k][at];
      const std::uint64_t y = of.y[k][begin + i];
      const std::uint64_t z = of.z[k][begin + i];
      word_y += x * y;
      word_z += x * z;
      floating_y += floating(x) * floating(y);
      floating_z += floating(x) * floating(z);
    }
    xy.word[i] = word_y;
    xz.word[i] = word_z;
    xy.floating[i] = floating_y;
    xz.floating[i] = floating_z;
  }
}

template <std::size_t kTerms>
void add_weighted(std::span<const ConstWords> a, const WeightedTarget& target, std::size_t j,
                  std::size_t begin, std::size_t count, const Prime& m, Sums& sums) {
  const std::uint64_t* words[kTerms];
  std::uint64_t weights[kTerms];
  double quotients[kTerms];
  for (std::size_t k = 0; k < kTerms; ++k) {
    words[k] = a[j + k].data() + begin;
    weights[k] = target.w[j + k];
    quotients[k] = floating(weights[k]) * m.inverse;
  }
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t word = sums.word[i];
    double sum = sums.floating[i];
    for (std::size_t k = 0; k < kTerms; ++k) {
      word += words[k][i] * weights[k];
      sum += floating(words[k][i]) * quotients[k];
    }
    sums.word[i] = word;
    sums.floating[i] = sum;
  }
}

// The sums of one target over one piece, in `target.out`.
void weighted_piece(std::span<const ConstWords> a, const WeightedTarget& target, std::size_t begin,
                    const Prime& m) {
  const std::size_t count = std::min(kPiece, target.out.size() - begin);
  Sums sums;
  std::size_t j = 0;
  for (; j + kTogether <= a.size(); j += kTogether)
    add_weighted<kTogether>(a, target, j, begin, count, m, sums);
  for (; j < a.size(); ++j) add_weighted<1>(a, target, j, begin, count, m, sums);
  for (std::size_t i = 0; i < count; ++i)
    target.out[begin + i] = residue(sums.word[i], sums.floating[i], m);
}

}  // namespace

void inner_products(const InnerProducts& of, const arith::Modulus& q) {
  if (!fits(q)) return reference().inner_products(of, q);
  const Prime m(q);
  for (std::size_t begin = 0; begin < of.xy.size(); begin += kPiece) {
    const std::size_t count = std::min(kPiece, of.xy.size() - begin);
    Sums xy;
    Sums xz;
    std::size_t j = 0;
    for (; j + kTogether <= of.x.size(); j += kTogether)
      add_products<kTogether>(of, j, begin, count, xy, xz);
    for (; j < of.x.size(); ++j) add_products<1>(of, j, begin, count, xy, xz);
    for (std::size_t i = 0; i < count; ++i) {
      of.xy[begin + i] = residue(xy.word[i], xy.floating[i] * m.inverse, m);
      of.xz[begin + i] = residue(xz.word[i], xz.floating[i] * m.inverse, m);
    }
  }
}

void weighted_sums(std::span<const ConstWords> a, std::uint64_t bound,
                   std::span<const WeightedTarget> targets) {
  const bool fast = bound <= arith::kFloatingLimit &&
                    std::all_of(targets.begin(), targets.end(),
                                [](const WeightedTarget& t) { return fits(*t.q); });
  if (!fast) return reference().weighted_sums(a, bound, targets);
  for (const WeightedTarget& target : targets) {
    const Prime m(*target.q);
    for (std::size_t begin = 0; begin < target.out.size(); begin += kPiece)
      weighted_piece(a, target, begin, m);
  }
}

void rounded_sum(std::span<const ConstWords> a, std::uint64_t bound, std::span<const double> w,
                 Words out) {
  if (bound > arith::kFloatingLimit) return reference().rounded_sum(a, bound, w, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < a.size(); ++j) sum += floating(a[j][i]) * w[j];
    out[i] = rounded(sum);
  }
}

}  // namespace salus::kernel::wasm_kernel
