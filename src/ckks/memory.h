// How much memory operations take, before they run.
#pragma once

#include <cstddef>

#include "ckks/parameters.h"

namespace salus::ckks {

/// Bytes of polynomials: those that live longest and count. Peaks are of one operation with its
/// result, without its operands, on `threads` threads; a ciphertext that came out of a key switch
/// keeps the memory of its special limbs. Never below what is taken; on one thread at most a tenth
/// above (memory_test.cpp holds both against the counts of ring::Limbs).
///
/// Notation: L = level + 1 limbs, E = L + K with the special primes, d digits, N 8 bytes each limb.
class MemoryModel {
 public:
  MemoryModel(const Parameters& params, int threads);

  std::size_t limbs(std::size_t count) const { return count * limb_; }
  /// A ciphertext as it is encrypted, added, multiplied by a plaintext: parts L limbs.
  std::size_t ciphertext(int level, std::size_t parts = 2) const;
  /// A ciphertext out of a product or a rotation at `level`, also where it was rescaled: 2 E limbs.
  std::size_t switched(int level) const;
  /// An evaluation key, expanded: 2 d E limbs.
  std::size_t evaluation_key(int level) const;
  /// An extended plaintext: E limbs.
  std::size_t extended_plaintext(int level) const;

  std::size_t rescale(int level) const;
  std::size_t multiply(int level) const;
  std::size_t rotate(int level) const;
  /// Of `count` rotations together.
  std::size_t rotate_hoisted(int level, std::size_t count) const;
  /// Parts of what linear transforms consist of: Evaluator::rotate_extended and rotate_add.
  std::size_t rotate_extended(int level, std::size_t count) const;
  std::size_t rotate_add(int level) const;
  /// Beside the polynomials that are divided by P.
  std::size_t division(int level, std::size_t polynomials) const;

 private:
  std::size_t extended(int level) const { return params_.extended_basis(level).size(); }
  std::size_t digits(int level) const;
  std::size_t decomposition(int level, bool own) const;
  std::size_t sums(int level, std::size_t count, std::size_t addends) const;
  std::size_t workers(std::size_t blocks) const;

  const Parameters& params_;
  std::size_t threads_;
  std::size_t limb_;
};

}  // namespace salus::ckks
