// How a Salus object is laid out: the fields between its residues, and how long it must be. Works
// on the header's numbers alone: no parameters are made and nothing is allocated but the list of
// primes, so that an object which lies about itself costs nothing.
#pragma once

#include "wire/container.h"

namespace salus::wire {

inline constexpr std::string_view kMagic = "SALUSOBJ";
inline constexpr std::size_t kDigestBytes = 32;
inline constexpr std::size_t kSeedBytes = 32;
inline constexpr std::uint64_t kCiphertextFieldBytes = 1 + 1 + 2 + 8;  ///< parts .. scale
inline constexpr std::uint64_t kKeyFieldBytes = 4 + 2 + kSeedBytes;    ///< element, level, seed
inline constexpr std::uint64_t kPublicKeyFieldBytes = 2 + kSeedBytes;  ///< level, seed
inline constexpr std::uint64_t kReencryptionKeyFieldBytes = kDigestBytes + 2;  ///< to, level

std::uint64_t header_bytes(const ckks::ParametersLiteral& literal);
/// Residues of one polynomial modulo q_0 .. q_level.
std::uint64_t poly_bytes(const ckks::ParametersLiteral& literal, int level);
/// Residues of one polynomial modulo q_0 .. q_level, p_0 ..
std::uint64_t extended_poly_bytes(const ckks::ParametersLiteral& literal, int level);
/// Digits of a key at this level.
std::size_t digit_count(const ckks::ParametersLiteral& literal, int level);
/// Fields, and residues of b_d modulo q_0 .. q_level, p_0 .. for every digit d.
std::uint64_t key_bytes(const ckks::ParametersLiteral& literal, int level);

/// Errors: kParse (with offset), kVersion, kLimit.
Result<Header> read_header(ByteReader& in);

struct CiphertextFields {
  int parts;
  bool seeded;
  int level;
  double scale;
};
/// Errors: kParse for fields that no ciphertext of these parameters has.
Result<CiphertextFields> read_ciphertext_fields(ByteReader& in,
                                                const ckks::ParametersLiteral& literal);

struct KeySetFields {
  bool relinearization;
  std::uint32_t galois_count;
  std::uint32_t count() const { return galois_count + (relinearization ? 1 : 0); }
};
/// Errors: kParse, kLimit.
Result<KeySetFields> read_key_set_fields(ByteReader& in, const ckks::ParametersLiteral& literal);

struct KeyFields {
  std::uint32_t element;  ///< 0: relinearization
  int level;
  Seed seed;
};
/// Errors: kParse.
Result<KeyFields> read_key_fields(ByteReader& in, const ckks::ParametersLiteral& literal);

struct PublicKeyFields {
  int level;
  Seed seed;
};
/// Errors: kParse.
Result<PublicKeyFields> read_public_key_fields(ByteReader& in,
                                               const ckks::ParametersLiteral& literal);

struct ReencryptionKeyFields {
  Digest to;
  int level;
};
/// Errors: kParse (a level above the chain; from a key to itself).
Result<ReencryptionKeyFields> read_reencryption_key_fields(ByteReader& in, const Header& header);

/// The object, read up to the end of its header, has the bytes that the fields behind it announce,
/// and its evaluation keys are in order. Errors: kParse with both sizes, kLimit.
Status require_layout(ByteReader in, const Header& header);

/// Which keys an object of kind 2 or 3 holds, by element with their levels; residues are stepped
/// over. `in` stands behind the header of an object that passed require_layout.
std::map<std::uint32_t, int> list_keys(ByteReader in, const Header& header);

}  // namespace salus::wire
