#include "keys/secret_key.h"

#include <algorithm>
#include <string>

#include "keys/small.h"
#include "ring/sampling.h"

namespace salus::keys {
namespace {

// b = e - a s, limb by limb.
ring::Poly mask(const SecretKey& secret, const ring::Poly& a, ring::BasisView basis,
                std::size_t special_offset, std::size_t chain_limbs, RandomStream& random) {
  const std::size_t n = a.ring_degree();
  const Secret<std::int64_t> error = fresh_error(n, random);
  ring::Poly b = ring::Poly::uninitialized(n, basis.size(), ring::Form::kNtt);
  for_each_block(basis.size(), [&](std::size_t begin, std::size_t end) {
    Secret<std::uint64_t> product(n);
    Secret<std::uint64_t> noise(n);
    for (std::size_t j = begin; j < end; ++j) {
      const std::size_t key_limb = j < chain_limbs ? j : j + special_offset;
      const arith::Modulus& q = basis[j]->modulus();
      multiply_into(a.limb(j), secret.reveal_limb(key_limb), product, q);
      lift(error, *basis[j], noise);
      kernel::active().subtract(noise.reveal(), product.reveal(), b.limb(j), q);
    }
  });
  return b;
}

Error other_parameters(std::string_view what) {
  return {ErrorCode::kMismatch, std::string(what) + " of other parameters than the secret key"};
}

}  // namespace

SecretKey::SecretKey(ckks::ParametersPtr params, Secret<std::uint64_t> values, const Digest& id)
    : params_(std::move(params)), values_(std::move(values)), id_(id) {}

SecretKey SecretKey::from_checked(ckks::ParametersPtr params,
                                  std::span<const std::int64_t> coefficients) {
  const std::size_t n = params->ring_degree();
  const ring::BasisView basis = params->extended_basis(params->max_level());
  Secret<std::uint64_t> values(n * basis.size());
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const std::span<std::uint64_t> limb = values.reveal().subspan(j * n, n);
    for (std::size_t i = 0; i < n; ++i) limb[i] = basis[j]->modulus().from_signed(coefficients[i]);
    kernel::active().ntt_forward(limb, *basis[j]);
  }
  const Secret<std::byte> name =
      derive_secret(std::as_bytes(std::span(coefficients)), "salus key id 1");
  const Digest id = sha256(name.reveal());
  return {std::move(params), std::move(values), id};
}

Result<SecretKey> SecretKey::derive(ckks::ParametersPtr params, std::span<const std::byte> root,
                                    std::string_view label) {
  if (root.size() != kRootSeedBytes) {
    return Error{ErrorCode::kInvalidArgument,
                 "a root seed has 32 bytes, this one has " + std::to_string(root.size())};
  }
  const Secret<std::byte> seed_bytes =
      derive_secret(root, "salus ckks secret 1 " + std::string(label));
  Seed seed;
  std::copy(seed_bytes.reveal().begin(), seed_bytes.reveal().end(), seed.begin());
  RandomStream random(seed, 0);
  secure_zero(seed);
  Secret<std::int64_t> coefficients(params->ring_degree());
  ring::sample_ternary(random, coefficients.reveal());
  return from_checked(std::move(params), coefficients.reveal());
}

Result<SecretKey> SecretKey::from_coefficients(ckks::ParametersPtr params,
                                               std::span<const std::int64_t> coefficients) {
  if (coefficients.size() != params->ring_degree()) {
    return Error{ErrorCode::kInvalidArgument, "secret key: " + std::to_string(coefficients.size()) +
                                                  " coefficients, ring degree " +
                                                  std::to_string(params->ring_degree())};
  }
  const bool ternary = std::all_of(coefficients.begin(), coefficients.end(),
                                   [](std::int64_t c) { return c >= -1 && c <= 1; });
  if (!ternary)
    return Error{ErrorCode::kInvalidArgument, "secret key: a coefficient is not -1, 0 or 1"};
  return from_checked(std::move(params), coefficients);
}

Result<ckks::SeededCiphertext> encrypt(const SecretKey& secret, const ckks::Plaintext& plain,
                                       RandomStream& random) {
  const ckks::ParametersPtr& params = secret.params();
  if (!ckks::same_parameters(plain.params, params)) return other_parameters("plaintext");
  const ring::BasisView basis = params->basis(plain.level);
  const Seed seed = draw_seed(random);
  const ring::Poly a = ring::expand_uniform(seed, 0, params->ring_degree(), basis);
  ring::Poly c0 = mask(secret, a, basis, 0, basis.size(), random);
  ring::add_to(c0, plain.poly, basis);
  return ckks::SeededCiphertext{params, plain.level, plain.scale, seed, std::move(c0)};
}

Result<ckks::Plaintext> decrypt(const SecretKey& secret, const ckks::Ciphertext& ciphertext) {
  const ckks::ParametersPtr& params = secret.params();
  if (!ckks::same_parameters(ciphertext.params, params)) return other_parameters("ciphertext");
  check(!ciphertext.parts.empty(), "ciphertext without parts");
  const ring::BasisView basis = params->basis(ciphertext.level);
  ckks::Plaintext plain{params, ciphertext.level, ciphertext.scale, ciphertext.parts.back()};
  // Horner: ((c_2 s) + c_1) s + c_0.
  for_each_block(basis.size(), [&](std::size_t begin, std::size_t end) {
    Secret<std::uint64_t> product(params->ring_degree());
    for (std::size_t j = begin; j < end; ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      for (std::size_t i = ciphertext.parts.size() - 1; i-- > 0;) {
        multiply_into(plain.poly.limb(j), secret.reveal_limb(j), product, q);
        kernel::active().add(product.reveal(), ciphertext.parts[i].limb(j), plain.poly.limb(j), q);
      }
    }
  });
  return plain;
}

PublicKey make_public_key(const SecretKey& secret, RandomStream& random) {
  return must(make_public_key(secret, secret.params()->max_level(), random));
}

Result<PublicKey> make_public_key(const SecretKey& secret, int level, RandomStream& random) {
  const ckks::ParametersPtr& params = secret.params();
  if (level < 0 || level > params->max_level()) {
    return Error{ErrorCode::kMismatch, "a public key at level " + std::to_string(level) +
                                           "; the chain ends at " +
                                           std::to_string(params->max_level())};
  }
  const Seed seed = draw_seed(random);
  ring::Poly a = PublicKey::expand(*params, seed, level);
  ring::Poly b = mask(secret, a, params->extended_basis(level),
                      static_cast<std::size_t>(params->max_level() - level),
                      static_cast<std::size_t>(level) + 1, random);
  return PublicKey{params, secret.id(), level, seed, std::move(b), std::move(a)};
}

Result<ckks::Ciphertext> encrypt(const PublicKey& key, const ckks::Plaintext& plain,
                                 RandomStream& random) {
  const ckks::ParametersPtr& params = key.params;
  if (!ckks::same_parameters(plain.params, params)) return other_parameters("plaintext");
  if (plain.level > key.level) {
    return Error{ErrorCode::kMismatch, "a plaintext at level " + std::to_string(plain.level) +
                                           " for a public key of level " +
                                           std::to_string(key.level)};
  }
  ckks::KeySwitchKey::Digit zero = encrypt_zero(key, params->basis(plain.level), 0, random);
  ring::add_to(zero.b, plain.poly, params->basis(plain.level));
  ckks::Ciphertext out{params, plain.level, plain.scale, {}};
  out.parts.push_back(std::move(zero.b));
  out.parts.push_back(std::move(zero.a));
  return out;
}

ckks::KeySwitchKey make_key_switch_key(const SecretKey& secret, const ring::Poly& from, int level,
                                       RandomStream& random) {
  const ckks::Parameters& params = *secret.params();
  const ring::BasisView extended = params.extended_basis(level);
  const std::size_t chain_limbs = static_cast<std::size_t>(level) + 1;
  const std::size_t offset = static_cast<std::size_t>(params.max_level() - level);

  ckks::KeySwitchKey key{level, draw_seed(random), {}};
  for (std::size_t d = 0; d < params.key_switch_plan(level).digits.size(); ++d) {
    const ckks::KeySwitchPlan::Digit& digit = params.key_switch_plan(level).digits[d];
    ring::Poly a = ckks::KeySwitchKey::expand(params, *key.seed, level, d);
    ring::Poly b = mask(secret, a, extended, offset, chain_limbs, random);
    // + P s' on the limbs of the digit
    Secret<std::uint64_t> term(params.ring_degree());
    for (std::size_t j = digit.begin; j < digit.end; ++j) {
      const arith::Modulus& q = extended[j]->modulus();
      const arith::Factor& p = params.special_product(j);
      kernel::active().multiply_scalar(from.limb(j), p, term.reveal(), q);
      kernel::active().add(b.limb(j), term.reveal(), b.limb(j), q);
    }
    key.digits.push_back({std::move(b), std::move(a)});
  }
  return key;
}

namespace {

// s' as a polynomial modulo q_0 .. q_level; wiped by `forget`.
ring::Poly secret_poly(const SecretKey& secret, int level) {
  const std::size_t limbs = static_cast<std::size_t>(level) + 1;
  ring::Poly s(secret.params()->ring_degree(), limbs, ring::Form::kNtt);
  for (std::size_t j = 0; j < limbs; ++j) {
    std::copy(secret.reveal_limb(j).begin(), secret.reveal_limb(j).end(), s.limb(j).begin());
  }
  return s;
}

void forget(ring::Poly& poly) { secure_zero(std::as_writable_bytes(poly.words())); }

}  // namespace

ckks::KeySwitchKey make_relinearization_key(const SecretKey& secret, int level,
                                            RandomStream& random) {
  ring::Poly s = secret_poly(secret, level);
  ring::Poly square = ring::multiply(s, s, secret.params()->basis(level));
  ckks::KeySwitchKey key = make_key_switch_key(secret, square, level, random);
  forget(s);
  forget(square);
  return key;
}

ckks::KeySwitchKey make_galois_key(const SecretKey& secret, std::uint32_t galois_element, int level,
                                   RandomStream& random) {
  ring::Poly s = secret_poly(secret, level);
  ring::Poly image = ring::Automorphism(secret.params()->log_n(), galois_element).apply(s);
  ckks::KeySwitchKey key = make_key_switch_key(secret, image, level, random);
  forget(s);
  forget(image);
  return key;
}

ckks::KeySwitchKey make_evaluation_key(const SecretKey& secret, std::uint32_t element, int level,
                                       RandomStream& random) {
  return element == ckks::kRelinearization ? make_relinearization_key(secret, level, random)
                                           : make_galois_key(secret, element, level, random);
}

Status require_key_level(const ckks::Parameters& params, int level) {
  if (params.special_count() == 0) {
    return Error{ErrorCode::kMismatch,
                 "these parameters have no special primes, so no evaluation keys can be made"};
  }
  if (level <= params.max_level()) return {};
  return Error{ErrorCode::kMismatch, "an evaluation key at level " + std::to_string(level) +
                                         " is above the chain's " +
                                         std::to_string(params.max_level())};
}

Result<ckks::EvaluationKeys> make_evaluation_keys(const SecretKey& secret,
                                                  const circuit::KeyRequirements& requirements,
                                                  RandomStream& random, const Progress& progress) {
  const ckks::ParametersPtr& params = secret.params();
  const std::map<std::uint32_t, int> levels =
      ckks::key_levels(params->log_n(), requirements.relinearization_level,
                       requirements.rotation_levels, requirements.conjugation_level);
  ckks::EvaluationKeys keys{params, nullptr, {}};
  std::size_t made = 0;
  for (const auto& [element, level] : levels) {
    if (const Status fine = require_key_level(*params, level); !fine) return fine.error();
    keys.put(element, std::make_shared<const ckks::KeySwitchKey>(
                          make_evaluation_key(secret, element, level, random)));
    ++made;
    if (progress && !progress(static_cast<double>(made) / static_cast<double>(levels.size()))) {
      return Error{ErrorCode::kCancelled, "key generation was cancelled"};
    }
  }
  return keys;
}

}  // namespace salus::keys
