// The text that all files of a log are made of: base64, decimal numbers, lines, UTF-8. Strict:
// every value has one spelling, so that no two texts mean the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus::tlog {

/// RFC 4648 section 4, with padding.
std::string encode_base64(ByteView bytes);

/// The inverse. Errors: kParse for anything that encode_base64 would not have written.
Result<Bytes> decode_base64(std::string_view text);

/// A SHA-256 as base64 of exactly 32 bytes. Errors: kParse.
Result<Digest> decode_digest(std::string_view text);
std::string encode_digest(const Digest& digest);

/// ASCII digits without sign and leading zeros. Errors: kParse, also above `limit`.
Result<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t limit);

/// Hands out lines; each ends in a newline, which is not part of it. The view that it is made from
/// outlives it.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}
  /// Nothing at the end, and nothing where the last line has no newline.
  std::optional<std::string_view> next();
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Valid UTF-8 (RFC 3629: no surrogates, nothing overlong) without control characters below U+0020
/// other than newline. Source: C2SP signed-note.
bool is_note_text(std::string_view text);

/// A key's name: not empty, UTF-8, no Unicode space, no control character, no plus; at most
/// kMaxNameBytes. Source: C2SP signed-note.
bool is_key_name(std::string_view name);

inline constexpr std::size_t kMaxNameBytes = 255;

}  // namespace salus::tlog
