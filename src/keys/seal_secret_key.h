// Secret keys in Microsoft SEAL's format (4.1, no compression): for the oracle tests.
#pragma once

#include "keys/secret_key.h"

namespace salus::keys {

/// Errors: kParse, kVersion, kNotBuilt (compressed), kMismatch (other parameters), kCorrupt (limbs
/// that are not one ternary polynomial).
Result<SecretKey> read_seal_secret_key(ByteView file, const ckks::ParametersPtr& params);

/// The caller wipes what it copies out. Errors (Defect): more than one special prime.
Secret<std::byte> write_seal_secret_key(const SecretKey& secret);

}  // namespace salus::keys
