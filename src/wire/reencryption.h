// Public keys and re-encryption keys as objects: kinds 4 and 5 of docs/formats/container.md.
#pragma once

#include "ckks/reencryption.h"
#include "wire/container.h"

namespace salus::wire {

/// The header's key is the one that opens what is encrypted. Who answers for it signs the bytes
/// (keys::kPublicKeyContext).
Bytes write(const ckks::PublicKey& key);
/// The header's key is `from`, the body begins with `to`.
Bytes write(const ckks::ReencryptionKey& key);

/// Bytes that `write` would give, before anything is made.
std::uint64_t public_key_bytes(const ckks::Parameters& params, int level);
std::uint64_t reencryption_key_bytes(const ckks::Parameters& params, int level);

/// `params` is what the receiver expects. Errors: kMismatch (other parameters, another kind),
/// kParse, kVersion, kCorrupt, kLimit.
Result<ckks::PublicKey> read_public_key(ByteView bytes, const ckks::ParametersPtr& params);
Result<ckks::ReencryptionKey> read_reencryption_key(ByteView bytes,
                                                    const ckks::ParametersPtr& params);

/// What a re-encryption key says about itself before its residues.
struct ReencryptionKeyListing {
  Header header;  ///< key_id: from
  Digest to;
  int level = 0;
};
/// All that read_reencryption_key checks, in the memory of one limb and without the tables of a
/// parameter set: for a key that is to be kept and not used yet. `expected` is valid.
Result<ReencryptionKeyListing> verify_reencryption_key(ByteView bytes,
                                                       const ckks::ParametersLiteral& expected);
/// The same for a public key; gives its header. Errors: those of read_public_key.
Result<Header> verify_public_key(ByteView bytes, const ckks::ParametersLiteral& expected);

}  // namespace salus::wire
