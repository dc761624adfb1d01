#include "ckks/parameters.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <string>

namespace salus::ckks {
namespace {

Error invalid(const std::string& why) {
  return {ErrorCode::kInvalidArgument, "parameters: " + why};
}

double log2_product(const std::vector<std::uint64_t>& primes, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += std::log2(static_cast<double>(primes[i]));
  return sum;
}

Status require_shape(const ParametersLiteral& literal) {
  if (literal.log_n < kMinLogN || literal.log_n > kMaxLogN) {
    return invalid("ring degree 2^" + std::to_string(literal.log_n) + " is not between 2^" +
                   std::to_string(kMinLogN) + " and 2^" + std::to_string(kMaxLogN));
  }
  if (literal.q.empty()) return invalid("the modulus chain is empty");
  if (literal.q.size() + literal.p.size() > kMaxPrimes) {
    return Error{ErrorCode::kLimit,
                 "parameters: " + std::to_string(literal.q.size() + literal.p.size()) +
                     " primes are more than the limit of " + std::to_string(kMaxPrimes)};
  }
  if (literal.dnum < 1 || literal.dnum > static_cast<int>(literal.q.size())) {
    return invalid("dnum " + std::to_string(literal.dnum) + " is not between 1 and the " +
                   std::to_string(literal.q.size()) + " primes of the chain");
  }
  std::set<std::uint64_t> seen;
  for (const auto* primes : {&literal.q, &literal.p}) {
    for (const std::uint64_t prime : *primes) {
      if (std::bit_width(prime) > kMaxPrimeBits) {
        return invalid("prime " + std::to_string(prime) + " has more than 60 bits");
      }
      if (!seen.insert(prime).second)
        return invalid("prime " + std::to_string(prime) + " appears twice");
    }
  }
  return {};
}

// A digit larger than P multiplies the key's noise by their quotient: refused from a factor of two
// on.
Status require_special_primes(const ParametersLiteral& literal, std::size_t alpha) {
  if (literal.p.empty()) return {};
  const double log_p = log2_product(literal.p, 0, literal.p.size());
  for (std::size_t begin = 0; begin < literal.q.size(); begin += alpha) {
    const double digit = log2_product(literal.q, begin, std::min(begin + alpha, literal.q.size()));
    if (digit > log_p + 1) {
      return invalid("special primes of " + std::to_string(std::lround(log_p)) +
                     " bits are too few for a key-switching digit of " +
                     std::to_string(std::lround(digit)) +
                     " bits; raise dnum or add special primes");
    }
  }
  return {};
}

KeySwitchPlan make_plan(const ring::Basis& extended, std::size_t limbs, std::size_t alpha) {
  const ring::BasisView q = ring::BasisView(extended).first(limbs);
  const ring::BasisView p = ring::BasisView(extended).subspan(limbs);
  KeySwitchPlan plan;
  const ring::BasisView all(extended);
  for (std::size_t k = 0; k <= kMaxRescaledPrimes && k < limbs; ++k)
    plan.mod_down.emplace_back(q.first(limbs - k), all.subspan(limbs - k));
  // Microsoft SEAL's gadget keeps its residues in [0, q_j); every other one takes the smaller
  // noise.
  const ring::Lift lift =
      alpha == 1 && p.size() == 1 ? ring::Lift::kNonNegative : ring::Lift::kCentred;
  for (std::size_t begin = 0; begin < limbs; begin += alpha) {
    const std::size_t end = std::min(begin + alpha, limbs);
    ring::Basis to;
    for (std::size_t j = 0; j < extended.size(); ++j) {
      if (j < begin || j >= end) to.push_back(extended[j]);
    }
    plan.digits.push_back(
        {begin, end, ring::BaseConverter(q.subspan(begin, end - begin), to, lift)});
  }
  return plan;
}

}  // namespace

Digest hash_of(const ParametersLiteral& literal) {
  Bytes bytes = to_bytes(as_bytes("salus parameters 1\n"));
  append_u32(bytes, static_cast<std::uint32_t>(literal.log_n));
  append_u32(bytes, static_cast<std::uint32_t>(literal.dnum));
  append_u32(bytes, static_cast<std::uint32_t>(literal.q.size()));
  for (const std::uint64_t q : literal.q) append_u64(bytes, q);
  append_u32(bytes, static_cast<std::uint32_t>(literal.p.size()));
  for (const std::uint64_t p : literal.p) append_u64(bytes, p);
  return sha256(bytes);
}

Status Parameters::validate(const ParametersLiteral& literal) {
  if (const Status shape = require_shape(literal); !shape) return shape;
  const std::size_t dnum = static_cast<std::size_t>(literal.dnum);
  const std::size_t alpha = (literal.q.size() + dnum - 1) / dnum;
  if (const Status enough = require_special_primes(literal, alpha); !enough) return enough;

  const double log_qp =
      log2_product(literal.q, 0, literal.q.size()) + log2_product(literal.p, 0, literal.p.size());
  if (const Status secure = require_secure(literal.log_n, log_qp, literal.security); !secure) {
    return secure;
  }
  for (const auto* primes : {&literal.q, &literal.p}) {
    for (const std::uint64_t prime : *primes) {
      const auto fine = arith::NttTables::validate(literal.log_n, prime);
      if (!fine) return invalid(fine.error().message);
    }
  }
  return {};
}

Result<ParametersPtr> Parameters::create(const ParametersLiteral& literal) {
  if (const Status valid = validate(literal); !valid) return valid.error();
  ring::Basis all;
  for (const auto* primes : {&literal.q, &literal.p}) {
    for (const std::uint64_t prime : *primes) {
      all.push_back(std::make_shared<const arith::NttTables>(
          must(arith::NttTables::create(literal.log_n, prime))));
    }
  }
  return ParametersPtr(new Parameters(literal, std::move(all)));
}

Parameters::Parameters(const ParametersLiteral& literal, ring::Basis all)
    : literal_(literal),
      chain_(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(literal.q.size())),
      alpha_((literal.q.size() + static_cast<std::size_t>(literal.dnum) - 1) /
             static_cast<std::size_t>(literal.dnum)),
      hash_(hash_of(literal)) {
  for (std::size_t limbs = 1; limbs <= chain_.size(); ++limbs) {
    ring::Basis extended(chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(limbs));
    extended.insert(extended.end(), all.begin() + static_cast<std::ptrdiff_t>(chain_.size()),
                    all.end());
    if (!literal_.p.empty()) plans_.push_back(make_plan(extended, limbs, alpha_));
    extended_.push_back(std::move(extended));
  }
  for (const auto& tables : chain_) {
    const arith::Modulus& m = tables->modulus();
    std::uint64_t product = 1;
    for (const std::uint64_t p : literal_.p) product = m.multiply(product, m.reduce(p));
    special_product_.emplace_back(product, m);
  }
}

double Parameters::log_q(int level) const {
  return log2_product(literal_.q, 0, static_cast<std::size_t>(level) + 1);
}

double Parameters::log_p() const { return log2_product(literal_.p, 0, literal_.p.size()); }

ring::BasisView Parameters::basis(int level) const {
  check(level >= 0 && level <= max_level(), "level outside the chain");
  return ring::BasisView(chain_).first(static_cast<std::size_t>(level) + 1);
}

ring::BasisView Parameters::extended_basis(int level) const {
  check(level >= 0 && level <= max_level(), "level outside the chain");
  return extended_[static_cast<std::size_t>(level)];
}

const KeySwitchPlan& Parameters::key_switch_plan(int level) const {
  check(!plans_.empty(), "these parameters have no special primes: no key switching");
  check(level >= 0 && level <= max_level(), "level outside the chain");
  return plans_[static_cast<std::size_t>(level)];
}

const ring::Automorphism& Parameters::automorphism(std::uint32_t element) const {
  const std::lock_guard lock(automorphisms_mutex_);
  // References into a map stay valid while it grows.
  return automorphisms_.try_emplace(element, log_n(), element).first->second;
}

}  // namespace salus::ckks
