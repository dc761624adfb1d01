#include "ckks/evaluator.h"

#include <cmath>
#include <string>

#include "base/parallel.h"
#include "ckks/encoder.h"
#include "ckks/key_switch.h"

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

// Limb j of x0 y0 and x0 y1 + x1 y0, where (x0 + x1 s)(y0 + y1 s) = x0 y0 + (x0 y1 + x1 y0) s + x1
// y1 s^2.
void multiply_low(const Ciphertext& x, const Ciphertext& y, std::size_t j, kernel::Words constant,
                  kernel::Words linear, const arith::Modulus& q) {
  const kernel::KernelTable& kernels = kernel::active();
  kernels.multiply(x.parts[0].limb(j), y.parts[0].limb(j), constant, q);
  kernels.multiply(x.parts[0].limb(j), y.parts[1].limb(j), linear, q);
  kernels.multiply_add(x.parts[1].limb(j), y.parts[0].limb(j), linear, q);
}

// Adds P times the image of c_0.
Addend add_image(const Ciphertext& c, const ring::Automorphism& automorphism) {
  return [&c, &automorphism](std::size_t j, kernel::Words to_b, kernel::Words) {
    if (j > static_cast<std::size_t>(c.level)) return;
    kernel::active().permute_multiply_add(c.parts[0].limb(j), automorphism.source(),
                                          c.params->special_product(j), to_b,
                                          c.params->q(static_cast<int>(j)));
  };
}

}  // namespace

// Level and scale after a division by the last primes.
void Evaluator::lower(Ciphertext& c, int primes) {
  for (int i = 0; i < primes; ++i) {
    c.scale /= static_cast<double>(c.params->q(c.level).value());
    --c.level;
  }
}

Status Evaluator::require_primes(int level, int primes) const {
  if (primes < 1 || primes > kMaxRescaledPrimes) {
    return Error{ErrorCode::kInvalidArgument,
                 "rescale by " + std::to_string(primes) + " primes: 1 or " +
                     std::to_string(kMaxRescaledPrimes) + " can be taken off"};
  }
  if (primes <= level) return {};
  return Error{ErrorCode::kLevelExhausted, "rescale by " + std::to_string(primes) +
                                               (primes == 1 ? " prime" : " primes") + " at level " +
                                               std::to_string(level)};
}

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
    kernel::active().add_scalar(out.parts[0].limb(j), w, out.parts[0].limb(j), q);
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

Status Evaluator::require_factors(const Ciphertext& a, const Ciphertext& b) const {
  if (Status ok = require_pair(a, b, false); !ok) return ok;
  if (a.parts.size() != 2 || b.parts.size() != 2) {
    return Error{ErrorCode::kInvalidArgument, "multiply: relinearize the operands first"};
  }
  return require_room(*params(), a.level, a.scale * b.scale);
}

Result<Ciphertext> Evaluator::multiply_unrelinearized(const Ciphertext& a,
                                                      const Ciphertext& b) const {
  if (const Status ok = require_factors(a, b); !ok) return ok.error();
  const ring::BasisView basis = params()->basis(a.level);
  Ciphertext product{a.params, a.level, a.scale * b.scale, {}};
  for (int part = 0; part < 3; ++part) {
    product.parts.push_back(
        ring::Poly::uninitialized(params()->ring_degree(), basis.size(), ring::Form::kNtt));
  }
  parallel_for(basis.size(), [&](std::size_t j) {
    const arith::Modulus& q = basis[j]->modulus();
    multiply_low(a, b, j, product.parts[0].limb(j), product.parts[1].limb(j), q);
    kernel::active().multiply(a.parts[1].limb(j), b.parts[1].limb(j), product.parts[2].limb(j), q);
  });
  return product;
}

Status Evaluator::require_relinearization(int level) const {
  if (keys_->relinearization && keys_->relinearization->level >= level) return {};
  return Error{ErrorCode::kMissingKey,
               "no relinearization key for level " + std::to_string(level) + "; it would take " +
                   std::to_string(KeySwitchKey::byte_count(*params(), level, true)) + " bytes"};
}

Result<Ciphertext> Evaluator::relinearize_switched(const Ciphertext& a, int primes) const {
  if (const Status ok = require_relinearization(a.level); !ok) return ok.error();
  const Decomposition square(*params(), a.level, a.parts[2]);
  const auto add = [&](std::size_t j, kernel::Words to_b, kernel::Words to_a) {
    if (j > static_cast<std::size_t>(a.level)) return;
    const arith::Modulus& q = params()->q(static_cast<int>(j));
    const arith::Factor& p = params()->special_product(j);
    kernel::active().multiply_scalar_add(a.parts[0].limb(j), p, to_b, q);
    kernel::active().multiply_scalar_add(a.parts[1].limb(j), p, to_a, q);
  };
  return Ciphertext{a.params, a.level, a.scale,
                    switch_key(square, {*keys_->relinearization, nullptr, add}, primes)};
}

Result<Ciphertext> Evaluator::relinearize(const Ciphertext& a) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (a.parts.size() == 2) return a;
  if (a.parts.size() != 3) {
    return Error{ErrorCode::kInvalidArgument,
                 "relinearize: a ciphertext of " + std::to_string(a.parts.size()) + " parts"};
  }
  return relinearize_switched(a, 0);
}

Result<Ciphertext> Evaluator::relinearize_rescale(const Ciphertext& a, int primes) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (const Status ok = require_primes(a.level, primes); !ok) return ok.error();
  if (a.parts.size() != 3) {
    const Result<Ciphertext> two = relinearize(a);
    if (!two) return two.error();
    return rescale(*two, primes);
  }
  Result<Ciphertext> out = relinearize_switched(a, primes);
  if (out) lower(*out, primes);
  return out;
}

// The two lower parts of the product are computed where they are added, limb by limb.
Result<Ciphertext> Evaluator::multiply_switched(const Ciphertext& a, const Ciphertext& b,
                                                int primes) const {
  if (const Status ok = require_factors(a, b); !ok) return ok.error();
  if (const Status ok = require_relinearization(a.level); !ok) return ok.error();
  const ring::BasisView basis = params()->basis(a.level);
  const Decomposition square(*params(), a.level, [&](std::size_t j, kernel::Words out) {
    kernel::active().multiply(a.parts[1].limb(j), b.parts[1].limb(j), out, basis[j]->modulus());
  });
  const auto add = [&](std::size_t j, kernel::Words to_b, kernel::Words to_a) {
    if (j > static_cast<std::size_t>(a.level)) return;
    const arith::Modulus& q = basis[j]->modulus();
    const arith::Factor& p = params()->special_product(j);
    ring::Poly low = ring::Poly::uninitialized(params()->ring_degree(), 2, ring::Form::kNtt);
    multiply_low(a, b, j, low.limb(0), low.limb(1), q);
    kernel::active().multiply_scalar_add(low.limb(0), p, to_b, q);
    kernel::active().multiply_scalar_add(low.limb(1), p, to_a, q);
  };
  return Ciphertext{a.params, a.level, a.scale * b.scale,
                    switch_key(square, {*keys_->relinearization, nullptr, add}, primes)};
}

Result<Ciphertext> Evaluator::multiply(const Ciphertext& a, const Ciphertext& b) const {
  return multiply_switched(a, b, 0);
}

Result<Ciphertext> Evaluator::multiply_rescale(const Ciphertext& a, const Ciphertext& b,
                                               int primes) const {
  if (const Status ok = require_primes(a.level, primes); !ok) return ok.error();
  Result<Ciphertext> out = multiply_switched(a, b, primes);
  if (out) lower(*out, primes);
  return out;
}

Result<Ciphertext> Evaluator::rescale(const Ciphertext& a, int primes) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (const Status ok = require_primes(a.level, primes); !ok) return ok.error();
  Ciphertext out{a.params, a.level, a.scale, {}};
  for (const ring::Poly& part : a.parts)
    out.parts.push_back(ring::divide_and_round_by_last(part, params()->basis(a.level)));
  lower(out, 1);
  if (primes > 1) return rescale(out, primes - 1);
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

// Empty when there is a key.
std::string Evaluator::missing_galois(std::uint32_t element, const std::string& what,
                                      int level) const {
  const auto key = keys_->galois.find(element);
  if (key != keys_->galois.end() && key->second->level >= level) return {};
  return what + ": no key for Galois element " + std::to_string(element) + " at level " +
         std::to_string(level) + "; it would take " +
         std::to_string(KeySwitchKey::byte_count(*params(), level, true)) + " bytes";
}

Result<Ciphertext> Evaluator::apply_galois(const Ciphertext& a, std::uint32_t element,
                                           const std::string& what) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (a.parts.size() != 2) {
    return Error{ErrorCode::kInvalidArgument, what + ": relinearize the operand first"};
  }
  if (const std::string missing = missing_galois(element, what, a.level); !missing.empty())
    return Error{ErrorCode::kMissingKey, missing};
  const ring::Automorphism& automorphism = params()->automorphism(element);
  const Decomposition image(*params(), a.level, [&](std::size_t j, kernel::Words out) {
    kernel::active().permute(a.parts[1].limb(j), automorphism.source(), out);
  });
  const Switching switching{*keys_->galois.at(element), nullptr, add_image(a, automorphism)};
  return Ciphertext{a.params, a.level, a.scale, switch_key(image, switching, 0)};
}

Status Evaluator::require_rotations(const Ciphertext& a, std::span<const int> steps) const {
  if (Status ok = require(a); !ok) return ok;
  if (a.parts.size() != 2) {
    return Error{ErrorCode::kInvalidArgument, "rotate: relinearize the operand first"};
  }
  std::string missing;
  for (const int step : steps) {
    const std::uint32_t element = galois_element_of_rotation(params()->log_n(), step);
    if (element == 1) continue;
    const std::string one = missing_galois(element, "rotate by " + std::to_string(step), a.level);
    if (!one.empty()) missing += (missing.empty() ? "" : "; ") + one;
  }
  if (!missing.empty()) return Error{ErrorCode::kMissingKey, missing};
  return {};
}

// The sums of each rotation that is not by 0, in order.
std::vector<std::vector<ring::Poly>> Evaluator::rotation_sums(const Decomposition& digits,
                                                              const Ciphertext& a,
                                                              std::span<const int> steps) const {
  std::vector<Switching> switchings;
  for (const int step : steps) {
    const std::uint32_t element = galois_element_of_rotation(params()->log_n(), step);
    if (element == 1) continue;
    const ring::Automorphism& automorphism = params()->automorphism(element);
    switchings.push_back({*keys_->galois.at(element), &automorphism, add_image(a, automorphism)});
  }
  return switch_sums(digits, switchings);
}

Result<std::vector<Ciphertext>> Evaluator::rotate_hoisted(const Ciphertext& a,
                                                          std::span<const int> steps) const {
  if (const Status ok = require_rotations(a, steps); !ok) return ok.error();
  const Decomposition digits(*params(), a.level, a.parts[1]);
  std::vector<std::vector<ring::Poly>> sums = rotation_sums(digits, a, steps);
  std::vector<Ciphertext> out;
  auto next = sums.begin();
  for (const int step : steps) {
    if (galois_element_of_rotation(params()->log_n(), step) == 1) {
      out.push_back(a);
      continue;
    }
    divide(*params(), a.level, 0, *next);
    out.push_back({a.params, a.level, a.scale, std::move(*next++)});
  }
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
