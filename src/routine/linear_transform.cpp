#include "routine/linear_transform.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string>

namespace salus::routine {
namespace {

// How far apart the parts are: room for all rows each, or side by side where rows <= D.
std::size_t part_stride(const LinearShape& shape, std::size_t slots) {
  const std::size_t c = std::bit_ceil(shape.columns);
  const auto fold = static_cast<std::size_t>(shape.fold);
  const std::size_t diagonals = c / fold, part = slots / fold;
  const bool spread = c <= part && shape.rows + (fold - 1) * diagonals <= part;
  return spread ? part + diagonals : diagonals;
}

Status require_shape(const LinearShape& shape, std::size_t slots, std::size_t values) {
  const auto bad = [](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "linear transform: " + why};
  };
  if (shape.rows == 0 || shape.columns == 0 || values != shape.rows * shape.columns) {
    return bad(std::to_string(values) + " entries for " + std::to_string(shape.rows) + " x " +
               std::to_string(shape.columns));
  }
  const std::size_t c = std::bit_ceil(shape.columns);
  const auto fold = static_cast<std::size_t>(shape.fold);
  const auto baby = static_cast<std::size_t>(shape.baby);
  if (shape.fold < 1 || shape.baby < 1 || !std::has_single_bit(fold) ||
      !std::has_single_bit(baby) || fold > c || baby > c / fold) {
    return bad("fold " + std::to_string(shape.fold) + " and baby " + std::to_string(shape.baby) +
               " are not powers of two that divide " + std::to_string(c) + " columns");
  }
  const std::size_t delta = part_stride(shape, slots);
  const bool side_by_side = fold > 1 && delta == c / fold;
  if (c > slots || shape.rows > slots || (side_by_side && shape.rows > delta)) {
    return bad(std::to_string(shape.rows) + " rows and " + std::to_string(c) + " columns in " +
               std::to_string(shape.fold) + " parts do not fit " + std::to_string(slots) +
               " slots");
  }
  return {};
}

}  // namespace

LinearTransform::LinearTransform(const LinearShape& shape, std::size_t slots)
    : shape_(shape), slots_(slots) {}

Result<LinearTransform> LinearTransform::create(const ckks::Encoder& encoder,
                                                const ckks::Parameters& params,
                                                const LinearShape& shape,
                                                std::span<const double> matrix, int level,
                                                double scale) {
  const std::size_t slots = params.slot_count();
  if (const Status ok = require_shape(shape, slots, matrix.size()); !ok) return ok.error();
  const std::size_t c = std::bit_ceil(shape.columns);
  const auto fold = static_cast<std::size_t>(shape.fold);
  const std::size_t diagonal_count = c / fold;
  const std::size_t delta = part_stride(shape, slots);

  LinearTransform out(shape, slots);
  for (std::size_t d = 0; d < diagonal_count; ++d) {
    const std::size_t giant = d - d % static_cast<std::size_t>(shape.baby);
    std::vector<double> values(slots, 0.0);
    for (std::size_t f = 0; f < fold; ++f) {
      for (std::size_t r = 0; r < shape.rows; ++r) {
        const std::size_t column = (r + f * diagonal_count + d) % c;
        if (column < shape.columns) {
          values[(f * delta + r + giant) % slots] = matrix[r * shape.columns + column];
        }
      }
    }
    Result<ckks::ExtendedPlaintext> plain = encoder.encode_extended(values, level, scale);
    if (!plain) return plain.error();
    out.diagonals_.push_back(std::move(*plain));
  }
  return out;
}

Result<ckks::ExtendedCiphertext> LinearTransform::sum(const ckks::Evaluator& evaluator,
                                                      const ckks::Ciphertext& x) const {
  const auto baby = static_cast<std::size_t>(shape_.baby);
  std::vector<int> steps(baby);
  std::iota(steps.begin(), steps.end(), 0);
  Result<std::vector<ckks::ExtendedCiphertext>> rotated = evaluator.rotate_extended(x, steps);
  if (!rotated) return rotated.error();
  Result<std::vector<ckks::ExtendedCiphertext>> parts =
      evaluator.inner_products(*rotated, diagonals_);
  if (!parts) return parts.error();
  rotated->clear();
  Result<ckks::ExtendedCiphertext> acc = std::move((*parts)[0]);
  for (std::size_t i = 1; acc && i < parts->size(); ++i)
    acc = evaluator.rotate_add(std::move((*parts)[i]), static_cast<int>(i * baby), *acc);
  const auto fold = static_cast<std::size_t>(shape_.fold);
  const std::size_t delta = part_stride(shape_, slots_);
  for (std::size_t k = 1; acc && k < fold; k *= 2)
    acc = evaluator.rotate_add(*acc, static_cast<int>(delta * k % slots_), *acc);
  return acc;
}

Result<ckks::Ciphertext> LinearTransform::apply(const ckks::Evaluator& evaluator,
                                                const ckks::Ciphertext& x) const {
  Result<ckks::ExtendedCiphertext> out = sum(evaluator, x);
  if (!out) return out.error();
  return evaluator.reduce(std::move(*out));
}

Result<ckks::Ciphertext> LinearTransform::apply_rescale(const ckks::Evaluator& evaluator,
                                                        const ckks::Ciphertext& x,
                                                        int primes) const {
  Result<ckks::ExtendedCiphertext> out = sum(evaluator, x);
  if (!out) return out.error();
  return evaluator.reduce_rescale(std::move(*out), primes);
}

std::size_t LinearTransform::peak_bytes(const ckks::MemoryModel& memory, const LinearShape& shape,
                                        int level) {
  const std::size_t extended = memory.switched(level);
  const auto baby = static_cast<std::size_t>(shape.baby);
  const std::size_t diagonals = std::bit_ceil(shape.columns) / static_cast<std::size_t>(shape.fold);
  const std::size_t giants = diagonals / baby;
  std::size_t peak = (baby + giants) * extended;
  if (baby > 1) peak = std::max(peak, memory.rotate_extended(level, baby - 1));
  if (giants > 1 || shape.fold > 1)
    peak = std::max(peak, giants * extended + memory.rotate_add(level));
  // A fold reads a copy of what it adds to.
  if (shape.fold > 1) peak = std::max(peak, (giants + 1) * extended + memory.rotate_add(level));
  return peak;
}

std::size_t LinearTransform::byte_count() const {
  std::size_t sum = 0;
  for (const ckks::ExtendedPlaintext& plain : diagonals_) sum += plain.poly.words().size_bytes();
  return sum;
}

}  // namespace salus::routine
