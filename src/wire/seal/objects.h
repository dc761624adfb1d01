// Microsoft SEAL's files (format 4.1, no compression) <-> Salus objects: what makes SEAL an
// independent oracle of the engine (tests/oracle).
//
// SEAL's chain index and level name the same primes; its special prime is p_0; scales are equal.
// Keys fit only parameters with one prime a digit and one special prime. A reader trusts nothing:
// counts are held against the bytes that are there before anything is allocated, residues are below
// their primes, identities are recomputed, and nothing may follow the object. Secret keys:
// keys/seal_secret_key.h.
#pragma once

#include "base/bytes.h"
#include "ckks/ciphertext.h"
#include "ckks/evaluation_keys.h"
#include "wire/seal/seed.h"

namespace salus::wire::seal {

inline constexpr std::uint64_t kMaxParts = 3;  ///< of a ciphertext: what the evaluator can make

/// A literal with SEAL's last prime as special prime (with one prime alone: no special prime) and
/// as many digits as data primes. Its primes are not looked at: ckks::Parameters::create does that.
/// Errors: kParse, kVersion, kNotBuilt (compressed), kLimit (more than 64 primes), kMismatch (a
/// scheme that is not CKKS, a ring degree that is no power of two from 2^10 to 2^17).
Result<ckks::ParametersLiteral> read_parameters(ByteView file, ckks::SecurityProfile security);
/// Errors (Defect): more than one special prime.
Bytes write_parameters(const ckks::Parameters& params);

/// Errors: kParse, kVersion, kNotBuilt, kMismatch (other parameters).
Result<ckks::Plaintext> read_plaintext(ByteView file, const ckks::ParametersPtr& params);
Bytes write(const ckks::Plaintext& plain);

/// Seeds of SEAL's Blake2xb generator are expanded. Errors: those of `read_plaintext`, kLimit
/// (parts), kNotBuilt (another generator).
Result<ckks::Ciphertext> read_ciphertext(ByteView file, const ckks::ParametersPtr& params);
Bytes write(const ckks::Ciphertext& ciphertext);
/// With c_1 = expand_uniform(seed) left out. Errors (Defect): not two parts.
Bytes write_seeded(const ckks::Ciphertext& ciphertext, const Seed& seed);

/// b + a s = e modulo q_0 .. q_L, p_0. Errors: those of `read_ciphertext`.
Result<ckks::KeySwitchKey::Digit> read_public_key(ByteView file, const ckks::ParametersPtr& params);
Bytes write_public_key(const ckks::Parameters& params, const ring::Poly& b, const ring::Poly& a);

/// The key for s^2 at the top level. Errors: those of `read_ciphertext`; kMismatch (parameters
/// without SEAL's gadget), kLimit (keys for higher powers).
Result<ckks::KeySwitchKey> read_relinearization_key(ByteView file,
                                                    const ckks::ParametersPtr& params);
/// Errors (Defect): another gadget, or a key below the top level; and so for Galois keys.
Bytes write_relinearization_key(const ckks::Parameters& params, const ckks::KeySwitchKey& key);

using GaloisKeys = std::map<std::uint32_t, ckks::KeySwitchKey>;  ///< by Galois element
Result<GaloisKeys> read_galois_keys(ByteView file, const ckks::ParametersPtr& params);
Bytes write_galois_keys(const ckks::Parameters& params, const GaloisKeys& keys);

}  // namespace salus::wire::seal
