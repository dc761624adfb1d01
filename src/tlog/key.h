// Verifier keys of logs and witnesses, and what their signatures are over.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus::tlog {

/// The signature types of C2SP signed-note that this build verifies. 0x06 (ML-DSA-44) is assigned,
/// but no library of ours has it: such signatures count as those of unknown keys.
enum class KeyType : std::uint8_t {
  kEd25519 = 0x01,      ///< over the note's text: what logs sign with
  kCosignature = 0x04,  ///< Ed25519 over the time and the text: what witnesses sign with
};

using PublicKey = std::array<std::byte, 32>;

/// "<name>+<8 hexadecimal digits of the id>+<base64 of type and public key>"; source: C2SP
/// signed-note, "Verifier keys".
struct VerifierKey {
  std::string name;
  KeyType type = KeyType::kEd25519;
  PublicKey public_key{};

  /// The first four bytes of SHA-256(name || 0x0A || type || public key), big-endian.
  std::uint32_t id() const;
  std::string text() const;
  /// Errors: kParse, also where the id is not that of the key; kVersion for other types.
  static Result<VerifierKey> parse(std::string_view text);

  bool operator==(const VerifierKey&) const = default;
};

inline constexpr std::size_t kEd25519SignatureBytes = 64;
/// The time, then the Ed25519 signature.
inline constexpr std::size_t kCosignatureBytes = 8 + kEd25519SignatureBytes;
/// Seconds since 1970; source: C2SP tlog-cosignature.
inline constexpr std::uint64_t kMaxCosignatureTime = (std::uint64_t{1} << 63) - 1;

/// What a cosignature signs: "cosignature/v1\ntime <seconds>\n" and the text.
std::string cosignature_message(std::uint64_t time, std::string_view text);

/// Whether `signature` (without the key id) is the key's over `text`.
bool verify_signature(const VerifierKey& key, std::string_view text, ByteView signature);

/// Seconds since 1970 that a cosignature states; 0 where it is too short for one.
std::uint64_t cosignature_time(ByteView signature);

/// Big-endian, as everything binary in a log is.
void append_big_endian(Bytes& out, std::uint64_t value, unsigned byte_count);
std::uint64_t load_big_endian(ByteView bytes);

}  // namespace salus::tlog
