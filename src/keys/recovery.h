// An identity's root on paper: for its owner as one code, for guardians as shares.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"

namespace salus::keys {

/// The root and a checksum of 24 bits as 14 groups of four letters and digits (Crockford's base 32,
/// without I, L, O and U). Whoever has it is the identity. Errors: none; root is 32 bytes.
Secret<char> recovery_code(std::span<const std::byte> root);

/// In any case, with or without spaces and hyphens; O reads as 0, I and L as 1.
/// Errors: kParse (length, a character), kCorrupt (the checksum: a typing error).
Result<Secret<std::byte>> read_recovery_code(std::string_view text);

inline constexpr int kMostShares = 100;

/// `count` shares of which any `threshold` give the root back, and fewer say nothing about it
/// (Shamir, Commun. ACM 22 (1979) 612, in GF(2^8); libgfshare). A line each:
///   "salus-share 1 IDENTITY THRESHOLD NUMBER CODE"
/// IDENTITY is PublicIdentity::id, so that guardians know whose share they keep.
/// Errors: kInvalidArgument (2 <= threshold <= count <= 100).
Result<std::vector<Secret<char>>> split(std::span<const std::byte> root, int threshold, int count);

/// The root from shares as split() writes them, in any order; blank lines do not count.
/// Errors: kParse, kVersion, kCorrupt (a checksum, or shares that give another identity than they
/// name), kMismatch (shares of different identities or splits, one number twice), kInvalidArgument
/// (too few, with how many are missing), kLimit.
Result<Secret<std::byte>> combine(std::span<const std::string> shares);

}  // namespace salus::keys
