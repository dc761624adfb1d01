// What every kind of object is made of: how one is begun, sealed and opened, and its polynomials.
#pragma once

#include "wire/container.h"

namespace salus::wire {

/// The header.
Bytes begin(Kind kind, const ckks::Parameters& params, const Digest& key_id);
void append_poly(Bytes& out, const ring::Poly& poly, ring::BasisView basis);
/// With the checksum behind it.
Bytes finish(Bytes out);

/// Kind, parameters, lengths and checksum fit, in this order; leaves the reader behind the header.
/// Nothing of the object's size is allocated before.
/// Errors: kMismatch, kParse, kVersion, kCorrupt, kLimit.
Result<Header> open(ByteView bytes, ByteReader& in, Kind kind,
                    const ckks::ParametersLiteral& params);

/// Errors: kCorrupt (a residue that is not below its prime).
Result<ring::Poly> read_poly(ByteReader& in, const ckks::Parameters& params, ring::BasisView basis);

/// All residues up to the checksum, polynomials modulo q_0 .. q_level, p_0 .., are below their
/// primes: in the memory of one limb. Errors: kCorrupt.
Status verify_residues(ByteReader& in, const ckks::ParametersLiteral& expected, int level);

}  // namespace salus::wire
