// What a forger of objects can do: change a field and fit the checksum to it. For tests.
#pragma once

#include <algorithm>

#include "base/bytes.h"

namespace salus::wire::test {

/// Replaces the checksum by the right one.
inline Bytes sealed(Bytes bytes) {
  const Digest checksum = sha256(ByteView(bytes).first(bytes.size() - 32));
  std::ranges::copy(checksum.bytes, bytes.end() - 32);
  return bytes;
}

inline Bytes with(Bytes bytes, std::size_t offset, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) {
    bytes.at(offset + static_cast<std::size_t>(i)) = static_cast<std::byte>(value >> (8 * i));
  }
  return sealed(std::move(bytes));
}

}  // namespace salus::wire::test
