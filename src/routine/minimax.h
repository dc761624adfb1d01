// The best odd polynomials for the sign function, by Remez's exchange.
#pragma once

#include "routine/chebyshev.h"

namespace salus::routine {

/// p on [-high, high] with max |p(x) - sign(x)| = error over low <= |x| <= high.
struct MinimaxSign {
  ChebyshevSeries series;
  double error = 0;
};

/// The odd polynomial of at most this degree with the least error: 1 - p takes it with alternating
/// sign at (degree + 3) / 2 points of [low, high], which determines it; those points are exchanged
/// for the extrema of the error until both agree (Remez). Between -low and low |p| stays below 1 +
/// error. A lower degree is returned where it reaches the rounding of doubles, 2^-45.
/// Source: Lee, Lee, No, Kim, "Minimax Approximation of Sign Function by Composite Polynomial for
/// Homomorphic Comparison", IEEE TDSC 2021.
/// Errors: kInvalidArgument (degree even or outside 1 .. kMaxMinimaxDegree, not 0 < low < high).
Result<MinimaxSign> minimax_sign(int degree, double low, double high);

inline constexpr int kMaxMinimaxDegree = 63;

}  // namespace salus::routine
