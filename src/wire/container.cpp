#include "wire/container.h"

#include <string>

#include "wire/layout.h"
#include "wire/object.h"

namespace salus::wire {
namespace {

Result<ckks::KeySwitchKey> read_key(ByteReader& in, const ckks::Parameters& params,
                                    const KeyFields& fields) {
  ckks::KeySwitchKey key{fields.level, fields.seed, {}};
  const std::size_t digits = params.key_switch_plan(fields.level).digits.size();
  for (std::size_t d = 0; d < digits; ++d) {
    Result<ring::Poly> b = read_poly(in, params, params.extended_basis(fields.level));
    if (!b) return b.error();
    key.digits.push_back(
        {std::move(*b), ckks::KeySwitchKey::expand(params, fields.seed, fields.level, d)});
  }
  return key;
}

void append_key(Bytes& out, const ckks::Parameters& params, std::uint32_t element,
                const ckks::KeySwitchKey& key) {
  check(key.seed.has_value(), "an evaluation key without a seed");
  append_u32(out, element);
  append_u16(out, static_cast<std::uint16_t>(key.level));
  append(out, *key.seed);
  for (const ckks::KeySwitchKey::Digit& digit : key.digits) {
    append_poly(out, digit.b, params.extended_basis(key.level));
  }
}

void append_ciphertext_fields(Bytes& out, std::size_t parts, bool seeded, int level, double scale) {
  append_u8(out, static_cast<std::uint8_t>(parts));
  append_u8(out, seeded ? 1 : 0);
  append_u16(out, static_cast<std::uint16_t>(level));
  append_f64(out, scale);
}

}  // namespace

Result<Header> read_header(ByteView bytes) {
  ByteReader in(bytes);
  return read_header(in);
}

Status require_announced_size(ByteView bytes) {
  ByteReader in(bytes);
  const Result<Header> header = read_header(in);
  if (!header) return header.error();
  return require_layout(in, *header);
}

Result<ckks::ParametersPtr> parameters_of(const Header& header) {
  return ckks::Parameters::create(header.parameters);
}

Bytes write(const ckks::Ciphertext& ciphertext, const Digest& key_id) {
  const ckks::Parameters& params = *ciphertext.params;
  Bytes out = begin(Kind::kCiphertext, params, key_id);
  append_ciphertext_fields(out, ciphertext.parts.size(), false, ciphertext.level, ciphertext.scale);
  for (const ring::Poly& part : ciphertext.parts)
    append_poly(out, part, params.basis(ciphertext.level));
  return finish(std::move(out));
}

Bytes write(const ckks::SeededCiphertext& ciphertext, const Digest& key_id) {
  const ckks::Parameters& params = *ciphertext.params;
  Bytes out = begin(Kind::kCiphertext, params, key_id);
  append_ciphertext_fields(out, 2, true, ciphertext.level, ciphertext.scale);
  append_poly(out, ciphertext.c0, params.basis(ciphertext.level));
  append(out, ciphertext.seed);
  return finish(std::move(out));
}

Bytes write(const ckks::EvaluationKeys& keys, const Digest& key_id) {
  const ckks::Parameters& params = *keys.params;
  Bytes out = begin(Kind::kEvaluationKeys, params, key_id);
  append_u8(out, keys.relinearization ? 1 : 0);
  append_u32(out, static_cast<std::uint32_t>(keys.galois.size()));
  if (keys.relinearization) append_key(out, params, 0, *keys.relinearization);
  for (const auto& [element, key] : keys.galois) append_key(out, params, element, *key);
  return finish(std::move(out));
}

Bytes write(const ckks::Parameters& params, std::uint32_t element, const ckks::KeySwitchKey& key,
            const Digest& key_id) {
  Bytes out = begin(Kind::kEvaluationKey, params, key_id);
  append_key(out, params, element, key);
  return finish(std::move(out));
}

std::uint64_t ciphertext_bytes(const ckks::Parameters& params, int level, bool seeded) {
  const std::uint64_t poly = poly_bytes(params.literal(), level);
  return header_bytes(params.literal()) + kCiphertextFieldBytes +
         (seeded ? poly + kSeedBytes : 2 * poly) + kDigestBytes;
}

std::uint64_t evaluation_key_bytes(const ckks::Parameters& params, int level) {
  return header_bytes(params.literal()) + key_bytes(params.literal(), level) + kDigestBytes;
}

Result<ReadCiphertext> read_ciphertext(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kCiphertext, params->literal());
  if (!header) return header.error();
  const Result<CiphertextFields> fields = read_ciphertext_fields(in, params->literal());
  if (!fields) return fields.error();

  ckks::Ciphertext out{params, fields->level, fields->scale, {}};
  for (int i = 0; i < (fields->seeded ? 1 : fields->parts); ++i) {
    Result<ring::Poly> part = read_poly(in, *params, params->basis(fields->level));
    if (!part) return part.error();
    out.parts.push_back(std::move(*part));
  }
  if (fields->seeded) {
    ckks::SeededCiphertext seeded{params, out.level, out.scale, {}, std::move(out.parts[0])};
    const ByteView seed = in.bytes(kSeedBytes);
    std::copy(seed.begin(), seed.end(), seeded.seed.begin());
    out = seeded.expand();
  }
  return ReadCiphertext{header->key_id, std::move(out)};
}

Result<ReadEvaluationKeys> read_evaluation_keys(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kEvaluationKeys, params->literal());
  if (!header) return header.error();
  const Result<KeySetFields> set = read_key_set_fields(in, params->literal());
  if (!set) return set.error();

  ReadEvaluationKeys out{header->key_id, {params, nullptr, {}}};
  for (std::uint32_t i = 0; i < set->count(); ++i) {
    const Result<KeyFields> fields = read_key_fields(in, params->literal());
    if (!fields) return fields.error();
    Result<ckks::KeySwitchKey> key = read_key(in, *params, *fields);
    if (!key) return key.error();
    out.keys.put(fields->element, std::make_shared<const ckks::KeySwitchKey>(std::move(*key)));
  }
  return out;
}

Result<ReadEvaluationKey> read_evaluation_key(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kEvaluationKey, params->literal());
  if (!header) return header.error();
  const Result<KeyFields> fields = read_key_fields(in, params->literal());
  if (!fields) return fields.error();
  Result<ckks::KeySwitchKey> key = read_key(in, *params, *fields);
  if (!key) return key.error();
  return ReadEvaluationKey{header->key_id, fields->element, std::move(*key)};
}

Status verify_evaluation_key(ByteView bytes, const ckks::ParametersLiteral& expected) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kEvaluationKey, expected);
  if (!header) return header.error();
  const Result<KeyFields> fields = read_key_fields(in, expected);
  if (!fields) return fields.error();
  return verify_residues(in, expected, fields->level);
}

Result<KeyListing> list_evaluation_keys(ByteView bytes) {
  ByteReader in(bytes);
  const Result<Header> header = read_header(in);
  if (!header) return header.error();
  if (header->kind != Kind::kEvaluationKeys && header->kind != Kind::kEvaluationKey) {
    return Error{ErrorCode::kMismatch, "object of kind " +
                                           std::to_string(static_cast<int>(header->kind)) +
                                           " where evaluation keys were expected"};
  }
  if (const Status ok = require_layout(in, *header); !ok) return ok.error();
  return KeyListing{*header, list_keys(in, *header)};
}

}  // namespace salus::wire
