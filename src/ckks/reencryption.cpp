#include "ckks/reencryption.h"

#include <string>

#include "ckks/key_switch.h"
#include "ring/sampling.h"

namespace salus::ckks {
namespace {

Status require(const Ciphertext& a, const Digest& under, const ReencryptionKey& key) {
  if (under != key.from) {
    return Error{ErrorCode::kMismatch, "re-encryption: the ciphertext is under key " + under.hex() +
                                           ", the re-encryption key takes those under " +
                                           key.from.hex()};
  }
  if (!same_parameters(a.params, key.params)) {
    return Error{ErrorCode::kMismatch,
                 "re-encryption: the ciphertext has other parameters than the key"};
  }
  if (a.parts.size() != 2) {
    return Error{ErrorCode::kMismatch, "re-encryption: a ciphertext of " +
                                           std::to_string(a.parts.size()) +
                                           " parts; relinearize it first"};
  }
  if (a.level <= key.key.level) return {};
  return Error{ErrorCode::kMismatch, "re-encryption: the ciphertext is at level " +
                                         std::to_string(a.level) + ", the key serves level " +
                                         std::to_string(key.key.level) + " and below"};
}

// q_(l+1) c_1 modulo q_0 .. q_(l+1): zero in the last limb.
ring::Poly raise(const Ciphertext& a) {
  const std::size_t limbs = static_cast<std::size_t>(a.level) + 1;
  ring::Poly out(a.params->ring_degree(), limbs + 1, ring::Form::kNtt);
  const std::uint64_t spare = a.params->q(a.level + 1).value();
  for (std::size_t j = 0; j < limbs; ++j) {
    const arith::Modulus& q = a.params->q(static_cast<int>(j));
    kernel::active().multiply_scalar(a.parts[1].limb(j), arith::Factor(q.reduce(spare), q),
                                     out.limb(j), q);
  }
  return out;
}

}  // namespace

ring::Poly PublicKey::expand(const Parameters& params, const Seed& seed, int level) {
  return ring::expand_uniform(seed, 0, params.ring_degree(), params.extended_basis(level));
}

std::size_t ReencryptionKey::byte_count(const Parameters& params, int level) {
  return KeySwitchKey::byte_count(params, level, /*seeded=*/false);
}

Result<Ciphertext> reencrypt(const Ciphertext& a, const Digest& under, const ReencryptionKey& key,
                             const Flooding& flooding, RandomStream& random) {
  if (const Status fine = require(a, under, key); !fine) return fine.error();
  return reencrypt_unflooded(flood(a, flooding, random), under, key);
}

Result<Ciphertext> reencrypt_unflooded(const Ciphertext& a, const Digest& under,
                                       const ReencryptionKey& key) {
  if (const Status fine = require(a, under, key); !fine) return fine.error();
  const bool spare = key.key.level > a.level;
  const ring::Poly raised = spare ? raise(a) : ring::Poly();
  const Decomposition digits(*a.params, spare ? a.level + 1 : a.level, spare ? raised : a.parts[1]);
  std::vector<ring::Poly> parts =
      switch_key(digits, {.key = key.key, .add = {}}, /*primes=*/spare ? 1 : 0);
  ring::add_to(parts[0], a.parts[0], a.params->basis(a.level));
  return Ciphertext{a.params, a.level, a.scale, std::move(parts)};
}

}  // namespace salus::ckks
