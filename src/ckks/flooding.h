// Noise that makes an approximate result say nothing about the key: whoever sees a decryption of
// CKKS exactly sees the error in it, and with it the secret key (Li and Micciancio, eprint
// 2020/1533). How wide the noise must be, and what is left of the result.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ckks/ciphertext.h"

namespace salus::ckks {

/// What is to be withstood.
struct FloodingTarget {
  /// s, as Li, Micciancio, Schultz and Sorrell count (CRYPTO 2022, eprint 2022/816): all releases
  /// together have a relative entropy of at most 2^-s / 24 from releases of the exact results. In
  /// statistical distance that is 2^(-s / 2 - 2.8).
  double statistical_bits = 30;
  std::uint64_t releases = 1024;  ///< tau: results of one key that may be released at all
};

inline constexpr double kMaxStatisticalBits = 128;
inline constexpr std::uint64_t kMaxReleases = std::uint64_t{1} << 40;

/// sqrt(12 tau) 2^(s / 2): how many times the Euclidean norm t of the error the standard deviation
/// is. From tau t^2 / (2 sigma^2) = 2^-s / 24, the relative entropy of tau Gaussians whose centres
/// are t apart. Errors: kInvalidArgument (s outside 1 to 128, tau outside 1 to 2^40).
Result<double> flooding_factor(const FloodingTarget& target);

/// What a ciphertext that is to be flooded holds, by public bounds.
struct FloodedShape {
  int level = 0;
  double scale = 1;
  /// On |decrypted - exact| in EVERY slot, operations after the flooding included. Static: from the
  /// program, never measured on a patient's data, or the width itself tells about the data.
  double noise = 0;
  double largest = 1;  ///< on |exact|, for the room below the modulus
};

struct Flooding {
  FloodingTarget target;
  std::uint64_t sigma = 0;  ///< standard deviation of each coefficient, an integer
  double slot_error = 0;    ///< what it adds to any slot, but for a probability of 2^-64
  double typical = 0;       ///< standard deviation of what it adds to the real part of a slot
};

/// sigma = ceil(flooding_factor t), t = scale noise + sqrt(N) / 2. The polynomial e of an error
/// whose slots are below b has the Euclidean norm (sum over the N roots |e(zeta)|^2 / N)^(1/2) <=
/// b: no further factor of sqrt(N) comes in. The second term rounds the exact result to integers.
/// slot_error = 10.6 sqrt(N) sigma / scale (src/circuit/noise.h has the tail).
/// Errors: kInvalidArgument (target, shape), kLimit (sigma above 2^56), kLevelExhausted (result and
/// noise do not fit q_0 .. q_level / 2), with the numbers.
Result<Flooding> plan_flooding(const Parameters& params, const FloodedShape& shape,
                               const FloodingTarget& target);

/// A result with a largest value of `peak` that may be off by `error` is within `asked` (a part of
/// the peak). Errors: kLevelExhausted: "result would be off by X of the peak after flooding for tau
/// = N releases at s = S bits; asked Y".
Status require_accuracy(double error, double peak, double asked, const FloodingTarget& target);

/// a with a discrete Gaussian of this width in every coefficient of c_0. `random` is fresh and
/// secret: who knows it takes the noise off again. The same result is to be flooded once: repeated
/// releases of it with new noise are releases to be counted. Cost: about 0.3 us a coefficient, l +
/// 1 transforms.
Ciphertext flood(const Ciphertext& a, const Flooding& flooding, RandomStream& random);

/// The same for decrypted numbers instead of a ciphertext: only those that leave count, so that k
/// slots lose less than N coefficients would. A number z becomes step (round(z / step) + n), n a
/// discrete Gaussian; step, a power of two, is at most a sixteenth of the smallest bound.
struct SlotFlooding {
  FloodingTarget target;
  double step = 0;
  std::uint64_t sigma = 0;  ///< in steps
  double error = 0;         ///< on what it adds to a slot, but for a probability of 2^-64
  double typical = 0;       ///< standard deviation of what it adds
};

/// `noise`: bounds on the errors of the slots that leave, static as in FloodedShape. sigma =
/// ceil(flooding_factor t), t^2 = sum (noise_i / step + 1)^2: what rounding to steps can make of
/// the errors. Errors: kInvalidArgument (target; no slot; a bound that is not positive and finite),
/// kLimit (sigma above 2^56).
Result<SlotFlooding> plan_slot_flooding(std::span<const double> noise,
                                        const FloodingTarget& target);

/// Equal slots, plans and streams give equal numbers. Errors: kMismatch (a slot that is no number,
/// or 2^61 steps away: it is not of the program that the bounds are of).
Result<std::vector<double>> flood_slots(std::span<const double> slots, const SlotFlooding& flooding,
                                        RandomStream& random);

}  // namespace salus::ckks
