#include "ckks/memory.h"

#include <algorithm>

namespace salus::ckks {

using ring::Blocks;

MemoryModel::MemoryModel(const Parameters& params, int threads)
    : params_(params),
      threads_(static_cast<std::size_t>(std::max(threads, 1))),
      limb_(params.ring_degree() * sizeof(std::uint64_t)) {}

std::size_t MemoryModel::ciphertext(int level, std::size_t parts) const {
  return limbs(parts * (static_cast<std::size_t>(level) + 1));
}

std::size_t MemoryModel::switched(int level) const { return limbs(2 * extended(level)); }

std::size_t MemoryModel::digits(int level) const {
  return params_.key_switch_plan(level).digits.size();
}

std::size_t MemoryModel::evaluation_key(int level) const {
  return limbs(2 * digits(level) * extended(level));
}

std::size_t MemoryModel::extended_plaintext(int level) const { return limbs(extended(level)); }

std::size_t MemoryModel::workers(std::size_t blocks) const { return std::min(threads_, blocks); }

std::size_t MemoryModel::rescale(int level) const {
  const auto last = static_cast<std::size_t>(level);
  return ciphertext(level - 1) + limbs(1 + workers(last));
}

// Coefficients and numbers of multiples; the polynomial itself where it is computed on the way.
std::size_t MemoryModel::decomposition(int level, bool own) const {
  const std::size_t count = static_cast<std::size_t>(level) + 1;
  return limbs((own ? 2 : 1) * count + digits(level));
}

// `count` pairs of sums; each worker raises a block of all digits and has `addends` limbs of its
// own.
std::size_t MemoryModel::sums(int level, std::size_t count, std::size_t addends) const {
  const std::size_t size = extended(level);
  const Blocks blocks(size, params_.alpha() == 1 ? 1 : Blocks::kLimbsAtOnce, threads_);
  const std::size_t largest = (size + blocks.count() - 1) / blocks.count();
  return limbs(2 * size * count + workers(blocks.count()) * (digits(level) * largest + addends));
}

std::size_t MemoryModel::division(int level, std::size_t polynomials) const {
  const std::size_t size = static_cast<std::size_t>(level) + 1;
  const Blocks blocks(size, Blocks::kLimbsAtOnce, threads_);
  const std::size_t largest = (size + blocks.count() - 1) / blocks.count();
  return limbs(polynomials + workers(polynomials * blocks.count()) * largest);
}

std::size_t MemoryModel::multiply(int level) const {
  const std::size_t result = switched(level);
  return decomposition(level, true) + std::max(sums(level, 1, 2), result + division(level, 2));
}

std::size_t MemoryModel::rotate(int level) const {
  return decomposition(level, true) +
         std::max(sums(level, 1, 0), switched(level) + division(level, 2));
}

std::size_t MemoryModel::rotate_hoisted(int level, std::size_t count) const {
  return decomposition(level, false) +
         std::max(sums(level, count, 0), count * switched(level) + division(level, 2));
}

std::size_t MemoryModel::rotate_extended(int level, std::size_t count) const {
  return decomposition(level, false) + sums(level, count, 0);
}

std::size_t MemoryModel::rotate_add(int level) const {
  return std::max(division(level, 1), decomposition(level, true) + sums(level, 1, 1));
}

}  // namespace salus::ckks
