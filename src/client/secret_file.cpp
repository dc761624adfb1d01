#include "client/secret_file.h"

#include <algorithm>

#include "base/file.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

/// Bytes that held a secret are wiped wherever they end.
class Wiped {
 public:
  explicit Wiped(Bytes content) : bytes(std::move(content)) {}
  ~Wiped() { secure_zero(bytes); }
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  Bytes bytes;
};

std::string named(const SecretFileFormat& format, const fs::path& path) {
  return std::string(format.what) + " " + path.string();
}

Error damaged(const SecretFileFormat& format, const fs::path& path, const std::string& why) {
  return Error{ErrorCode::kCorrupt, named(format, path) + ": " + why +
                                        "; restore it from its copy, it cannot be made again"};
}

}  // namespace

Bytes secret_file_head(const SecretFileFormat& format, std::string_view header) {
  check(header.find('\n') == std::string_view::npos, "a header of one line");
  Bytes out;
  for (const std::string_view part :
       {format.magic, format.version, std::string_view("\n"), header, std::string_view("\n")})
    append(out, as_bytes(part));
  return out;
}

Status save_secret_file(const fs::path& path, const SecretFileFormat& format,
                        std::string_view header, std::span<const std::byte> body) {
  check(body.size() == format.body_bytes, "a secret of the format's length");
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return Error{ErrorCode::kConflict,
                 named(format, path) + " exists and is never overwritten; choose another name"};
  }
  Wiped file{Bytes{}};
  file.bytes.reserve(kMaxSecretFileBytes);  // no reallocation that would leave a copy of the secret
  append(file.bytes, secret_file_head(format, header));
  append(file.bytes, body);
  append(file.bytes, sha256(file.bytes).bytes);
  return write_file(path, file.bytes, FileMode::kOwnerOnly);
}

Result<SecretFile> load_secret_file(const fs::path& path, const SecretFileFormat& format) {
  if (Status s = require_private(format.what, path); !s) return s.error();
  Result<Bytes> read = read_file(path, kMaxSecretFileBytes);
  if (!read) return read.error();
  const Wiped file(std::move(read).value());
  const ByteView all = file.bytes;

  const std::string_view text = as_text(all);
  if (!text.starts_with(format.magic))
    return Error{ErrorCode::kParse, path.string() + " is not a Salus " + std::string(format.what)};
  const auto first = text.find('\n');
  if (first == std::string_view::npos) return damaged(format, path, "truncated in its first line");
  const std::string_view version = text.substr(format.magic.size(), first - format.magic.size());
  if (version != format.version) {
    return Error{ErrorCode::kVersion,
                 named(format, path) + " has version " + std::string(version.substr(0, 16)) +
                     ", this build reads version " + std::string(format.version)};
  }
  const auto second = text.find('\n', first + 1);
  if (second == std::string_view::npos) return damaged(format, path, "truncated in its header");
  const std::size_t expected = second + 1 + format.body_bytes + sizeof(Digest::bytes);
  if (all.size() != expected) {
    return damaged(format, path,
                   std::to_string(all.size()) + " bytes, expected " + std::to_string(expected));
  }
  const ByteView body = all.first(expected - sizeof(Digest::bytes));
  const Digest sum = sha256(body);
  if (!std::ranges::equal(sum.bytes, all.subspan(body.size())))
    return damaged(format, path, "its checksum does not match");
  SecretFile out{std::string(text.substr(first + 1, second - first - 1)),
                 to_bytes(all.first(second + 1)), Secret<std::byte>(format.body_bytes)};
  std::ranges::copy(body.last(format.body_bytes), out.body.reveal().begin());
  return out;
}

}  // namespace salus::client
