// Bytes: views, little-endian words, hexadecimal, digests. std::byte everywhere.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);
Bytes to_bytes(ByteView view);

/// Appends / reads little-endian words. `load_*` need the bytes to be there (a Defect otherwise).
void append_u8(Bytes& out, std::uint8_t value);
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
void append_f64(Bytes& out, double value);
void append(Bytes& out, ByteView more);
std::uint16_t load_u16(ByteView in);
std::uint32_t load_u32(ByteView in);
std::uint64_t load_u64(ByteView in);
double load_f64(ByteView in);

/// Reads a byte string front to back. Every read is bounded; after a short read `ok()` is false,
/// reads return zeros, and `failed_at()` is the offset where bytes were missing.
class ByteReader {
 public:
  explicit ByteReader(ByteView in) : in_(in) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  double f64();
  ByteView bytes(std::size_t count);
  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return in_.size() - offset_; }
  bool ok() const { return ok_; }
  std::size_t failed_at() const { return offset_; }

 private:
  bool need(std::size_t count);
  ByteView in_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

std::string to_hex(ByteView bytes);
Result<Bytes> from_hex(std::string_view hex);

/// SHA-256. Names objects everywhere: content addressing, hashes of parameters and programs.
struct Digest {
  std::array<std::byte, 32> bytes{};
  bool operator==(const Digest&) const = default;
  // Not defaulted: the library of Emscripten 3.1 cannot compare arrays three ways.
  std::strong_ordering operator<=>(const Digest& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), bytes.size()) <=> 0;
  }
  std::string hex() const;
  static Result<Digest> parse(std::string_view hex);
};

Digest sha256(ByteView bytes);

/// SHA-256 of a stream.
class Sha256 {
 public:
  Sha256();
  void update(ByteView bytes);
  Digest finish();  ///< once

 private:
  alignas(16) std::array<std::byte, 128> state_{};
};

}  // namespace salus
