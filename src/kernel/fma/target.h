// Code for an instruction set beyond the baseline, inside one source file: everything between the
// two macros. Headers that other sources share are included before, so that no inline function of
// theirs is ever compiled for instructions that a processor may lack.
#pragma once

#define SALUS_INLINE __attribute__((always_inline)) inline
#define SALUS_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define SALUS_BEGIN_TARGET(names) \
  SALUS_PRAGMA(clang attribute push(__attribute__((target(names))), apply_to = function))
#define SALUS_END_TARGET _Pragma("clang attribute pop")
#define SALUS_UNROLL _Pragma("unroll")
#define SALUS_UNROLL_4 _Pragma("unroll 4")
#else
#define SALUS_BEGIN_TARGET(names) _Pragma("GCC push_options") SALUS_PRAGMA(GCC target(names))
#define SALUS_END_TARGET _Pragma("GCC pop_options")
#define SALUS_UNROLL _Pragma("GCC unroll 8")
#define SALUS_UNROLL_4 _Pragma("GCC unroll 4")
#endif
