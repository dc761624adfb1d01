// Eight doubles at a time: AVX-512 F, DQ and VL.
#include <algorithm>
#include <bit>
#include <string_view>
#include <vector>

#include "kernel/kernel_table.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "kernel/fma/target.h"
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own intrinsics read what they call undefined (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
SALUS_BEGIN_TARGET("avx512f,avx512dq,avx512vl,avx2,fma")

namespace salus::kernel {
namespace {

struct Lanes {
  using Doubles = __m512d;
  using Integers = __m512i;
  static constexpr std::size_t kWidth = 8;
  static constexpr int kMaxRadix = 3;

  SALUS_INLINE static Doubles broadcast(double x) { return _mm512_set1_pd(x); }
  SALUS_INLINE static Doubles load(const double* at) { return _mm512_loadu_pd(at); }
  SALUS_INLINE static void store(double* at, Doubles x) { _mm512_storeu_pd(at, x); }
  SALUS_INLINE static Doubles load_words(const std::uint64_t* at) {
    return _mm512_cvtepu64_pd(_mm512_loadu_si512(at));
  }
  SALUS_INLINE static Doubles gather_words(const std::uint64_t* from, const std::uint32_t* index) {
    return _mm512_cvtepu64_pd(gather(from, index));
  }
  SALUS_INLINE static void store_words(std::uint64_t* at, Doubles x) {
    _mm512_storeu_si512(at, _mm512_cvtpd_epu64(x));
  }
  SALUS_INLINE static Doubles add(Doubles a, Doubles b) { return _mm512_add_pd(a, b); }
  SALUS_INLINE static Doubles subtract(Doubles a, Doubles b) { return _mm512_sub_pd(a, b); }
  SALUS_INLINE static Doubles multiply(Doubles a, Doubles b) { return _mm512_mul_pd(a, b); }
  SALUS_INLINE static Doubles multiply_add(Doubles a, Doubles b, Doubles c) {
    return _mm512_fmadd_pd(a, b, c);
  }
  SALUS_INLINE static Doubles multiply_subtract(Doubles a, Doubles b, Doubles c) {
    return _mm512_fmsub_pd(a, b, c);
  }
  SALUS_INLINE static Doubles negative_multiply_add(Doubles a, Doubles b, Doubles c) {
    return _mm512_fnmadd_pd(a, b, c);
  }
  SALUS_INLINE static Doubles add_if_negative(Doubles x, Doubles p) {
    return _mm512_mask_add_pd(x, _mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_LT_OQ), x, p);
  }
  /// Even and odd elements of a followed by b.
  SALUS_INLINE static void split(Doubles a, Doubles b, Doubles& even, Doubles& odd) {
    even = _mm512_permutex2var_pd(a, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), b);
    odd = _mm512_permutex2var_pd(a, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), b);
  }
  SALUS_INLINE static void transpose(Doubles (&v)[kWidth]) {
    Doubles t[kWidth];
    SALUS_UNROLL for (int i = 0; i < 4; ++i) {
      t[2 * i] = _mm512_unpacklo_pd(v[2 * i], v[2 * i + 1]);
      t[2 * i + 1] = _mm512_unpackhi_pd(v[2 * i], v[2 * i + 1]);
    }
    Doubles u[kWidth];
    // 128-bit pairs: rows 0 .. 3 and 4 .. 7
    SALUS_UNROLL for (int i = 0; i < 2; ++i) {
      SALUS_UNROLL for (int k = 0; k < 2; ++k) {
        u[4 * i + k] = _mm512_shuffle_f64x2(t[4 * i + k], t[4 * i + 2 + k], 0x88);
        u[4 * i + 2 + k] = _mm512_shuffle_f64x2(t[4 * i + k], t[4 * i + 2 + k], 0xdd);
      }
    }
    SALUS_UNROLL for (int k = 0; k < 4; ++k) {
      v[k] = _mm512_shuffle_f64x2(u[k], u[4 + k], 0x88);
      v[4 + k] = _mm512_shuffle_f64x2(u[k], u[4 + k], 0xdd);
    }
  }

  SALUS_INLINE static Integers broadcast(std::uint64_t x) {
    return _mm512_set1_epi64(static_cast<long long>(x));
  }
  SALUS_INLINE static Integers load(const std::uint64_t* at) { return _mm512_loadu_si512(at); }
  SALUS_INLINE static void store(std::uint64_t* at, Integers x) { _mm512_storeu_si512(at, x); }
  SALUS_INLINE static Integers add(Integers a, Integers b) { return _mm512_add_epi64(a, b); }
  SALUS_INLINE static Integers subtract(Integers a, Integers b) { return _mm512_sub_epi64(a, b); }
  SALUS_INLINE static Integers smaller(Integers a, Integers b) { return _mm512_min_epu64(a, b); }
  /// An automorphism takes eight neighbours from eight neighbours: one load and a permutation.
  /// `from` has whole vectors.
  SALUS_INLINE static Integers gather(const std::uint64_t* from, const std::uint32_t* index) {
    const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(index));
    const std::uint32_t first = index[0] & ~7u;
    const __m256i base = _mm256_andnot_si256(_mm256_set1_epi32(7), at);
    const __mmask8 elsewhere =
        _mm256_cmpneq_epi32_mask(base, _mm256_set1_epi32(static_cast<int>(first)));
    if (__builtin_expect(elsewhere == 0, 1))
      return _mm512_permutexvar_epi64(_mm512_cvtepu32_epi64(at), load(from + first));
    return _mm512_i32gather_epi64(at, from, 8);
  }
};

}  // namespace
}  // namespace salus::kernel

#include "kernel/fma/fma_kernels.h"

SALUS_END_TARGET
#endif

namespace salus::kernel {

const KernelTable* avx512() {
#if defined(__x86_64__)
  static constexpr KernelTable kTable = make_table("avx512");
  static const bool kSupported =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
  return kSupported ? &kTable : nullptr;
#else
  return nullptr;
#endif
}

}  // namespace salus::kernel
