#include "ckks/evaluator.h"

#include <cmath>
#include <string>

#include "ckks/encoder.h"

namespace salus::ckks {
namespace {

bool equal_scales(double a, double b) { return std::abs(a - b) <= kScaleTolerance * std::abs(b); }

std::string log2_text(double x) { return "2^" + std::to_string(std::log2(x)); }

Error level_mismatch(int a, int b) {
  return {ErrorCode::kMismatch, "operands at levels " + std::to_string(a) + " and " +
                                    std::to_string(b) + "; drop_level the higher one first"};
}

Error scale_mismatch(double a, double b) {
  return {ErrorCode::kScaleMismatch, "operands at scales " + log2_text(a) + " and " + log2_text(b)};
}

// The product's scale must leave room for values below one in absolute value.
Status require_room(const Parameters& params, int level, double scale) {
  if (std::log2(scale) < params.log_q(level) - 1) return {};
  return Error{ErrorCode::kLevelExhausted,
               "a product at scale " + log2_text(scale) + " does not fit the modulus of " +
                   std::to_string(params.log_q(level)) + " bits at level " + std::to_string(level)};
}

// |x| < Q / 2, for an encoded scalar x.
Status require_fits(const Parameters& params, int level, double x) {
  if (x == 0 || std::log2(std::abs(x)) < params.log_q(level) - 1) return {};
  return Error{ErrorCode::kLevelExhausted, "a scalar of " + log2_text(std::abs(x)) +
                                               " at its scale does not fit the modulus of " +
                                               std::to_string(params.log_q(level)) +
                                               " bits at level " + std::to_string(level)};
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const EvaluationKeys> keys) : keys_(std::move(keys)) {
  check(keys_ != nullptr && keys_->params != nullptr, "evaluator without parameters");
}

Status Evaluator::require(const Ciphertext& a) const {
  if (same_parameters(a.params, params())) return {};
  return Error{ErrorCode::kMismatch,
               "ciphertext of parameters " +
                   (a.params ? a.params->hash().hex().substr(0, 16) : "none") +
                   ", evaluation keys of " + params()->hash().hex().substr(0, 16)};
}

Status Evaluator::require_pair(const Ciphertext& a, const Ciphertext& b, bool scales) const {
  if (Status ok = require(a); !ok) return ok;
  if (Status ok = require(b); !ok) return ok;
  if (a.level != b.level) return level_mismatch(a.level, b.level);
  if (scales && !equal_scales(a.scale, b.scale)) return scale_mismatch(a.scale, b.scale);
  return {};
}

Status Evaluator::require_plain(const Ciphertext& a, const Plaintext& p, bool scales) const {
  if (Status ok = require(a); !ok) return ok;
  if (!same_parameters(p.params, params())) {
    return Error{ErrorCode::kMismatch, "plaintext of other parameters than the evaluation keys"};
  }
  if (a.level != p.level) return level_mismatch(a.level, p.level);
  if (scales && !equal_scales(a.scale, p.scale)) return scale_mismatch(a.scale, p.scale);
  return {};
}

Result<Ciphertext> Evaluator::add(const Ciphertext& a, const Ciphertext& b) const {
  if (const Status ok = require_pair(a, b, true); !ok) return ok.error();
  Ciphertext sum = a.parts.size() >= b.parts.size() ? a : b;
  const Ciphertext& other = a.parts.size() >= b.parts.size() ? b : a;
  sum.scale = a.scale;
  for (std::size_t i = 0; i < other.parts.size(); ++i) {
    ring::add_to(sum.parts[i], other.parts[i], params()->basis(a.level));
  }
  return sum;
}

Result<Ciphertext> Evaluator::subtract(const Ciphertext& a, const Ciphertext& b) const {
  const Result<Ciphertext> minus_b = negate(b);
  if (!minus_b) return minus_b.error();
  return add(a, *minus_b);
}

Result<Ciphertext> Evaluator::negate(const Ciphertext& a) const {
  if (const Status ok = require(a); !ok) return ok.error();
  Ciphertext out = a;
  for (ring::Poly& part : out.parts) part = ring::negate(part, params()->basis(a.level));
  return out;
}

Result<Ciphertext> Evaluator::add_plain(const Ciphertext& a, const Plaintext& p) const {
  if (const Status ok = require_plain(a, p, true); !ok) return ok.error();
  Ciphertext out = a;
  ring::add_to(out.parts[0], p.poly, params()->basis(a.level));
  return out;
}

Result<Ciphertext> Evaluator::subtract_plain(const Ciphertext& a, const Plaintext& p) const {
  if (const Status ok = require_plain(a, p, true); !ok) return ok.error();
  Ciphertext out = a;
  ring::subtract_from(out.parts[0], p.poly, params()->basis(a.level));
  return out;
}

Result<Ciphertext> Evaluator::multiply_plain(const Ciphertext& a, const Plaintext& p) const {
  if (const Status ok = require_plain(a, p, false); !ok) return ok.error();
  if (const Status room = require_room(*params(), a.level, a.scale * p.scale); !room)
    return room.error();
  Ciphertext out{a.params, a.level, a.scale * p.scale, {}};
  for (const ring::Poly& part : a.parts) {
    out.parts.push_back(ring::multiply(part, p.poly, params()->basis(a.level)));
  }
  return out;
}

void Evaluator::multiply_plain_add(const Ciphertext& a, const Plaintext& p, Ciphertext& sum) const {
  check(a.level == p.level && a.level == sum.level && a.parts.size() == sum.parts.size(),
        "multiply_plain_add: shapes differ");
  for (std::size_t i = 0; i < a.parts.size(); ++i) {
    ring::multiply_add(a.parts[i], p.poly, sum.parts[i], params()->basis(a.level));
  }
}

Result<Ciphertext> Evaluator::add_scalar(const Ciphertext& a, double x) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (!std::isfinite(x))
    return Error{ErrorCode::kInvalidArgument, "add_scalar: not a finite number"};
  if (const Status fits = require_fits(*params(), a.level, x * a.scale); !fits) return fits.error();
  const ring::BasisView basis = params()->basis(a.level);
  Ciphertext out = a;
  // A constant polynomial has the same value at every root.
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const arith::Modulus& q = basis[j]->modulus();
    const std::uint64_t w = residue_of(x * a.scale, q);
    for (std::uint64_t& word : out.parts[0].limb(j)) word = q.add(word, w);
  }
  return out;
}

Result<Ciphertext> Evaluator::multiply_scalar(const Ciphertext& a, double x, double scale) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (!std::isfinite(x) || !std::isfinite(scale) || !(scale > 0)) {
    return Error{ErrorCode::kInvalidArgument, "multiply_scalar: not a finite number or scale <= 0"};
  }
  if (const Status room = require_room(*params(), a.level, a.scale * scale); !room)
    return room.error();
  if (const Status fits = require_fits(*params(), a.level, x * scale); !fits) return fits.error();
  std::vector<std::uint64_t> residues;
  for (const auto& tables : params()->basis(a.level)) {
    residues.push_back(residue_of(x * scale, tables->modulus()));
  }
  Ciphertext out = a;
  out.scale = a.scale * scale;
  for (ring::Poly& part : out.parts) {
    ring::multiply_by_residues(part, residues, params()->basis(a.level));
  }
  return out;
}

Result<Ciphertext> Evaluator::multiply_unrelinearized(const Ciphertext& a,
                                                      const Ciphertext& b) const {
  if (const Status ok = require_pair(a, b, false); !ok) return ok.error();
  if (a.parts.size() != 2 || b.parts.size() != 2) {
    return Error{ErrorCode::kInvalidArgument, "multiply: relinearize the operands first"};
  }
  const double scale = a.scale * b.scale;
  if (const Status room = require_room(*params(), a.level, scale); !room) return room.error();

  // (x0 + x1 s)(y0 + y1 s) = x0 y0 + (x0 y1 + x1 y0) s + x1 y1 s^2, limb by limb in NTT form.
  const ring::BasisView basis = params()->basis(a.level);
  const kernel::KernelTable& kernels = kernel::active();
  Ciphertext product{a.params, a.level, scale, {}};
  for (int part = 0; part < 3; ++part) {
    product.parts.push_back(
        ring::Poly::uninitialized(params()->ring_degree(), basis.size(), ring::Form::kNtt));
  }
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const arith::Modulus& q = basis[j]->modulus();
    const kernel::ConstWords x0 = a.parts[0].limb(j);
    const kernel::ConstWords x1 = a.parts[1].limb(j);
    const kernel::ConstWords y0 = b.parts[0].limb(j);
    const kernel::ConstWords y1 = b.parts[1].limb(j);
    kernels.multiply(x0, y0, product.parts[0].limb(j), q);
    kernels.multiply(x0, y1, product.parts[1].limb(j), q);
    kernels.multiply_add(x1, y0, product.parts[1].limb(j), q);
    kernels.multiply(x1, y1, product.parts[2].limb(j), q);
  }
  return product;
}

Status Evaluator::require_relinearization(int level) const {
  if (keys_->relinearization && keys_->relinearization->level >= level) return {};
  return Error{ErrorCode::kMissingKey,
               "no relinearization key for level " + std::to_string(level) + "; it would take " +
                   std::to_string(KeySwitchKey::byte_count(*params(), level, true)) + " bytes"};
}

Result<Ciphertext> Evaluator::relinearize(const Ciphertext& a) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (a.parts.size() == 2) return a;
  if (a.parts.size() != 3) {
    return Error{ErrorCode::kInvalidArgument,
                 "relinearize: a ciphertext of " + std::to_string(a.parts.size()) + " parts"};
  }
  if (const Status ok = require_relinearization(a.level); !ok) return ok.error();
  Ciphertext out{a.params, a.level, a.scale, {a.parts[0], a.parts[1]}};
  key_switch_add(*params(), a.parts[2], a.level, *keys_->relinearization, out.parts[0],
                 out.parts[1]);
  return out;
}

Result<Ciphertext> Evaluator::multiply(const Ciphertext& a, const Ciphertext& b) const {
  const Result<Ciphertext> product = multiply_unrelinearized(a, b);
  if (!product) return product.error();
  return relinearize(*product);
}

Result<Ciphertext> Evaluator::multiply_rescale(const Ciphertext& a, const Ciphertext& b) const {
  Result<Ciphertext> product = multiply_unrelinearized(a, b);
  if (!product) return product.error();
  const int level = product->level;
  if (level == 0) return rescale(*product);
  if (const Status ok = require_relinearization(level); !ok) return ok.error();
  key_switch_rescale(*params(), product->parts[2], level, *keys_->relinearization,
                     product->parts[0], product->parts[1]);
  product->parts.pop_back();
  product->level = level - 1;
  product->scale /= static_cast<double>(params()->q(level).value());
  return product;
}

Result<Ciphertext> Evaluator::rescale(const Ciphertext& a) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (a.level == 0) return Error{ErrorCode::kLevelExhausted, "rescale: already at level 0"};
  Ciphertext out{
      a.params, a.level - 1, a.scale / static_cast<double>(params()->q(a.level).value()), {}};
  for (const ring::Poly& part : a.parts) {
    out.parts.push_back(ring::divide_and_round_by_last(part, params()->basis(a.level)));
  }
  return out;
}

Result<Ciphertext> Evaluator::drop_level(const Ciphertext& a, int level) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (level < 0 || level > a.level) {
    return Error{ErrorCode::kLevelExhausted, "drop_level: from level " + std::to_string(a.level) +
                                                 " to " + std::to_string(level)};
  }
  if (std::log2(a.scale) >= params()->log_q(level)) {
    return Error{ErrorCode::kLevelExhausted, "drop_level: scale " + log2_text(a.scale) +
                                                 " does not fit level " + std::to_string(level)};
  }
  Ciphertext out = a;
  out.level = level;
  for (ring::Poly& part : out.parts) part.truncate(static_cast<std::size_t>(level) + 1);
  return out;
}

Result<Ciphertext> Evaluator::apply_galois(const Ciphertext& a, std::uint32_t element,
                                           const std::string& what) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (a.parts.size() != 2) {
    return Error{ErrorCode::kInvalidArgument, what + ": relinearize the operand first"};
  }
  const auto key = keys_->galois.find(element);
  if (key == keys_->galois.end() || key->second.level < a.level) {
    return Error{ErrorCode::kMissingKey,
                 what + ": no key for Galois element " + std::to_string(element) + " at level " +
                     std::to_string(a.level) + "; it would take " +
                     std::to_string(KeySwitchKey::byte_count(*params(), a.level, true)) + " bytes"};
  }
  const ring::Automorphism& automorphism = params()->automorphism(element);
  Ciphertext out{a.params, a.level, a.scale, {automorphism.apply(a.parts[0])}};
  out.parts.emplace_back(params()->ring_degree(), static_cast<std::size_t>(a.level) + 1,
                         ring::Form::kNtt);
  key_switch_add(*params(), automorphism.apply(a.parts[1]), a.level, key->second, out.parts[0],
                 out.parts[1]);
  return out;
}

Result<Ciphertext> Evaluator::rotate(const Ciphertext& a, int steps) const {
  const std::uint32_t element = galois_element_of_rotation(params()->log_n(), steps);
  if (element == 1) {
    if (const Status ok = require(a); !ok) return ok.error();
    return a;
  }
  return apply_galois(a, element, "rotate by " + std::to_string(steps));
}

Result<Ciphertext> Evaluator::conjugate(const Ciphertext& a) const {
  return apply_galois(a, galois_element_of_conjugation(params()->log_n()), "conjugate");
}

}  // namespace salus::ckks
