// A secret that only a passphrase opens.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace salus::keys {

/// What guessing costs. Argon2id (RFC 9106), one lane.
struct PassphraseCost {
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
  std::uint32_t passes = 3;
  bool operator==(const PassphraseCost&) const = default;
};

/// What a stored cost may be: below the first a guess is too cheap, above the second a hostile file
/// would exhaust the reader. The least is OWASP's floor for Argon2id.
inline constexpr PassphraseCost kLeastCost{std::uint64_t{19} << 20, 2};
inline constexpr PassphraseCost kMostCost{std::uint64_t{1} << 30, 16};
Status check_cost(const PassphraseCost& cost);

inline constexpr std::size_t kLeastPassphrase = 12;   // characters
inline constexpr std::size_t kMostPassphrase = 1024;  // bytes
/// Errors: kInvalidArgument, saying what is wrong with it and not what it is.
Status check_passphrase(std::string_view passphrase);

inline constexpr std::size_t kWrapOverhead = 56;  // salt, nonce, tag

/// salt (16) || nonce (24) || XChaCha20-Poly1305(content), the key Argon2id of the passphrase, with
/// `header` as associated data: neither changes without the other. Cost: that of a guess, 0.3 s to
/// 1 s. Errors: those of check_cost and check_passphrase; kLimit (no memory for it).
Result<Bytes> wrap(std::span<const std::byte> content, std::string_view passphrase, ByteView header,
                   const PassphraseCost& cost);

/// Errors: kDenied (a wrong passphrase, or header or content were changed: they cannot be told
/// apart), kParse (too short), those of check_cost.
Result<Secret<std::byte>> unwrap(ByteView wrapped, std::string_view passphrase, ByteView header,
                                 const PassphraseCost& cost);

}  // namespace salus::keys
