// Residues as packed bits: a limb of N words below q takes N * bit_width(q) bits, low bits first.
#pragma once

#include "base/bytes.h"
#include "kernel/kernel_table.h"

namespace salus::wire {

std::size_t packed_bytes(std::size_t count, std::uint64_t q);

void append_packed(Bytes& out, kernel::ConstWords limb, std::uint64_t q);

/// Errors: kCorrupt if a residue is not below q. `in` holds exactly packed_bytes bytes.
Status read_packed(ByteView in, kernel::Words limb, std::uint64_t q);

}  // namespace salus::wire
