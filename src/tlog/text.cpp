#include "tlog/text.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace salus::tlog {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;

/// The code point that starts `text`, which is moved behind it; nothing where there is none.
std::optional<char32_t> next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  std::size_t length = 1;
  char32_t point = lead;
  char32_t least = 0;  // what needs this length
  if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, point = lead & 0x07, least = 0x10000;
  } else if (lead >= 0xe0 && lead < 0xf0) {
    length = 3, point = lead & 0x0f, least = 0x800;
  } else if (lead >= 0xc2 && lead < 0xe0) {
    length = 2, point = lead & 0x1f, least = 0x80;
  } else if (lead >= 0x80) {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3f);
  }
  if (point < least || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
  text.remove_prefix(length);
  return point;
}

/// Of property White_Space (Unicode 15).
bool is_unicode_space(char32_t point) {
  constexpr std::array<char32_t, 9> kSingle = {0x20,   0x85,   0xa0,   0x1680, 0x2028,
                                               0x2029, 0x202f, 0x205f, 0x3000};
  return (point >= 0x09 && point <= 0x0d) || (point >= 0x2000 && point <= 0x200a) ||
         std::find(kSingle.begin(), kSingle.end(), point) != kSingle.end();
}

}  // namespace

std::string encode_base64(ByteView bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  out.pop_back();  // the terminating zero
  return out;
}

Result<Bytes> decode_base64(std::string_view text) {
  Bytes out(text.size() / 4 * 3 + 3);
  std::size_t length = 0;
  const char* end = nullptr;
  const int status = sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                       text.data(), text.size(), nullptr, &length, &end, kVariant);
  out.resize(length);
  // Encoding again leaves one spelling: no unused bits, no missing padding, nothing behind.
  if (status != 0 || encode_base64(out) != text) {
    return Error{ErrorCode::kParse, "not canonical base64 (RFC 4648 section 4, with padding): " +
                                        std::to_string(text.size()) + " characters"};
  }
  return out;
}

Result<Digest> decode_digest(std::string_view text) {
  constexpr std::size_t kEncoded = 44;
  if (text.size() != kEncoded) {
    return Error{ErrorCode::kParse,
                 "a hash is 44 characters of base64, not " + std::to_string(text.size())};
  }
  const Result<Bytes> bytes = decode_base64(text);
  if (!bytes) return bytes.error();
  Digest digest;
  if (bytes->size() != digest.bytes.size()) {
    return Error{ErrorCode::kParse, "a hash is 32 bytes, not " + std::to_string(bytes->size())};
  }
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

std::string encode_digest(const Digest& digest) { return encode_base64(digest.bytes); }

Result<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t limit) {
  const Error wrong{ErrorCode::kParse, "not a decimal number without leading zeros from 0 to " +
                                           std::to_string(limit)};
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return wrong;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return wrong;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > limit / 10 || digit > limit - value * 10) return wrong;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<std::string_view> LineReader::next() {
  const std::size_t end = rest_.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return line;
}

bool is_note_text(std::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> point = next_code_point(text);
    if (!point || (*point < 0x20 && *point != '\n')) return false;
  }
  return true;
}

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  while (!name.empty()) {
    const std::optional<char32_t> point = next_code_point(name);
    if (!point || *point < 0x20 || *point == '+' || is_unicode_space(*point)) return false;
  }
  return true;
}

}  // namespace salus::tlog
