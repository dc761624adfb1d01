// Many linear combinations of many ciphertexts at once.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/parallel.h"
#include "ckks/evaluator.h"

namespace salus::ckks {
namespace {

// Words of a limb at a time, so that what several groups of terms add to stays in the cache.
constexpr std::size_t kPiece = 4096;
// A weight is an integer before it is a residue.
constexpr double kMaxWeight = 0x1p62;

// Integers of one row, and whether they fit.
Status round_row(std::span<const Ciphertext* const> z, std::span<const double> weights,
                 double scale, std::span<std::int64_t> out) {
  for (std::size_t k = 0; k < z.size(); ++k) {
    const double w = weights[k] * (scale / z[k]->scale);
    if (!std::isfinite(w)) {
      return Error{ErrorCode::kInvalidArgument,
                   "weighted sums: weight " + std::to_string(k) + " is not a finite number"};
    }
    if (std::abs(w) >= kMaxWeight) {
      return Error{ErrorCode::kLevelExhausted,
                   "weighted sums: weight " + std::to_string(k) + " has 2^" +
                       std::to_string(std::log2(std::abs(w))) + " at its scale; at most 2^62"};
    }
    out[k] = std::llround(w);
  }
  return {};
}

// One limb of one part of all sums.
class LimbSums {
 public:
  LimbSums(std::span<const Ciphertext* const> z, std::span<const std::int64_t> weights,
           std::size_t part, std::size_t limb, const arith::Modulus& q)
      : q_(q) {
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (z[k]->parts.size() > part) {
        sources_.push_back(z[k]->parts[part].limb(limb));
        used_.push_back(k);
      }
    }
    const std::size_t rows = weights.size() / z.size();
    for (std::size_t row = 0; row < rows; ++row) {
      for (const std::size_t k : used_) {
        const std::int64_t w = weights[row * z.size() + k];
        const std::uint64_t size = q.reduce(static_cast<std::uint64_t>(w < 0 ? -w : w));
        residues_.push_back(w < 0 && size != 0 ? q.value() - size : size);
      }
    }
  }

  void run(std::vector<Ciphertext>& sums, std::size_t part, std::size_t limb) {
    const std::size_t n = sums[0].parts[part].limb(limb).size();
    for (std::size_t begin = 0; begin < n; begin += kPiece) {
      const std::size_t size = std::min(kPiece, n - begin);
      std::vector<kernel::Words> out;
      for (Ciphertext& sum : sums) out.push_back(sum.parts[part].limb(limb).subspan(begin, size));
      piece(begin, size, out);
    }
  }

 private:
  void piece(std::size_t begin, std::size_t size, std::span<const kernel::Words> out) {
    if (out.size() * size > more_.size()) more_.resize(out.size() * size);
    for (std::size_t first = 0; first < sources_.size(); first += kernel::kMaxTerms) {
      const std::size_t terms = std::min(kernel::kMaxTerms, sources_.size() - first);
      std::vector<kernel::ConstWords> a;
      for (std::size_t k = first; k < first + terms; ++k)
        a.push_back(sources_[k].subspan(begin, size));
      std::vector<kernel::WeightedTarget> targets;
      for (std::size_t row = 0; row < out.size(); ++row) {
        const auto w =
            std::span<const std::uint64_t>(residues_).subspan(row * sources_.size() + first, terms);
        const kernel::Words to =
            first == 0 ? out[row] : kernel::Words(more_).subspan(row * size, size);
        targets.push_back({w, to, &q_});
      }
      kernel::active().weighted_sums(a, q_.value(), targets);
      if (first == 0) continue;
      for (std::size_t row = 0; row < out.size(); ++row)
        kernel::active().add(out[row], targets[row].out, out[row], q_);
    }
  }

  const arith::Modulus& q_;
  std::vector<kernel::ConstWords> sources_;
  std::vector<std::size_t> used_;
  std::vector<std::uint64_t> residues_;  // rows x sources
  std::vector<std::uint64_t> more_;
};

}  // namespace

Status Evaluator::require_operands(std::span<const Ciphertext* const> z, int level) const {
  for (const Ciphertext* each : z) {
    if (Status ok = require(*each); !ok) return ok;
    if (level < 0 || each->level < level) {
      return Error{ErrorCode::kMismatch, "weighted sums at level " + std::to_string(level) +
                                             " of a ciphertext at level " +
                                             std::to_string(each->level)};
    }
  }
  return {};
}

Result<std::vector<Ciphertext>> Evaluator::weighted_sums(std::span<const Ciphertext* const> z,
                                                         std::span<const double> weights, int level,
                                                         double scale) const {
  if (z.empty() || weights.empty() || weights.size() % z.size() != 0) {
    return Error{ErrorCode::kInvalidArgument, "weighted sums of " + std::to_string(z.size()) +
                                                  " ciphertexts with " +
                                                  std::to_string(weights.size()) + " weights"};
  }
  if (Status ok = require_operands(z, level); !ok) return ok.error();
  if (!(std::log2(scale) < params()->log_q(level) - 1)) {
    return Error{ErrorCode::kLevelExhausted,
                 "weighted sums at scale 2^" + std::to_string(std::log2(scale)) +
                     " do not fit the modulus at level " + std::to_string(level)};
  }
  const std::size_t rows = weights.size() / z.size();
  std::vector<std::int64_t> integers(weights.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const Status fine = round_row(z, weights.subspan(row * z.size(), z.size()), scale,
                                  std::span(integers).subspan(row * z.size(), z.size()));
    if (!fine) return fine.error();
  }
  std::size_t parts = 0;
  for (const Ciphertext* each : z) parts = std::max(parts, each->parts.size());
  const ring::BasisView basis = params()->basis(level);
  std::vector<Ciphertext> sums(rows, {params(), level, scale, {}});
  for (Ciphertext& sum : sums) {
    for (std::size_t part = 0; part < parts; ++part) {
      sum.parts.push_back(
          ring::Poly::uninitialized(params()->ring_degree(), basis.size(), ring::Form::kNtt));
    }
  }
  parallel_for(parts * basis.size(), [&](std::size_t task) {
    const std::size_t part = task / basis.size(), limb = task % basis.size();
    LimbSums(z, integers, part, limb, basis[limb]->modulus()).run(sums, part, limb);
  });
  return sums;
}

}  // namespace salus::ckks
