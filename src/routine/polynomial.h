// Chebyshev series of a ciphertext, at the least depth.
#pragma once

#include "routine/power_basis.h"

namespace salus::routine {

/// Levels that a series takes: ceil(log2(degree + 1)), and one more where the interval map cannot
/// be folded into the input's scale (see folding_scale).
int series_depth(const ckks::Parameters& params, int level, double scale,
                 const ChebyshevSeries& series);

/// Appends p(x) at level(x) - series_depth() and exactly `result_scale`.
///
/// Method: Paterson and Stockmeyer's in the Chebyshev basis, p = q T_g + r, with levels and scales
/// pushed down (Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, eprint 2020/1203): the sum at level l
/// and scale S asks for q at level l and scale S / S_g exactly, and takes r at level l and scale S,
/// so that r's own products join the same sum. Each sum is relinearized and rescaled once, and a
/// series of degree 2^k - 1 needs no level but its k. The powers that are kept are 1 .. m, the
/// multiples of m up to M, and M 2^i; (m, M) are those of the least Schedule::cost() among some
/// hundred. Relinearizations for general coefficients: 6 at degree 13, 8 at 27, 11 at 59, 18 at
/// 127, 20 at 247; 2 sqrt(d) + log2(d), the usual count, gives 11, 15, 21, 30, 39.
///
/// Error: sup |p'| e_x, and what the operations add: the powers' e(T_n) (power_basis.h) weighed by
/// the coefficients above them, and a rescale at scale result_scale / 2 for each quotient, which a
/// larger result_scale makes smaller. See Plan::error_bound.
/// Errors: kInvalidArgument (degree < 1 or > kMaxDegree, coefficients not finite), kLevelExhausted.
Result<int> append_series(Schedule& schedule, int x, const ChebyshevSeries& series,
                          double result_scale);

/// p(x) for a ciphertext x whose slots are in the interval; outside of it p grows like
/// |2 u|^degree. Errors: those of append_series; kInvalidArgument (placement).
Result<Plan> plan_series(const ckks::ParametersPtr& params, const ChebyshevSeries& series,
                         const Placement& at);

}  // namespace salus::routine
