// Sums over blocks of slots, copies of a slot over its block, and masks.
#pragma once

#include "ckks/encoder.h"
#include "routine/schedule.h"

namespace salus::routine {

/// `count` slots, a power of two, `stride` apart.
struct SlotBlock {
  int count = 1;
  int stride = 1;
};

/// The rotations that inner_sum takes, and those of replicate: log2(count) each.
std::vector<int> inner_sum_rotations(const SlotBlock& block);
std::vector<int> replicate_rotations(const SlotBlock& block);

/// y[i] = sum_{j < count} x[i + j stride], indices modulo the slots: y += rotate(y, stride 2^k), k
/// = 0 .. log2(count) - 1. The first slot of every block holds its sum; the others hold sums that
/// reach into the next block: mask them before the result is given to anybody. Where a block is all
/// slots, every slot holds the sum. Level and scale stay. Cost: log2(count) rotations. Error: count
/// e_x + (count - 1) key switches. Errors: kInvalidArgument (block), kMissingKey.
Result<ckks::Ciphertext> inner_sum(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x,
                                   const SlotBlock& block, OperationCounts* done = nullptr);

/// y[i] = sum_{j < count} x[i - j stride]: copies the first slot of every block over the block,
/// where the others are zero. Cost and errors: those of inner_sum.
Result<ckks::Ciphertext> replicate(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x,
                                   const SlotBlock& block, OperationCounts* done = nullptr);

/// Of inner_sum and replicate.
double slot_sum_error(const SlotBlock& block, const NoiseModel& noise, int level, double scale,
                      double input_error);

/// Slots times a public vector, zeros and ones or any others, encoded once.
class Mask {
 public:
  /// `values` beyond the given ones are zero; `at` is where the ciphertext comes from.
  /// Errors: kInvalidArgument (placement, those of Encoder::encode), kLevelExhausted.
  static Result<Mask> create(const ckks::Encoder& encoder, const ckks::Parameters& params,
                             std::span<const double> values, const Placement& at);

  /// values * x, rescaled: one level lower, at exactly the result scale planned. Cost: one
  /// plaintext product, one rescale. Errors: kMismatch, kScaleMismatch.
  Result<ckks::Ciphertext> apply(const ckks::Evaluator& evaluator, const ckks::Ciphertext& x,
                                 OperationCounts* done = nullptr) const;

  /// For |x| <= bound: largest |value| e_x + (bound + e_x) rounding of the values + rescale.
  double error_bound(const NoiseModel& noise, double bound, double input_error) const;

 private:
  Mask(ckks::Plaintext values, double largest, const Placement& at)
      : values_(std::move(values)), largest_(largest), at_(at) {}
  ckks::Plaintext values_;
  double largest_;
  Placement at_;
};

}  // namespace salus::routine
