// Keys by which a server re-encrypts an owner's results to somebody else, and the reader's side.
#pragma once

#include "ckks/reencryption.h"
#include "keys/identity.h"
#include "keys/secret_key.h"

namespace salus::keys {

/// What a reader signs a public key's bytes for (Identity::sign, verify). An owner who makes a
/// re-encryption key for an unsigned public key gives the twin to whoever put it there.
inline constexpr std::string_view kPublicKeyContext = "salus fhe public key 1";

/// The FHE key that an identity reads granted results with: of Identity::reader_seed(purpose), and
/// one for each parameter set. One purpose a grant or a study: a re-encryption key with this secret
/// opens the owner's.
Result<SecretKey> derive_reader_key(ckks::ParametersPtr params, const Identity& reader,
                                    std::string_view purpose);

/// From `from` to the holder of `to`, for ciphertexts at or below `level` (the lowest that results
/// leave at: the key is small there, and reaches no ciphertext of a higher level that is not
/// dropped first). For each digit d: (p_0 v + e_0 + P g_d s_from, p_1 v + e_1), fresh v, e_0, e_1
/// (the key switching of BV-PRE, Polyakov, Rohloff, Sahu and Vaikuntanathan, "Fast proxy
/// re-encryption for publish/subscribe systems", ACM TOPS 20(4), 2017, with the gadget of eprint
/// 2019/688). Noise and
/// warnings: ckks/reencryption.h. Errors: kMismatch (parameters; no special primes; a level above
/// the public key's), kInvalidArgument (both keys are the same).
Result<ckks::ReencryptionKey> make_reencryption_key(const SecretKey& from,
                                                    const ckks::PublicKey& to, int level,
                                                    RandomStream& random);

}  // namespace salus::keys
