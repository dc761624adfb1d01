// The secret key, and what only its holder can do. Client side: no server links this folder.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"
#include "circuit/circuit.h"
#include "ckks/ciphertext.h"
#include "ckks/evaluation_keys.h"
#include "ckks/reencryption.h"

namespace salus::keys {

inline constexpr std::size_t kRootSeedBytes = 32;

/// A uniform ternary secret s, kept as its values modulo q_0 .. q_L, p_0 .. in NTT form.
class SecretKey {
 public:
  /// s sampled from HKDF-SHA256(root, label): equal (parameters, root, label) give equal keys;
  /// nothing but the root needs to be stored. One label a twin: a leaked key exposes one twin.
  /// Errors: kInvalidArgument (root is not 32 bytes).
  static Result<SecretKey> derive(ckks::ParametersPtr params, std::span<const std::byte> root,
                                  std::string_view label);

  /// From ternary coefficients: for interoperation tests with other libraries' keys.
  /// Errors: kInvalidArgument (count, or a coefficient outside {-1, 0, 1}).
  static Result<SecretKey> from_coefficients(ckks::ParametersPtr params,
                                             std::span<const std::int64_t> coefficients);

  const ckks::ParametersPtr& params() const { return params_; }
  /// A public name of this key: a hash of a value derived one-way from the secret.
  const Digest& id() const { return id_; }

  /// Values of s modulo the j-th of (q_0 .. q_L, p_0 .. p_{K-1}).
  std::span<const std::uint64_t> reveal_limb(std::size_t j) const {
    return values_.reveal().subspan(j * params_->ring_degree(), params_->ring_degree());
  }

 private:
  SecretKey(ckks::ParametersPtr params, Secret<std::uint64_t> values, const Digest& id);
  static SecretKey from_checked(ckks::ParametersPtr params,
                                std::span<const std::int64_t> coefficients);
  ckks::ParametersPtr params_;
  Secret<std::uint64_t> values_;
  Digest id_;
};

/// A fresh encryption m + e - a s, a expanded from a new seed. Level and scale are the plaintext's.
/// Noise: e, centred binomial of sigma 3.24. Cost: l + 1 transforms.
/// Errors: kMismatch (parameters).
Result<ckks::SeededCiphertext> encrypt(const SecretKey& secret, const ckks::Plaintext& plain,
                                       RandomStream& random);

/// m + noise = c_0 + c_1 s + c_2 s^2 modulo q_0 .. q_l. The values belong to the key holder alone:
/// sharing them leaks the key (Li and Micciancio, eprint 2020/1533) unless a release gate rounds
/// them. Errors: kMismatch (parameters).
Result<ckks::Plaintext> decrypt(const SecretKey& secret, const ckks::Ciphertext& ciphertext);

using ckks::PublicKey;
PublicKey make_public_key(const SecretKey& secret, RandomStream& random);
/// With the primes of this level alone: for what is encrypted or re-encrypted there. Errors:
/// kMismatch (a level outside the chain).
Result<PublicKey> make_public_key(const SecretKey& secret, int level, RandomStream& random);

/// (b v + e_0 + m, a v + e_1), v ternary. Noise: sqrt((4 N / 3) + 1) sigma in each coefficient.
/// Errors: kMismatch (parameters, or a level above the key's).
Result<ckks::Ciphertext> encrypt(const PublicKey& key, const ckks::Plaintext& plain,
                                 RandomStream& random);

/// A key that switches part * s' to (1, s), s' given modulo q_0 .. q_level in NTT form.
ckks::KeySwitchKey make_key_switch_key(const SecretKey& secret, const ring::Poly& from, int level,
                                       RandomStream& random);
ckks::KeySwitchKey make_relinearization_key(const SecretKey& secret, int level,
                                            RandomStream& random);
ckks::KeySwitchKey make_galois_key(const SecretKey& secret, std::uint32_t galois_element, int level,
                                   RandomStream& random);
/// Whichever of the two the element names (ckks::kRelinearization or a Galois element).
ckks::KeySwitchKey make_evaluation_key(const SecretKey& secret, std::uint32_t element, int level,
                                       RandomStream& random);
/// Keys of this level can be made. Errors: kMismatch (no special primes, level above the chain).
Status require_key_level(const ckks::Parameters& params, int level);

/// Called after each key with the fraction made so far; returns false to stop.
using Progress = std::function<bool(double)>;

/// All keys that a circuit needs, each at the level where it is used.
/// Errors: kMismatch (no special primes, level above the chain), kCancelled.
Result<ckks::EvaluationKeys> make_evaluation_keys(const SecretKey& secret,
                                                  const circuit::KeyRequirements& requirements,
                                                  RandomStream& random,
                                                  const Progress& progress = {});

}  // namespace salus::keys
