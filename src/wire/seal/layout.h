// The pieces that Microsoft SEAL's files are made of: headers, identities of parameters, arrays of
// words. Format 4.1, little-endian; docs/formats/seal.md draws it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "ckks/parameters.h"

namespace salus::wire::seal {

inline constexpr std::size_t kHeaderBytes = 16;

/// BLAKE2b-256 of the words (scheme, N, primes ..., plain modulus 0): names a level of a chain.
using ParametersId = std::array<std::byte, 32>;
ParametersId parameters_id(std::size_t ring_degree, std::span<const std::uint64_t> primes);

/// Of all primes, the special one last: where keys live. With no special prime, that of the top
/// level.
ParametersId key_id(const ckks::Parameters& params);
ParametersId level_id(const ckks::Parameters& params, int level);
/// The level that an identity names. Nothing: an identity of other parameters.
std::optional<int> level_of(const ckks::Parameters& params, const ParametersId& id);

/// SEAL knows one gadget: one prime a digit and one special prime.
/// Errors: kMismatch for parameters that are another.
Status require_seal_gadget(const ckks::Parameters& params);

/// "SEAL <what>: <why>"
Error malformed(std::string_view what, const std::string& why, ErrorCode code = ErrorCode::kParse);

void append_header(Bytes& out, std::uint64_t body_bytes);
/// Header and body as SEAL saves an object without compression.
Bytes wrap(ByteView body);
void append_wrapped(Bytes& out, ByteView body);

/// The body of the object that starts at the front of `in`; `in` moves behind it.
/// Errors: kParse, kVersion (not SEAL 4), kNotBuilt (compressed).
Result<ByteView> take_object(ByteReader& in, std::string_view what);
/// The body of the only object of a file.
Result<ByteView> only_object(ByteView file, std::string_view what);
/// Errors: kParse unless everything of `in` was there and has been read.
Status require_end(const ByteReader& in, std::string_view what);

ParametersId take_id(ByteReader& in);

/// SEAL's DynArray: a header, a count, that many words.
void append_array_header(Bytes& out, std::uint64_t count);
void append_words(Bytes& out, std::span<const std::uint64_t> words);
/// The words of an array, still as bytes. Errors: kParse (its size is not 8 bytes a word).
Result<ByteView> take_array(ByteReader& in, std::string_view what);

/// Limbs in NTT form, every residue below its prime. Errors: kParse.
Result<ring::Poly> to_poly(ByteView words, std::size_t ring_degree, ring::BasisView basis,
                           std::string_view what);

}  // namespace salus::wire::seal
