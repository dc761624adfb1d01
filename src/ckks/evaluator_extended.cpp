// The evaluator's operations modulo Q P: linear sums whose division by P is put off.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "ckks/evaluator.h"
#include "ckks/key_switch.h"

namespace salus::ckks {
namespace {

// P c, with zeros modulo the special primes.
ExtendedCiphertext extend(const Ciphertext& c) {
  const Parameters& params = *c.params;
  const std::size_t limbs = params.extended_basis(c.level).size();
  ExtendedCiphertext out{c.params, c.level, c.scale, {}};
  for (const ring::Poly& part : c.parts) {
    ring::Poly product = ring::Poly::uninitialized(params.ring_degree(), limbs, ring::Form::kNtt);
    parallel_for(limbs, [&](std::size_t j) {
      if (j < part.limb_count()) {
        kernel::active().multiply_scalar(part.limb(j), params.special_product(j), product.limb(j),
                                         params.q(static_cast<int>(j)));
      } else {
        std::ranges::fill(product.limb(j), 0);
      }
    });
    out.parts.push_back(std::move(product));
  }
  return out;
}

Error shape_error(const std::string& what, int level_a, int level_b, double scale_a,
                  double scale_b) {
  if (level_a != level_b) {
    return {ErrorCode::kMismatch,
            what + ": levels " + std::to_string(level_a) + " and " + std::to_string(level_b)};
  }
  return {ErrorCode::kScaleMismatch, what + ": scales 2^" + std::to_string(std::log2(scale_a)) +
                                         " and 2^" + std::to_string(std::log2(scale_b))};
}

bool equal(double a, double b) { return std::abs(a - b) <= kScaleTolerance * std::abs(b); }

// Words of a limb at a time: those of sixteen ciphertexts fill a quarter of a megabyte.
constexpr std::size_t kPiece = 1024;

// Words `begin` .. of limb j of sum z p.
void sum_products(std::span<const ExtendedCiphertext> z, std::span<const ExtendedPlaintext> p,
                  std::size_t j, std::size_t begin, ExtendedCiphertext& sum,
                  const arith::Modulus& q) {
  const auto piece = [begin](auto limb) {
    return limb.subspan(begin, std::min(kPiece, limb.size() - begin));
  };
  const kernel::Words to_b = piece(sum.parts[0].limb(j));
  const kernel::Words to_a = piece(sum.parts[1].limb(j));
  std::vector<kernel::ConstWords> factors;
  std::vector<kernel::ConstWords> b;
  std::vector<kernel::ConstWords> a;
  for (std::size_t i = 0; i < z.size(); ++i) {
    factors.push_back(piece(p[i].poly.limb(j)));
    b.push_back(piece(z[i].parts[0].limb(j)));
    a.push_back(piece(z[i].parts[1].limb(j)));
    const bool first = i < kernel::kMaxTerms;
    if (factors.size() < kernel::kMaxTerms && i + 1 < z.size()) continue;
    if (first) {
      kernel::active().inner_products({factors, {}, b, a, to_b, to_a}, q);
    } else {
      ring::Poly more = ring::Poly::uninitialized(to_b.size(), 2, ring::Form::kNtt);
      kernel::active().inner_products({factors, {}, b, a, more.limb(0), more.limb(1)}, q);
      kernel::active().add(to_b, more.limb(0), to_b, q);
      kernel::active().add(to_a, more.limb(1), to_a, q);
    }
    factors.clear();
    b.clear();
    a.clear();
  }
}

}  // namespace

Status Evaluator::require(const ExtendedCiphertext& a) const {
  if (!same_parameters(a.params, params())) {
    return Error{ErrorCode::kMismatch, "extended ciphertext of other parameters"};
  }
  const std::size_t limbs = params()->extended_basis(a.level).size();
  check(a.parts.size() == 2 && a.parts[0].limb_count() == limbs && a.parts[1].limb_count() == limbs,
        "extended ciphertext of another shape");
  return {};
}

Result<std::vector<ExtendedCiphertext>> Evaluator::rotate_extended(
    const Ciphertext& a, std::span<const int> steps) const {
  if (const Status ok = require_rotations(a, steps); !ok) return ok.error();
  const auto is_identity = [&](int step) {
    return galois_element_of_rotation(params()->log_n(), step) == 1;
  };
  std::vector<std::vector<ring::Poly>> sums;
  if (!std::ranges::all_of(steps, is_identity)) {
    const Decomposition digits(*params(), a.level, a.parts[1]);
    sums = rotation_sums(digits, a, steps);
  }
  std::vector<ExtendedCiphertext> out;
  auto next = sums.begin();
  for (const int step : steps) {
    if (is_identity(step)) {
      out.push_back(extend(a));
    } else {
      out.push_back({a.params, a.level, a.scale, std::move(*next++)});
    }
  }
  return out;
}

Status Evaluator::require_terms(std::span<const ExtendedCiphertext> z,
                                std::span<const ExtendedPlaintext> p) const {
  if (z.empty() || p.empty() || p.size() % z.size() != 0) {
    return Error{ErrorCode::kInvalidArgument, "inner products of " + std::to_string(z.size()) +
                                                  " ciphertexts with " + std::to_string(p.size()) +
                                                  " plaintexts"};
  }
  for (const ExtendedCiphertext& each : z) {
    if (Status ok = require(each); !ok) return ok;
    if (each.level != z[0].level || !equal(each.scale, z[0].scale))
      return shape_error("inner products", each.level, z[0].level, each.scale, z[0].scale);
  }
  for (const ExtendedPlaintext& each : p) {
    if (!same_parameters(each.params, params()))
      return Error{ErrorCode::kMismatch, "extended plaintext of other parameters"};
    if (each.level != z[0].level || !equal(each.scale, p[0].scale))
      return shape_error("inner products", each.level, z[0].level, each.scale, p[0].scale);
  }
  const double scale = z[0].scale * p[0].scale;
  if (std::log2(scale) < params()->log_q(z[0].level) - 1) return {};
  return Error{ErrorCode::kLevelExhausted,
               "inner products at scale 2^" + std::to_string(std::log2(scale)) +
                   " do not fit the modulus of " + std::to_string(params()->log_q(z[0].level)) +
                   " bits at level " + std::to_string(z[0].level)};
}

Result<std::vector<ExtendedCiphertext>> Evaluator::inner_products(
    std::span<const ExtendedCiphertext> z, std::span<const ExtendedPlaintext> p) const {
  if (const Status ok = require_terms(z, p); !ok) return ok.error();
  const ring::BasisView basis = params()->extended_basis(z[0].level);
  const std::size_t n = params()->ring_degree();
  std::vector<ExtendedCiphertext> sums(p.size() / z.size(),
                                       {z[0].params, z[0].level, z[0].scale * p[0].scale, {}});
  for (ExtendedCiphertext& sum : sums) {
    for (int part = 0; part < 2; ++part)
      sum.parts.push_back(ring::Poly::uninitialized(n, basis.size(), ring::Form::kNtt));
  }
  parallel_for(basis.size(), [&](std::size_t j) {
    for (std::size_t begin = 0; begin < n; begin += kPiece) {
      for (std::size_t i = 0; i < sums.size(); ++i)
        sum_products(z, p.subspan(i * z.size(), z.size()), j, begin, sums[i], basis[j]->modulus());
    }
  });
  return sums;
}

Result<ExtendedCiphertext> Evaluator::rotate_add(ExtendedCiphertext a, int steps,
                                                 const ExtendedCiphertext& sum) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (const Status ok = require(sum); !ok) return ok.error();
  if (a.level != sum.level || !equal(a.scale, sum.scale))
    return shape_error("sum of rotations", a.level, sum.level, a.scale, sum.scale);
  const ring::BasisView basis = params()->extended_basis(a.level);
  const std::uint32_t element = galois_element_of_rotation(params()->log_n(), steps);
  if (element == 1) {
    ExtendedCiphertext out = sum;
    for (std::size_t part = 0; part < 2; ++part)
      ring::add_to(out.parts[part], a.parts[part], basis);
    return out;
  }
  const std::string what = "rotate by " + std::to_string(steps);
  if (const std::string missing = missing_galois(element, what, a.level); !missing.empty())
    return Error{ErrorCode::kMissingKey, missing};

  // Only what the secret multiplies is divided; the other part is permuted as it is.
  const ring::Automorphism& automorphism = params()->automorphism(element);
  ring::Poly masked = std::move(a.parts[1]);
  divide(*params(), a.level, 0, {&masked, 1});
  const Decomposition image(*params(), a.level, [&](std::size_t j, kernel::Words out) {
    kernel::active().permute(masked.limb(j), automorphism.source(), out);
  });
  const auto add = [&](std::size_t j, kernel::Words to_b, kernel::Words to_a) {
    const arith::Modulus& q = basis[j]->modulus();
    ring::Poly moved = ring::Poly::uninitialized(to_b.size(), 1, ring::Form::kNtt);
    kernel::active().permute(a.parts[0].limb(j), automorphism.source(), moved.limb(0));
    kernel::active().add(to_b, moved.limb(0), to_b, q);
    kernel::active().add(to_b, sum.parts[0].limb(j), to_b, q);
    kernel::active().add(to_a, sum.parts[1].limb(j), to_a, q);
  };
  const Switching switching{*keys_->galois.at(element), nullptr, add};
  std::vector<ring::Poly> parts = std::move(switch_sums(image, {&switching, 1})[0]);
  return ExtendedCiphertext{a.params, a.level, a.scale, std::move(parts)};
}

Result<Ciphertext> Evaluator::reduce(ExtendedCiphertext a) const {
  if (const Status ok = require(a); !ok) return ok.error();
  Ciphertext out{a.params, a.level, a.scale, std::move(a.parts)};
  if (params()->special_count() > 0) divide(*params(), a.level, 0, out.parts);
  return out;
}

Result<Ciphertext> Evaluator::reduce_rescale(ExtendedCiphertext a, int primes) const {
  if (const Status ok = require(a); !ok) return ok.error();
  if (const Status ok = require_primes(a.level, primes); !ok) return ok.error();
  if (params()->special_count() == 0) {
    const Result<Ciphertext> reduced = reduce(std::move(a));
    if (!reduced) return reduced.error();
    return rescale(*reduced, primes);
  }
  Ciphertext out{a.params, a.level, a.scale, std::move(a.parts)};
  divide(*params(), a.level, primes, out.parts);
  lower(out, primes);
  return out;
}

}  // namespace salus::ckks
