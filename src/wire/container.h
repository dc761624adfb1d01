// Salus objects as bytes, version 1: docs/formats/container.md draws the layout.
//
// Everything is little-endian. A reader trusts nothing: parameters, then sizes computed from the
// header, are held against what is expected and against the bytes that are there before anything is
// allocated; the last 32 bytes are the SHA-256 of all before them; every residue must be below its
// prime.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "ckks/ciphertext.h"
#include "ckks/evaluation_keys.h"
#include "wire/limits.h"

namespace salus::wire {

/// Kind 2 is how one object held all keys of a twin; it stays readable. Kinds 4 and 5:
/// wire/reencryption.h.
enum class Kind : std::uint16_t {
  kCiphertext = 1,
  kEvaluationKeys = 2,
  kEvaluationKey = 3,
  kPublicKey = 4,
  kReencryptionKey = 5
};

inline constexpr std::uint16_t kVersion = 1;

/// What every object says about itself before its residues.
struct Header {
  Kind kind = Kind::kCiphertext;
  ckks::ParametersLiteral parameters;
  /// Public name of the secret key it belongs to: keys::SecretKey::id(); of a re-encryption key,
  /// the one whose ciphertexts it takes. Objects of different keys do not fit together; saying so
  /// early is kinder than noise after decryption.
  Digest key_id;
};

/// Reads and checks the header only. Errors: kParse (with offset), kVersion, kLimit.
Result<Header> read_header(ByteView bytes);

/// The object has exactly the bytes that its header and the fields behind it announce, and its
/// evaluation keys are in order. Costs nothing that the object could inflate: for what comes from
/// outside, to be asked before `parameters_of` makes tables.
/// Errors: kParse with both sizes, kVersion, kLimit.
Status require_announced_size(ByteView bytes);

/// The parameters of a header, validated: the security table is enforced here for everything that
/// comes from outside. Errors: those of ckks::Parameters::create.
Result<ckks::ParametersPtr> parameters_of(const Header& header);

Bytes write(const ckks::Ciphertext& ciphertext, const Digest& key_id);
Bytes write(const ckks::SeededCiphertext& ciphertext, const Digest& key_id);
/// Errors (Defect): keys without seeds.
Bytes write(const ckks::EvaluationKeys& keys, const Digest& key_id);
/// One key, for products (ckks::kRelinearization) or of a Galois element. Errors (Defect): a key
/// without a seed.
Bytes write(const ckks::Parameters& params, std::uint32_t element, const ckks::KeySwitchKey& key,
            const Digest& key_id);

/// Bytes that `write` would give, before anything is made.
std::uint64_t ciphertext_bytes(const ckks::Parameters& params, int level, bool seeded);
std::uint64_t evaluation_key_bytes(const ckks::Parameters& params, int level);

struct ReadCiphertext {
  Digest key_id;
  ckks::Ciphertext ciphertext;  ///< seeds are expanded
};
/// `params` is what the receiver expects. Errors: kMismatch (other parameters, both hashes named),
/// kParse, kVersion, kCorrupt, kLimit.
Result<ReadCiphertext> read_ciphertext(ByteView bytes, const ckks::ParametersPtr& params);

struct ReadEvaluationKeys {
  Digest key_id;
  ckks::EvaluationKeys keys;
};
Result<ReadEvaluationKeys> read_evaluation_keys(ByteView bytes, const ckks::ParametersPtr& params);

struct ReadEvaluationKey {
  Digest key_id;
  std::uint32_t element = 0;
  ckks::KeySwitchKey key;
};
Result<ReadEvaluationKey> read_evaluation_key(ByteView bytes, const ckks::ParametersPtr& params);
/// All that read_evaluation_key checks, in the memory of one limb and without the tables of a
/// parameter set: for a key that is to be kept and not used yet. `expected` is valid.
Status verify_evaluation_key(ByteView bytes, const ckks::ParametersLiteral& expected);

/// What an object of kind 2 or 3 says about its keys before their residues.
struct KeyListing {
  Header header;
  std::map<std::uint32_t, int> levels;  ///< by element
};
/// Costs a few hundred bytes, whatever the object's size. Errors: kMismatch (another kind), kParse,
/// kVersion, kLimit.
Result<KeyListing> list_evaluation_keys(ByteView bytes);

}  // namespace salus::wire
