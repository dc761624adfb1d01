// Files that hold one secret: a line that names the format, a line of JSON, the secret, a checksum.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"

namespace salus::client {

inline constexpr std::uint64_t kMaxSecretFileBytes = 64u << 10;

struct SecretFileFormat {
  std::string_view magic;    ///< "salus-secret-key "
  std::string_view version;  ///< "1"
  std::string_view what;     ///< for people: "key file"
  std::size_t body_bytes;
};

/// What one holds: its header, and the secret.
struct SecretFile {
  std::string header;  ///< JSON, one line
  Bytes head;          ///< everything before the secret: what an authenticated secret is bound to
  Secret<std::byte> body;
};

/// Everything before the secret. The header must be one line.
Bytes secret_file_head(const SecretFileFormat& format, std::string_view header);

///   MAGIC VERSION "\n" HEADER "\n" body_bytes bytes, 32 bytes SHA-256 of everything before
/// Written with mode 0600, whole or not at all. Errors: kConflict if `path` exists (a secret is
/// never overwritten), kNoSpace, kIo.
Status save_secret_file(const std::filesystem::path& path, const SecretFileFormat& format,
                        std::string_view header, std::span<const std::byte> body);

/// Errors: kNotFound, kDenied (others may read the file), kParse, kVersion, kCorrupt (truncated or
/// changed), kLimit.
Result<SecretFile> load_secret_file(const std::filesystem::path& path,
                                    const SecretFileFormat& format);

}  // namespace salus::client
