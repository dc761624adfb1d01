#include "wire/limbs.h"

#include <bit>
#include <string>

#include "arith/modulus.h"

namespace salus::wire {

std::size_t packed_bytes(std::size_t count, std::uint64_t q) {
  return (count * static_cast<std::size_t>(std::bit_width(q)) + 7) / 8;
}

void append_packed(Bytes& out, kernel::ConstWords limb, std::uint64_t q) {
  const int bits = static_cast<int>(std::bit_width(q));
  arith::uint128 window = 0;  // bits not written yet, low ones first
  int held = 0;
  for (const std::uint64_t word : limb) {
    window |= static_cast<arith::uint128>(word) << held;
    held += bits;
    for (; held >= 8; held -= 8, window >>= 8) append_u8(out, static_cast<std::uint8_t>(window));
  }
  if (held > 0) append_u8(out, static_cast<std::uint8_t>(window));
}

Status read_packed(ByteView in, kernel::Words limb, std::uint64_t q) {
  check(in.size() == packed_bytes(limb.size(), q), "packed limb of another length");
  const int bits = static_cast<int>(std::bit_width(q));
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  arith::uint128 window = 0;
  int held = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < limb.size(); ++i) {
    for (; held < bits; held += 8) {
      window |= static_cast<arith::uint128>(std::to_integer<std::uint8_t>(in[next++])) << held;
    }
    limb[i] = static_cast<std::uint64_t>(window) & mask;
    window >>= bits;
    held -= bits;
    if (limb[i] >= q) {
      return Error{ErrorCode::kCorrupt,
                   "residue " + std::to_string(i) + " is not below its prime " + std::to_string(q)};
    }
  }
  if (window != 0) return Error{ErrorCode::kCorrupt, "padding bits of a limb are not zero"};
  return {};
}

}  // namespace salus::wire
