// Sign and comparison by composite minimax polynomials.
#pragma once

#include "routine/polynomial.h"

namespace salus::routine {

enum class SignOutput {
  kSign,  ///< -1, 1
  kStep,  ///< 0, 1
};

/// What is to be told apart, and how well. |x| <= range; smaller |x| than resolution * range give
/// anything between the two outputs.
struct SignOptions {
  std::vector<int> degrees = {7, 15, 15};  ///< of the composed polynomials, the first acts first
  double resolution = 0x1p-8;
  double range = 1;
  int cleaners = 0;  ///< each squares the error: (3 x - x^3) / 2, two levels
  SignOutput output = SignOutput::kSign;
};

/// p_k(.. p_1(x)), each the minimax polynomial on what the one before leaves, widened by
/// kSignMargin for noise; the whole is then the best composition of these degrees.
///
/// Errors with the sign as output, at resolution 2^-8: {7, 15, 15} 2^-7.4 (depth 11), with a
/// cleaner 2^-14.3 (13); {15, 15, 15} 2^-14 (12); {15, 15, 27} 2^-24 (13). At 2^-10: {15, 15, 15}
/// 2^-4.4 (12); {15, 15, 27} 2^-7.3 (13); {7, 7, 15, 15} 2^-10.3 (14). A step's error is half.
/// Coefficients come from the machine's cosines: store them where plans are to be equal everywhere.
/// Source: as minimax_sign; cleaner: Cheon, Kim, Kim, eprint 2019/1234.
struct SignApproximation {
  std::vector<ChebyshevSeries> stages;
  double error = 0;  ///< largest over resolution <= |x| / range <= 1; noise comes on top

  double operator()(double x) const;
};

inline constexpr double kSignMargin = 0x1p-16;
inline constexpr std::size_t kMaxSignStages = 16;

/// Errors: kInvalidArgument (no or more than kMaxSignStages stages, degrees as minimax_sign,
/// resolution outside (0, 1), range <= 0, cleaners < 0, stages that resolve nothing).
Result<SignApproximation> approximate_sign(const SignOptions& options);

/// sign(x) or step(x) for a ciphertext x; x > y is the step of x - y.
/// Depth: sum of ceil(log2(degree + 1)), 2 for each cleaner; one more where x's scale is above
/// folding_scale() for [-range, range]. Scales between stages are chosen such that no further
/// interval map costs a level. Relinearizations: 4 for degree 7, 7 for 15, 8 for 27, 2 for 3: 18
/// for {7, 15, 15}. Noise: Plan::error_bound; every stage multiplies what comes in by its steepest
/// slope, at the default 49, 68 and 4, which x near zero meets and others do not.
/// Errors: kInvalidArgument (no stages, placement), kLevelExhausted.
Result<Plan> plan_sign(const ckks::ParametersPtr& params, const SignApproximation& sign,
                       const Placement& at);

}  // namespace salus::routine
