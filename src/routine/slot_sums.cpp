#include "routine/slot_sums.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

using ckks::Ciphertext;

Status require_block(const SlotBlock& block, std::size_t slots) {
  const auto fits = [slots](const SlotBlock& b) {
    return b.count >= 1 && b.stride >= 1 && std::has_single_bit(static_cast<unsigned>(b.count)) &&
           static_cast<std::size_t>(b.stride) <= slots / static_cast<std::size_t>(b.count);
  };
  if (fits(block)) return {};
  return Error{
      ErrorCode::kInvalidArgument,
      "block of " + std::to_string(block.count) + " slots " + std::to_string(block.stride) +
          " apart: the count is a power of two, the product at most " + std::to_string(slots)};
}

// y += rotate(y, steps) for each.
Result<Ciphertext> sum_of_rotations(const ckks::Evaluator& evaluator, const Ciphertext& x,
                                    const SlotBlock& block,
                                    std::vector<int> (*rotations)(const SlotBlock&),
                                    OperationCounts* done) {
  const Status ok = require_block(block, evaluator.params()->slot_count());
  if (!ok) return ok.error();
  Ciphertext sum = x;
  for (const int steps : rotations(block)) {
    const Result<Ciphertext> turned = evaluator.rotate(sum, steps);
    if (!turned) return turned.error();
    Result<Ciphertext> next = evaluator.add(sum, *turned);
    if (!next) return next.error();
    sum = std::move(*next);
    if (done != nullptr) ++done->rotations;
  }
  return sum;
}

}  // namespace

std::vector<int> inner_sum_rotations(const SlotBlock& block) {
  std::vector<int> out;
  for (int k = 1; k <= block.count / 2; k *= 2) out.push_back(k * block.stride);
  return out;
}

std::vector<int> replicate_rotations(const SlotBlock& block) {
  std::vector<int> out = inner_sum_rotations(block);
  for (int& steps : out) steps = -steps;
  return out;
}

Result<Ciphertext> inner_sum(const ckks::Evaluator& evaluator, const Ciphertext& x,
                             const SlotBlock& block, OperationCounts* done) {
  return sum_of_rotations(evaluator, x, block, inner_sum_rotations, done);
}

Result<Ciphertext> replicate(const ckks::Evaluator& evaluator, const Ciphertext& x,
                             const SlotBlock& block, OperationCounts* done) {
  return sum_of_rotations(evaluator, x, block, replicate_rotations, done);
}

double slot_sum_error(const SlotBlock& block, const NoiseModel& noise, int level, double scale,
                      double input_error) {
  return block.count * input_error + (block.count - 1) * noise.key_switch(level, scale);
}

Result<Mask> Mask::create(const ckks::Encoder& encoder, const ckks::Parameters& params,
                          std::span<const double> values, const Placement& at) {
  if (const Status ok = require_placement("mask", params, at); !ok) return ok.error();
  if (const Status ok = require_levels("mask", 1, at.level); !ok) return ok.error();
  const double prime = static_cast<double>(params.q(at.level).value());
  Result<ckks::Plaintext> plain =
      encoder.encode(values, at.level, at.result_scale * prime / at.scale);
  if (!plain) return plain.error();
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return Mask(std::move(*plain), largest, at);
}

Result<Ciphertext> Mask::apply(const ckks::Evaluator& evaluator, const Ciphertext& x,
                               OperationCounts* done) const {
  if (const Status ok = require_scale("mask", x.scale, at_.scale); !ok) return ok.error();
  const Result<Ciphertext> product = evaluator.multiply_plain(x, values_);
  if (!product) return product.error();
  if (done != nullptr) {
    ++done->plain_products;
    ++done->rescales;
  }
  return evaluator.rescale(*product);
}

double Mask::error_bound(const NoiseModel& noise, double bound, double input_error) const {
  return largest_ * input_error + (bound + input_error) * noise.encoding(values_.scale) +
         noise.rescale(at_.result_scale);
}

}  // namespace salus::routine
