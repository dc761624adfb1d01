// Four doubles at a time: AVX2 with FMA.
#include <algorithm>
#include <bit>
#include <limits>
#include <string_view>
#include <vector>

#include "kernel/kernel_table.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "kernel/fma/target.h"
SALUS_BEGIN_TARGET("avx2,fma")

namespace salus::kernel {
namespace {

struct Lanes {
  using Doubles = __m256d;
  using Integers = __m256i;
  static constexpr std::size_t kWidth = 4;
  /// Sixteen registers hold four values, three twiddles and the prime's constants.
  static constexpr int kMaxRadix = 2;

  SALUS_INLINE static Doubles broadcast(double x) { return _mm256_set1_pd(x); }
  SALUS_INLINE static Doubles load(const double* at) { return _mm256_loadu_pd(at); }
  SALUS_INLINE static void store(double* at, Doubles x) { _mm256_storeu_pd(at, x); }
  /// Words below 2^52 become the mantissa of 2^52 + x.
  SALUS_INLINE static Doubles load_words(const std::uint64_t* at) { return doubles(load(at)); }
  SALUS_INLINE static Doubles gather_words(const std::uint64_t* from, const std::uint32_t* index) {
    return doubles(gather(from, index));
  }
  SALUS_INLINE static void store_words(std::uint64_t* at, Doubles x) {
    const Doubles offset = _mm256_set1_pd(kTwo52);
    const Doubles shifted = _mm256_add_pd(x, offset);
    store(at, _mm256_castpd_si256(_mm256_xor_pd(shifted, offset)));
  }
  SALUS_INLINE static Doubles add(Doubles a, Doubles b) { return _mm256_add_pd(a, b); }
  SALUS_INLINE static Doubles subtract(Doubles a, Doubles b) { return _mm256_sub_pd(a, b); }
  SALUS_INLINE static Doubles multiply(Doubles a, Doubles b) { return _mm256_mul_pd(a, b); }
  SALUS_INLINE static Doubles multiply_add(Doubles a, Doubles b, Doubles c) {
    return _mm256_fmadd_pd(a, b, c);
  }
  SALUS_INLINE static Doubles multiply_subtract(Doubles a, Doubles b, Doubles c) {
    return _mm256_fmsub_pd(a, b, c);
  }
  SALUS_INLINE static Doubles negative_multiply_add(Doubles a, Doubles b, Doubles c) {
    return _mm256_fnmadd_pd(a, b, c);
  }
  SALUS_INLINE static Doubles add_if_negative(Doubles x, Doubles p) {
    const Doubles negative = _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_LT_OQ);
    return _mm256_add_pd(x, _mm256_and_pd(negative, p));
  }
  /// Even and odd elements of a followed by b.
  SALUS_INLINE static void split(Doubles a, Doubles b, Doubles& even, Doubles& odd) {
    even = _mm256_permute4x64_pd(_mm256_unpacklo_pd(a, b), 0xd8);
    odd = _mm256_permute4x64_pd(_mm256_unpackhi_pd(a, b), 0xd8);
  }
  SALUS_INLINE static void transpose(Doubles (&v)[kWidth]) {
    const Doubles a = _mm256_unpacklo_pd(v[0], v[1]);
    const Doubles b = _mm256_unpackhi_pd(v[0], v[1]);
    const Doubles c = _mm256_unpacklo_pd(v[2], v[3]);
    const Doubles d = _mm256_unpackhi_pd(v[2], v[3]);
    v[0] = _mm256_permute2f128_pd(a, c, 0x20);
    v[1] = _mm256_permute2f128_pd(b, d, 0x20);
    v[2] = _mm256_permute2f128_pd(a, c, 0x31);
    v[3] = _mm256_permute2f128_pd(b, d, 0x31);
  }

  SALUS_INLINE static Integers broadcast(std::uint64_t x) {
    return _mm256_set1_epi64x(static_cast<long long>(x));
  }
  SALUS_INLINE static Integers load(const std::uint64_t* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }
  SALUS_INLINE static void store(std::uint64_t* at, Integers x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), x);
  }
  SALUS_INLINE static Integers add(Integers a, Integers b) { return _mm256_add_epi64(a, b); }
  SALUS_INLINE static Integers subtract(Integers a, Integers b) { return _mm256_sub_epi64(a, b); }
  /// Of two words, one of which is below 2^63 and the other may be a wrapped negative.
  SALUS_INLINE static Integers smaller(Integers a, Integers b) {
    const Integers offset = _mm256_set1_epi64x(std::numeric_limits<long long>::min());
    const Integers above =
        _mm256_cmpgt_epi64(_mm256_xor_si256(a, offset), _mm256_xor_si256(b, offset));
    return _mm256_blendv_epi8(a, b, above);
  }
  /// An automorphism takes four neighbours from four neighbours: one load and a permutation of
  /// halves. `from` has whole vectors.
  SALUS_INLINE static Integers gather(const std::uint64_t* from, const std::uint32_t* index) {
    const __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i*>(index));
    const std::uint32_t first = index[0] & ~3u;
    const __m128i base = _mm_andnot_si128(_mm_set1_epi32(3), at);
    const __m128i here = _mm_cmpeq_epi32(base, _mm_set1_epi32(static_cast<int>(first)));
    if (__builtin_expect(_mm_movemask_epi8(here) == 0xffff, 1)) {
      // Halves 2 i and 2 i + 1 of word i; three bits of each index count.
      const Integers low = _mm256_slli_epi64(_mm256_cvtepu32_epi64(at), 1);
      const Integers high = _mm256_slli_epi64(_mm256_add_epi64(low, _mm256_set1_epi64x(1)), 32);
      return _mm256_permutevar8x32_epi32(load(from + first), _mm256_or_si256(low, high));
    }
    return _mm256_set_epi64x(
        static_cast<long long>(from[index[3]]), static_cast<long long>(from[index[2]]),
        static_cast<long long>(from[index[1]]), static_cast<long long>(from[index[0]]));
  }

 private:
  static constexpr double kTwo52 = 4503599627370496.0;

  SALUS_INLINE static Doubles doubles(Integers words) {
    const Doubles offset = _mm256_set1_pd(kTwo52);
    return _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(words), offset), offset);
  }
};

}  // namespace
}  // namespace salus::kernel

#include "kernel/fma/fma_kernels.h"

SALUS_END_TARGET
#endif

namespace salus::kernel {

const KernelTable* avx2() {
#if defined(__x86_64__)
  static constexpr KernelTable kTable = make_table("avx2");
  static const bool kSupported = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return kSupported ? &kTable : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace salus::kernel
