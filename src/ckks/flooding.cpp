#include "ckks/flooding.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "base/secret.h"
#include "ring/discrete_gaussian.h"

namespace salus::ckks {
namespace {

// exp(-t^2) below 2^-64 / 2^16 in any slot, however its two parts hang together.
constexpr double kSlotTail = 10.6;
// A real Gaussian beyond 10.4 standard deviations: 2^-64 / 2^16.
constexpr double kRealTail = 10.4;
// A coefficient beyond 12 sigma: 2^-107.
constexpr double kCoefficientTail = 12;

std::string target_text(const FloodingTarget& target) {
  std::ostringstream out;
  out << "tau = " << target.releases << " releases at s = " << target.statistical_bits << " bits";
  return out.str();
}

bool positive(double x) { return std::isfinite(x) && x > 0; }

// Small signed numbers, though not below each prime.
ring::Poly residues(std::span<const std::int64_t> x, ring::BasisView basis) {
  ring::Poly out = ring::Poly::uninitialized(x.size(), basis.size(), ring::Form::kCoefficient);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const arith::Modulus& q = basis[j]->modulus();
    for (std::size_t i = 0; i < x.size(); ++i) {
      // |x| without a branch, then the sign again.
      const auto sign = static_cast<std::uint64_t>(x[i] >> 63);
      const std::uint64_t size = q.reduce((static_cast<std::uint64_t>(x[i]) ^ sign) - sign);
      const auto small = static_cast<std::int64_t>((size ^ sign) - sign);
      out.limb(j)[i] = q.from_signed(small);
    }
  }
  return out;
}

}  // namespace

Result<double> flooding_factor(const FloodingTarget& target) {
  if (!(target.statistical_bits >= 1 && target.statistical_bits <= kMaxStatisticalBits)) {
    return Error{ErrorCode::kInvalidArgument,
                 "flooding: " + target_text(target) + "; s lies between 1 and 128"};
  }
  if (target.releases < 1 || target.releases > kMaxReleases) {
    return Error{ErrorCode::kInvalidArgument,
                 "flooding: " + target_text(target) + "; tau lies between 1 and 2^40"};
  }
  return std::sqrt(12 * static_cast<double>(target.releases)) *
         std::exp2(target.statistical_bits / 2);
}

Result<Flooding> plan_flooding(const Parameters& params, const FloodedShape& shape,
                               const FloodingTarget& target) {
  const Result<double> factor = flooding_factor(target);
  if (!factor) return factor.error();
  if (shape.level < 0 || shape.level > params.max_level() || !positive(shape.scale) ||
      !positive(shape.noise) || !std::isfinite(shape.largest)) {
    return Error{ErrorCode::kInvalidArgument,
                 "flooding: level, scale, noise bound or largest value make no sense"};
  }
  const double root = std::sqrt(static_cast<double>(params.ring_degree()));
  const double sigma = std::ceil(*factor * (shape.scale * shape.noise + root / 2));
  std::ostringstream numbers;
  numbers << "flooding for " << target_text(target) << " takes noise of 2^" << std::log2(sigma)
          << " in each coefficient";
  if (sigma > static_cast<double>(ring::kMaxGaussianSigma)) {
    return Error{ErrorCode::kLimit, numbers.str() + "; the limit is 2^56"};
  }
  const double height =
      shape.scale * (std::abs(shape.largest) + shape.noise) + kCoefficientTail * sigma;
  if (std::log2(height) + 1 >= params.log_q(shape.level)) {
    numbers << ", with the result 2^" << std::log2(height) << "; the modulus at level "
            << shape.level << " is 2^" << params.log_q(shape.level)
            << ": release at a higher level or a smaller scale";
    return Error{ErrorCode::kLevelExhausted, numbers.str()};
  }
  const double slot = root * sigma / shape.scale;
  return Flooding{target, static_cast<std::uint64_t>(sigma), kSlotTail * slot,
                  slot / std::sqrt(2.0)};
}

Status require_accuracy(double error, double peak, double asked, const FloodingTarget& target) {
  if (error <= asked * peak) return {};
  std::ostringstream out;
  out << "result would be off by " << error / peak << " of the peak after flooding for "
      << target_text(target) << "; asked " << asked
      << ": compile with a larger scale, release fewer results, or share what the owner opens and "
         "rounds";
  return Error{ErrorCode::kLevelExhausted, out.str()};
}

Ciphertext flood(const Ciphertext& a, const Flooding& flooding, RandomStream& random) {
  const ring::BasisView basis = a.params->basis(a.level);
  std::vector<std::int64_t> noise(a.params->ring_degree());
  ring::sample_discrete_gaussian(random, flooding.sigma, noise);
  ring::Poly poly = residues(noise, basis);
  ring::to_ntt(poly, basis);
  Ciphertext out = a;
  ring::add_to(out.parts[0], poly, basis);
  secure_zero(std::as_writable_bytes(std::span(noise)));
  secure_zero(std::as_writable_bytes(poly.words()));
  return out;
}

Result<SlotFlooding> plan_slot_flooding(std::span<const double> noise,
                                        const FloodingTarget& target) {
  const Result<double> factor = flooding_factor(target);
  if (!factor) return factor.error();
  if (noise.empty() || !std::ranges::all_of(noise, positive)) {
    return Error{ErrorCode::kInvalidArgument, "flooding: a slot without a bound on its error"};
  }
  SlotFlooding out{target, std::exp2(std::floor(std::log2(std::ranges::min(noise) / 16))), 0, 0, 0};
  double squares = 0;
  for (const double bound : noise) squares += (bound / out.step + 1) * (bound / out.step + 1);
  const double sigma = std::ceil(*factor * std::sqrt(squares));
  if (sigma > static_cast<double>(ring::kMaxGaussianSigma)) {
    return Error{ErrorCode::kLimit, "flooding for " + target_text(target) + " of " +
                                        std::to_string(noise.size()) +
                                        " slots takes noise of more than 2^56 steps"};
  }
  out.sigma = static_cast<std::uint64_t>(sigma);
  out.typical = sigma * out.step;
  out.error = kRealTail * out.typical + out.step;
  return out;
}

Result<std::vector<double>> flood_slots(std::span<const double> slots, const SlotFlooding& flooding,
                                        RandomStream& random) {
  std::vector<std::int64_t> noise(slots.size());
  ring::sample_discrete_gaussian(random, flooding.sigma, noise);
  std::vector<double> out;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const double steps = slots[i] / flooding.step;
    if (!(std::abs(steps) < 0x1p61)) {
      return Error{ErrorCode::kMismatch,
                   "a decrypted value is far outside what its program can give: the result belongs "
                   "to another key or another program"};
    }
    out.push_back(flooding.step * static_cast<double>(std::llround(steps) + noise[i]));
  }
  secure_zero(std::as_writable_bytes(std::span(noise)));
  return out;
}

}  // namespace salus::ckks
