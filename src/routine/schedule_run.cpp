#include <cmath>
#include <string>

#include "base/parallel.h"
#include "ckks/encoder.h"
#include "routine/schedule.h"

namespace salus::routine {
namespace {

using ckks::Ciphertext;
using kernel::ConstWords;

// k x at the level of `basis`, k an integer: exact.
Ciphertext multiple(const Ciphertext& x, double k, ring::BasisView basis) {
  std::vector<std::uint64_t> residues;
  for (const auto& tables : basis) residues.push_back(ckks::residue_of(k, tables->modulus()));
  Ciphertext out = x;
  for (ring::Poly& part : out.parts) {
    part.truncate(basis.size());
    ring::multiply_by_residues(part, residues, basis);
  }
  return out;
}

// One limb of the three parts of sum_i a_i b_i, each reduced once but the middle one twice.
void form_products(std::span<const Ciphertext* const> a, std::span<const Ciphertext* const> b,
                   std::size_t j, const arith::Modulus& q, Ciphertext& sum) {
  std::vector<ConstWords> left(a.size());
  std::vector<ConstWords> right[2];
  for (std::size_t part = 0; part < 2; ++part) {
    for (const Ciphertext* factor : b) right[part].push_back(factor->parts[part].limb(j));
  }
  const auto form = [&](std::size_t part, kernel::Words low, kernel::Words high) {
    for (std::size_t i = 0; i < a.size(); ++i) left[i] = a[i]->parts[part].limb(j);
    kernel::active().inner_products({left, {}, right[0], right[1], low, high}, q);
  };
  const kernel::Words middle = sum.parts[1].limb(j);
  ring::Poly other = ring::Poly::uninitialized(middle.size(), 1, ring::Form::kNtt);
  form(0, sum.parts[0].limb(j), middle);
  form(1, other.limb(0), sum.parts[2].limb(j));
  kernel::active().add(middle, other.limb(0), middle, q);
}

}  // namespace

Status Schedule::require_input(const Ciphertext& given, const Value& declared) const {
  if (!given.params || given.params->hash() != params_->hash()) {
    return Error{ErrorCode::kMismatch, "input of other parameters than the plan"};
  }
  if (given.level < declared.level || given.parts.size() != 2) {
    return Error{ErrorCode::kMismatch, "input of " + std::to_string(given.parts.size()) +
                                           " parts at level " + std::to_string(given.level) +
                                           ", the plan takes 2 parts at level " +
                                           std::to_string(declared.level) + " or above"};
  }
  return require_scale("plan", given.scale, declared.scale);
}

Ciphertext Schedule::form(const Sum& sum, std::span<const Ciphertext* const> values) const {
  const ring::BasisView basis = params_->basis(sum.level);
  Ciphertext out{params_, sum.level, sum.scale, {}};
  for (std::size_t part = 0; part < (sum.products.empty() ? 2 : 3); ++part) {
    out.parts.push_back(
        ring::Poly::uninitialized(params_->ring_degree(), basis.size(), ring::Form::kNtt));
  }
  std::vector<const Ciphertext*> a;
  std::vector<const Ciphertext*> b;
  std::vector<Ciphertext> multiples;
  multiples.reserve(sum.products.size());
  for (const Sum::Product& product : sum.products) {
    a.push_back(values[static_cast<std::size_t>(product.a)]);
    b.push_back(values[static_cast<std::size_t>(product.b)]);
    const double f = std::round(factor(sum, product));
    if (f != 1) a.back() = &multiples.emplace_back(multiple(*a.back(), f, basis));
  }

  parallel_for(basis.size(), [&](std::size_t j) {
    const arith::Modulus& q = basis[j]->modulus();
    if (!a.empty()) form_products(a, b, j, q, out);
    bool first = a.empty();
    for (const auto& [x, coefficient] : sum.terms) {
      const double scalar = coefficient * (sum.scale / at(x).scale);
      const arith::Factor w(ckks::residue_of(scalar, q), q);
      const auto accumulate =
          first ? kernel::active().multiply_scalar : kernel::active().multiply_scalar_add;
      for (std::size_t part = 0; part < 2; ++part) {
        accumulate(values[static_cast<std::size_t>(x)]->parts[part].limb(j), w,
                   out.parts[part].limb(j), q);
      }
      first = false;
    }
    if (sum.constant != 0) {
      const std::uint64_t constant = ckks::residue_of(sum.constant * sum.scale, q);
      kernel::active().add_scalar(out.parts[0].limb(j), constant, out.parts[0].limb(j), q);
    }
  });
  return out;
}

Result<Ciphertext> Schedule::compute(const ckks::Evaluator& evaluator, const Sum& sum,
                                     std::span<const Ciphertext* const> values,
                                     OperationCounts& done) const {
  done.products += static_cast<int>(sum.products.size());
  done.scalar_products += static_cast<int>(sum.terms.size());
  done.rescales += sum.rescale ? 1 : 0;
  Ciphertext out = form(sum, values);
  if (sum.products.empty()) return sum.rescale ? evaluator.rescale(out) : out;
  ++done.relinearizations;
  return sum.rescale ? evaluator.relinearize_rescale(out) : evaluator.relinearize(out);
}

std::vector<int> Schedule::last_uses(std::span<const int> outputs) const {
  std::vector<int> out(values_.size(), -1);
  for (int v = 0; v < static_cast<int>(values_.size()); ++v) {
    if (!at(v).sum) continue;
    for (const auto& [a, b] : at(v).sum->products) {
      out[static_cast<std::size_t>(a)] = v;
      out[static_cast<std::size_t>(b)] = v;
    }
    for (const auto& term : at(v).sum->terms) out[static_cast<std::size_t>(term.x)] = v;
  }
  for (const int output : outputs) {
    out[static_cast<std::size_t>(output)] = static_cast<int>(values_.size());
  }
  return out;
}

Result<std::vector<Ciphertext>> Schedule::run(const ckks::Evaluator& evaluator,
                                              std::span<const Ciphertext> inputs,
                                              std::span<const int> outputs,
                                              OperationCounts* done) const {
  OperationCounts counts;
  const std::vector<int> last_use = last_uses(outputs);
  std::vector<Ciphertext> made(values_.size());
  std::vector<const Ciphertext*> values;
  std::size_t next_input = 0;
  for (std::size_t v = 0; v < values_.size(); ++v) {
    if (values_[v].sum) {
      Result<Ciphertext> out = compute(evaluator, *values_[v].sum, values, counts);
      if (!out) return out.error();
      made[v] = std::move(*out);
      values.push_back(&made[v]);
    } else {
      if (next_input == inputs.size()) {
        return Error{ErrorCode::kInvalidArgument,
                     "the plan takes more than " + std::to_string(inputs.size()) + " inputs"};
      }
      values.push_back(&inputs[next_input++]);
      if (const Status ok = require_input(*values.back(), values_[v]); !ok) return ok.error();
    }
    for (std::size_t earlier = 0; earlier < v; ++earlier) {
      if (last_use[earlier] == static_cast<int>(v)) made[earlier] = Ciphertext{};
    }
  }
  if (done != nullptr) *done += counts;
  std::vector<Ciphertext> out;
  for (const int output : outputs) out.push_back(*values[static_cast<std::size_t>(output)]);
  return out;
}

}  // namespace salus::routine
