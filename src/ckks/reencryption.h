// From a ciphertext under one key to one under another, by whoever holds neither (proxy
// re-encryption). What travels: the reader's public key, and the re-encryption key that the owner
// makes for it (keys/reencryption.h).
#pragma once

#include "ckks/evaluation_keys.h"
#include "ckks/flooding.h"

namespace salus::ckks {

/// b + a s = e modulo q_0 .. q_level P, `a` expanded from the seed: lets others encrypt to the
/// holder of s, and re-encrypt to them what lies at or below `level`. In NTT form, level + 1 + K
/// limbs.
struct PublicKey {
  ParametersPtr params;
  Digest key_id;  ///< of s
  int level = 0;
  Seed seed{};
  ring::Poly b;
  ring::Poly a;

  /// a, from the seed.
  static ring::Poly expand(const Parameters& params, const Seed& seed, int level);
};

/// Encryptions (b_d, a_d) of P g_d s_from under the key `to`, one a digit d, without a seed: b_d =
/// p_0 v + e_0 + P g_d s_from, a_d = p_1 v + e_1 with (p_0, p_1) the public key of `to` and v
/// ternary.
///
/// Whoever holds it AND the secret of `to` has the secret of `from`: a reader and a server who work
/// together read all that `from` ever encrypted. It also serves every ciphertext under `from` at or
/// below its level, not only the result that it was made for. So: one `from` a twin, the lowest
/// level, deleted when the grant ends.
struct ReencryptionKey {
  ParametersPtr params;
  Digest from;  ///< id of the key whose ciphertexts it takes
  Digest to;    ///< id of the key that opens what it gives
  KeySwitchKey key;

  /// Bytes of the residues on the wire.
  static std::size_t byte_count(const Parameters& params, int level);
};

/// The same values under key.to: (c_0 + f + b', a') with b' + a' s_to = c_1 s_from but for the
/// noise of NoiseLedger::reencrypt, f the flooding. Level and scale stay. `under` is the id of the
/// key that `a` is said to be under.
///
/// The plan's `noise` includes that of the re-encryption: the reader, who knows s_to, sees
/// m + e + f + e' and learns no more about s_from than the exact result m tells. That reader's
/// view, a' included, is made from m, a, the public key and f alone but for a relative entropy of
/// |e + e'|^2 / (2 sigma^2), since f is drawn independently of both.
///
/// A key of a higher level than the ciphertext's lends a spare prime: q_(l+1) c_1 is switched
/// modulo q_0 .. q_(l+1) P and divided by P q_(l+1), so that the key's errors, sqrt(4 N / 3) times
/// those of other keys, all but vanish. With one special prime do so always: it is worth 18 bits.
///
/// Cost: one key switch, one sampling. Errors: kMismatch (`under` is not key.from, with both ids;
/// parameters; three parts; a level above the key's).
Result<Ciphertext> reencrypt(const Ciphertext& a, const Digest& under, const ReencryptionKey& key,
                             const Flooding& flooding, RandomStream& random);

/// Without flooding: for a reader who may know the secret of `from`, a person's own second device.
Result<Ciphertext> reencrypt_unflooded(const Ciphertext& a, const Digest& under,
                                       const ReencryptionKey& key);

}  // namespace salus::ckks
