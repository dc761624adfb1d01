#include "wire/reencryption.h"

#include "wire/layout.h"
#include "wire/object.h"

namespace salus::wire {

Bytes write(const ckks::PublicKey& key) {
  Bytes out = begin(Kind::kPublicKey, *key.params, key.key_id);
  append_u16(out, static_cast<std::uint16_t>(key.level));
  append(out, key.seed);
  append_poly(out, key.b, key.params->extended_basis(key.level));
  return finish(std::move(out));
}

Bytes write(const ckks::ReencryptionKey& key) {
  const ring::BasisView basis = key.params->extended_basis(key.key.level);
  Bytes out = begin(Kind::kReencryptionKey, *key.params, key.from);
  append(out, key.to.bytes);
  append_u16(out, static_cast<std::uint16_t>(key.key.level));
  for (const ckks::KeySwitchKey::Digit& digit : key.key.digits) {
    append_poly(out, digit.b, basis);
    append_poly(out, digit.a, basis);
  }
  return finish(std::move(out));
}

std::uint64_t public_key_bytes(const ckks::Parameters& params, int level) {
  return header_bytes(params.literal()) + kPublicKeyFieldBytes +
         extended_poly_bytes(params.literal(), level) + kDigestBytes;
}

std::uint64_t reencryption_key_bytes(const ckks::Parameters& params, int level) {
  const ckks::ParametersLiteral& literal = params.literal();
  return header_bytes(literal) + kReencryptionKeyFieldBytes +
         2 * digit_count(literal, level) * extended_poly_bytes(literal, level) + kDigestBytes;
}

Result<ckks::PublicKey> read_public_key(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kPublicKey, params->literal());
  if (!header) return header.error();
  const Result<PublicKeyFields> fields = read_public_key_fields(in, params->literal());
  if (!fields) return fields.error();
  Result<ring::Poly> b = read_poly(in, *params, params->extended_basis(fields->level));
  if (!b) return b.error();
  return ckks::PublicKey{
      params,       header->key_id, fields->level,
      fields->seed, std::move(*b),  ckks::PublicKey::expand(*params, fields->seed, fields->level)};
}

Result<ckks::ReencryptionKey> read_reencryption_key(ByteView bytes,
                                                    const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kReencryptionKey, params->literal());
  if (!header) return header.error();
  const Result<ReencryptionKeyFields> fields = read_reencryption_key_fields(in, *header);
  if (!fields) return fields.error();
  ckks::ReencryptionKey out{params, header->key_id, fields->to, {fields->level, {}, {}}};
  const ring::BasisView basis = params->extended_basis(fields->level);
  for (std::size_t d = 0; d < digit_count(params->literal(), fields->level); ++d) {
    Result<ring::Poly> b = read_poly(in, *params, basis);
    if (!b) return b.error();
    Result<ring::Poly> a = read_poly(in, *params, basis);
    if (!a) return a.error();
    out.key.digits.push_back({std::move(*b), std::move(*a)});
  }
  return out;
}

Result<ReencryptionKeyListing> verify_reencryption_key(ByteView bytes,
                                                       const ckks::ParametersLiteral& expected) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kReencryptionKey, expected);
  if (!header) return header.error();
  const Result<ReencryptionKeyFields> fields = read_reencryption_key_fields(in, *header);
  if (!fields) return fields.error();
  if (const Status fine = verify_residues(in, expected, fields->level); !fine) return fine.error();
  return ReencryptionKeyListing{*header, fields->to, fields->level};
}

Result<Header> verify_public_key(ByteView bytes, const ckks::ParametersLiteral& expected) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kPublicKey, expected);
  if (!header) return header.error();
  const Result<PublicKeyFields> fields = read_public_key_fields(in, expected);
  if (!fields) return fields.error();
  if (const Status fine = verify_residues(in, expected, fields->level); !fine) return fine.error();
  return header;
}

}  // namespace salus::wire
