#include "base/bytes.h"

#include <sodium.h>

#include <bit>
#include <cstring>

namespace salus {
namespace {

static_assert(std::endian::native == std::endian::little, "words are stored as they lie in memory");

template <class Word>
void append_word(Bytes& out, Word value) {
  const auto* raw = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), raw, raw + sizeof(Word));
}

template <class Word>
Word load_word(ByteView in) {
  check(in.size() >= sizeof(Word), "load: not enough bytes");
  Word value;
  std::memcpy(&value, in.data(), sizeof(Word));
  return value;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

crypto_hash_sha256_state* raw(std::array<std::byte, 128>& state) {
  static_assert(sizeof(crypto_hash_sha256_state) <= 128);
  return reinterpret_cast<crypto_hash_sha256_state*>(state.data());
}

const unsigned char* raw(ByteView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

ByteView as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

void append_u8(Bytes& out, std::uint8_t value) { append_word(out, value); }
void append_u16(Bytes& out, std::uint16_t value) { append_word(out, value); }
void append_u32(Bytes& out, std::uint32_t value) { append_word(out, value); }
void append_u64(Bytes& out, std::uint64_t value) { append_word(out, value); }
void append_f64(Bytes& out, double value) { append_word(out, value); }
void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }
std::uint16_t load_u16(ByteView in) { return load_word<std::uint16_t>(in); }
std::uint32_t load_u32(ByteView in) { return load_word<std::uint32_t>(in); }
std::uint64_t load_u64(ByteView in) { return load_word<std::uint64_t>(in); }
double load_f64(ByteView in) { return load_word<double>(in); }

bool ByteReader::need(std::size_t count) {
  if (ok_ && remaining() < count) ok_ = false;
  return ok_;
}

ByteView ByteReader::bytes(std::size_t count) {
  if (!need(count)) return {};
  const ByteView out = in_.subspan(offset_, count);
  offset_ += count;
  return out;
}

std::uint8_t ByteReader::u8() { return need(1) ? std::to_integer<std::uint8_t>(bytes(1)[0]) : 0; }
std::uint16_t ByteReader::u16() { return need(2) ? load_u16(bytes(2)) : 0; }
std::uint32_t ByteReader::u32() { return need(4) ? load_u32(bytes(4)) : 0; }
std::uint64_t ByteReader::u64() { return need(8) ? load_u64(bytes(8)) : 0; }
double ByteReader::f64() { return need(8) ? load_f64(bytes(8)) : 0; }

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const std::byte b : bytes) {
    out.push_back(kDigits[std::to_integer<unsigned>(b) >> 4]);
    out.push_back(kDigits[std::to_integer<unsigned>(b) & 15]);
  }
  return out;
}

Result<Bytes> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return Error{ErrorCode::kParse, "hexadecimal text of odd length " + std::to_string(hex.size())};
  }
  Bytes out(hex.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      return Error{ErrorCode::kParse,
                   "not a hexadecimal digit near position " + std::to_string(2 * i)};
    }
    out[i] = static_cast<std::byte>(high * 16 + low);
  }
  return out;
}

std::string Digest::hex() const { return to_hex(bytes); }

Result<Digest> Digest::parse(std::string_view hex) {
  if (hex.size() != 64) {
    return Error{ErrorCode::kParse,
                 "a digest has 64 hexadecimal digits, this one has " + std::to_string(hex.size())};
  }
  const Result<Bytes> bytes = from_hex(hex);
  if (!bytes) return bytes.error();
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes->data(), digest.bytes.size());
  return digest;
}

Digest sha256(ByteView bytes) {
  Digest digest;
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.bytes.data()), raw(bytes),
                     bytes.size());
  return digest;
}

Sha256::Sha256() { crypto_hash_sha256_init(raw(state_)); }
void Sha256::update(ByteView bytes) {
  crypto_hash_sha256_update(raw(state_), raw(bytes), bytes.size());
}
Digest Sha256::finish() {
  Digest digest;
  crypto_hash_sha256_final(raw(state_), reinterpret_cast<unsigned char*>(digest.bytes.data()));
  return digest;
}

}  // namespace salus
