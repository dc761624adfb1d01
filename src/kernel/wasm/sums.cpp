// Sums of products: key switching and base conversion.
//
// A sum S of at most 64 products below q^2 < 2^100 (or of words below 2^50 with weights) is kept
// twice: modulo 2^64 as a word, and in doubles divided by q. The latter is below 2^56 and off by
// less than 2^10: 67 roundings of 2^-53 each. One quotient, a multiple of 64, leaves a remainder
// below 2^60 that the word holds, and a second one centres it.
#include <algorithm>
#include <array>
#include <vector>

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

template <bool kPermuted>
void add_products(const InnerProducts& of, std::size_t j, std::size_t begin, std::size_t count,
                  Sums& xy, Sums& xz) {
  const std::uint64_t* xs = of.x[j].data();
  const std::uint64_t* ys = of.y[j].data() + begin;
  const std::uint64_t* zs = of.z[j].data() + begin;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t x = xs[kPermuted ? of.source[begin + i] : begin + i];
    xy.word[i] += x * ys[i];
    xz.word[i] += x * zs[i];
    xy.floating[i] += floating(x) * floating(ys[i]);
    xz.floating[i] += floating(x) * floating(zs[i]);
  }
}

}  // namespace

void inner_products(const InnerProducts& of, const arith::Modulus& q) {
  if (!fits(q)) return reference().inner_products(of, q);
  const Prime m(q);
  for (std::size_t begin = 0; begin < of.xy.size(); begin += kPiece) {
    const std::size_t count = std::min(kPiece, of.xy.size() - begin);
    Sums xy;
    Sums xz;
    for (std::size_t j = 0; j < of.x.size(); ++j) {
      const auto add = of.source.empty() ? add_products<false> : add_products<true>;
      add(of, j, begin, count, xy, xz);
    }
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
    for (std::size_t begin = 0; begin < target.out.size(); begin += kPiece) {
      const std::size_t count = std::min(kPiece, target.out.size() - begin);
      Sums sums;
      for (std::size_t j = 0; j < a.size(); ++j) {
        const std::uint64_t w = target.w[j];
        const double quotient = floating(w) * m.inverse;
        const std::uint64_t* words = a[j].data() + begin;
        for (std::size_t i = 0; i < count; ++i) {
          sums.word[i] += words[i] * w;
          sums.floating[i] += floating(words[i]) * quotient;
        }
      }
      for (std::size_t i = 0; i < count; ++i)
        target.out[begin + i] = residue(sums.word[i], sums.floating[i], m);
    }
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
