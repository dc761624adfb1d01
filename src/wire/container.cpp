#include "wire/container.h"

#include <bit>
#include <cmath>
#include <string>

#include "wire/limbs.h"

namespace salus::wire {
namespace {

constexpr std::string_view kMagic = "SALUSOBJ";
constexpr std::size_t kDigestBytes = 32;
constexpr std::uint32_t kMaxLogN = ckks::kMaxLogN;

Error parse_error(const std::string& why, std::size_t offset) {
  return {ErrorCode::kParse, why + " (at byte " + std::to_string(offset) + ")"};
}

Error short_object(const ByteReader& in) {
  return parse_error("the object ends before its header does", in.failed_at());
}

void append_primes(Bytes& out, const std::vector<std::uint64_t>& primes) {
  append_u16(out, static_cast<std::uint16_t>(primes.size()));
  for (const std::uint64_t prime : primes) append_u64(out, prime);
}

std::size_t header_bytes(const ckks::ParametersLiteral& literal) {
  return kMagic.size() + 2 + 2 + 2 + 2 + (2 + 8 * literal.q.size()) + (2 + 8 * literal.p.size()) +
         kDigestBytes;
}

Bytes begin(Kind kind, const ckks::Parameters& params, const Digest& key_id) {
  Bytes out;
  append(out, as_bytes(kMagic));
  append_u16(out, kVersion);
  append_u16(out, static_cast<std::uint16_t>(kind));
  append_u16(out, static_cast<std::uint16_t>(params.log_n()));
  append_u16(out, static_cast<std::uint16_t>(params.literal().dnum));
  append_primes(out, params.literal().q);
  append_primes(out, params.literal().p);
  append(out, key_id.bytes);
  return out;
}

void append_poly(Bytes& out, const ring::Poly& poly, ring::BasisView basis) {
  for (std::size_t j = 0; j < poly.limb_count(); ++j) {
    append_packed(out, poly.limb(j), basis[j]->modulus().value());
  }
}

Bytes finish(Bytes out) {
  const Digest checksum = sha256(out);
  append(out, checksum.bytes);
  return out;
}

std::uint64_t poly_bytes(const ckks::Parameters& params, ring::BasisView basis) {
  std::uint64_t sum = 0;
  for (const auto& tables : basis)
    sum += packed_bytes(params.ring_degree(), tables->modulus().value());
  return sum;
}

constexpr std::uint64_t kCiphertextMeta = 1 + 1 + 2 + 8;  // parts, seeded, level, scale
constexpr std::uint64_t kKeySetMeta = 1 + 4;              // relinearization present, Galois count
constexpr std::uint64_t kKeyMeta = 4 + 2 + 32;            // element, level, seed

std::uint64_t key_bytes(const ckks::Parameters& params, int level) {
  return kKeyMeta + params.key_switch_plan(level).digits.size() *
                        poly_bytes(params, params.extended_basis(level));
}

Result<std::vector<std::uint64_t>> read_primes(ByteReader& in) {
  const std::uint16_t count = in.u16();
  if (!in.ok()) return short_object(in);
  if (count > ckks::kMaxPrimes) {
    return Error{ErrorCode::kLimit, "an object with " + std::to_string(count) +
                                        " primes; the limit is " +
                                        std::to_string(ckks::kMaxPrimes)};
  }
  std::vector<std::uint64_t> primes;
  for (int i = 0; i < count; ++i) primes.push_back(in.u64());
  if (!in.ok()) return short_object(in);
  return primes;
}

Result<Header> read_header(ByteReader& in) {
  if (as_text(in.bytes(kMagic.size())) != kMagic) {
    return parse_error("not a Salus object: it does not begin with \"SALUSOBJ\"", 0);
  }
  const std::uint16_t version = in.u16();
  const std::uint16_t kind = in.u16();
  const std::uint16_t log_n = in.u16();
  const std::uint16_t dnum = in.u16();
  if (!in.ok()) return short_object(in);
  if (version != kVersion) {
    return Error{ErrorCode::kVersion, "object of format version " + std::to_string(version) +
                                          "; this build reads version " + std::to_string(kVersion)};
  }
  if (kind < 1 || kind > 2)
    return parse_error("unknown kind of object " + std::to_string(kind), 10);
  if (log_n > kMaxLogN) {
    return Error{ErrorCode::kLimit, "ring degree 2^" + std::to_string(log_n) + " is above 2^" +
                                        std::to_string(kMaxLogN)};
  }
  Header header;
  header.kind = static_cast<Kind>(kind);
  header.parameters.log_n = log_n;
  header.parameters.dnum = dnum;
  Result<std::vector<std::uint64_t>> q = read_primes(in);
  if (!q) return q.error();
  Result<std::vector<std::uint64_t>> p = read_primes(in);
  if (!p) return p.error();
  header.parameters.q = std::move(*q);
  header.parameters.p = std::move(*p);
  const ByteView id = in.bytes(kDigestBytes);
  if (!in.ok()) return short_object(in);
  std::copy(id.begin(), id.end(), header.key_id.bytes.begin());
  return header;
}

// Kind, parameters and checksum fit; leaves the reader behind the header.
Result<Header> open(ByteView bytes, ByteReader& in, Kind kind, const ckks::ParametersPtr& params) {
  const Result<Header> header = read_header(in);
  if (!header) return header.error();
  if (header->kind != kind) {
    return Error{ErrorCode::kMismatch,
                 "object of kind " + std::to_string(static_cast<int>(header->kind)) +
                     " where kind " + std::to_string(static_cast<int>(kind)) + " was expected"};
  }
  ckks::ParametersLiteral expected = params->literal();
  expected.security = header->parameters.security;
  if (!(header->parameters == expected)) {
    return Error{ErrorCode::kMismatch,
                 "object of parameter set " +
                     ckks::hash_of(header->parameters).hex().substr(0, 16) + " (2^" +
                     std::to_string(header->parameters.log_n) + ", " +
                     std::to_string(header->parameters.q.size()) + "+" +
                     std::to_string(header->parameters.p.size()) + " primes); expected " +
                     params->hash().hex().substr(0, 16) + " (2^" + std::to_string(params->log_n()) +
                     ", " + std::to_string(params->literal().q.size()) + "+" +
                     std::to_string(params->special_count()) + " primes)"};
  }
  if (bytes.size() < kDigestBytes) return parse_error("the object is truncated", bytes.size());
  return header;
}

Status require_size(ByteView bytes, std::uint64_t expected) {
  if (bytes.size() == expected) return {};
  return Error{ErrorCode::kParse, "the object has " + std::to_string(bytes.size()) +
                                      " bytes where its header announces " +
                                      std::to_string(expected) + "; send it again"};
}

Status require_checksum(ByteView bytes) {
  const Digest computed = sha256(bytes.first(bytes.size() - kDigestBytes));
  const ByteView stored = bytes.last(kDigestBytes);
  if (std::equal(stored.begin(), stored.end(), computed.bytes.begin())) return {};
  return Error{ErrorCode::kCorrupt,
               "the checksum does not match: the object was changed or damaged; send it again"};
}

Result<ring::Poly> read_poly(ByteReader& in, const ckks::Parameters& params,
                             ring::BasisView basis) {
  ring::Poly poly(params.ring_degree(), basis.size(), ring::Form::kNtt);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const std::uint64_t q = basis[j]->modulus().value();
    const ByteView packed = in.bytes(packed_bytes(params.ring_degree(), q));
    if (!in.ok()) return parse_error("the object is truncated", in.failed_at());
    if (const Status ok = read_packed(packed, poly.limb(j), q); !ok) return ok.error();
  }
  return poly;
}

struct CiphertextMeta {
  std::uint8_t parts;
  bool seeded;
  int level;
  double scale;
};

Result<CiphertextMeta> read_ciphertext_meta(ByteReader& in, const ckks::Parameters& params) {
  const std::uint8_t parts = in.u8();
  const std::uint8_t seeded = in.u8();
  const std::uint16_t level = in.u16();
  const double scale = in.f64();
  if (!in.ok()) return short_object(in);
  if (parts < 2 || parts > 3 || seeded > 1 || (seeded == 1 && parts != 2)) {
    return parse_error("a ciphertext of " + std::to_string(parts) + " parts", in.offset());
  }
  if (level > params.max_level()) {
    return parse_error("level " + std::to_string(level) + " is above the chain's " +
                           std::to_string(params.max_level()),
                       in.offset());
  }
  if (!std::isnormal(scale) || scale < 0 || std::log2(scale) >= params.log_q(level)) {
    return parse_error("the scale does not fit the modulus of its level", in.offset());
  }
  return CiphertextMeta{parts, seeded == 1, level, scale};
}

// One evaluation key; `element` 0 is the relinearization key.
struct KeyEntry {
  std::uint32_t element;
  ckks::KeySwitchKey key;
};

Result<KeyEntry> read_key(ByteReader& in, const ckks::Parameters& params) {
  const std::uint32_t element = in.u32();
  const std::uint16_t level = in.u16();
  const ByteView seed_bytes = in.bytes(32);
  if (!in.ok()) return short_object(in);
  if (level > params.max_level()) {
    return parse_error("evaluation key at level " + std::to_string(level) + ", the chain ends at " +
                           std::to_string(params.max_level()),
                       in.offset());
  }
  if (element != 0 && (element % 2 == 0 || element >= 2 * params.ring_degree())) {
    return parse_error("Galois element " + std::to_string(element) + " is not odd and below 2N",
                       in.offset());
  }
  const ring::BasisView basis = params.extended_basis(level);
  const std::size_t digits = params.key_switch_plan(level).digits.size();
  // Held against the bytes that are there before anything of that size is allocated.
  if (in.remaining() < digits * poly_bytes(params, basis)) {
    return parse_error("the object is truncated inside an evaluation key", in.offset());
  }
  KeyEntry entry{element, {level, Seed{}, {}}};
  std::copy(seed_bytes.begin(), seed_bytes.end(), entry.key.seed->begin());
  for (std::size_t d = 0; d < digits; ++d) {
    Result<ring::Poly> b = read_poly(in, params, basis);
    if (!b) return b.error();
    entry.key.digits.push_back(
        {std::move(*b), ckks::KeySwitchKey::expand(params, *entry.key.seed, level, d)});
  }
  return entry;
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

void append_ciphertext_meta(Bytes& out, std::size_t parts, bool seeded, int level, double scale) {
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

Result<ckks::ParametersPtr> parameters_of(const Header& header) {
  return ckks::Parameters::create(header.parameters);
}

Bytes write(const ckks::Ciphertext& ciphertext, const Digest& key_id) {
  const ckks::Parameters& params = *ciphertext.params;
  Bytes out = begin(Kind::kCiphertext, params, key_id);
  append_ciphertext_meta(out, ciphertext.parts.size(), false, ciphertext.level, ciphertext.scale);
  for (const ring::Poly& part : ciphertext.parts)
    append_poly(out, part, params.basis(ciphertext.level));
  return finish(std::move(out));
}

Bytes write(const ckks::SeededCiphertext& ciphertext, const Digest& key_id) {
  const ckks::Parameters& params = *ciphertext.params;
  Bytes out = begin(Kind::kCiphertext, params, key_id);
  append_ciphertext_meta(out, 2, true, ciphertext.level, ciphertext.scale);
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
  for (const auto& [element, key] : keys.galois) append_key(out, params, element, key);
  return finish(std::move(out));
}

std::uint64_t ciphertext_bytes(const ckks::Parameters& params, int level, bool seeded) {
  const std::uint64_t poly = poly_bytes(params, params.basis(level));
  return header_bytes(params.literal()) + kCiphertextMeta + (seeded ? poly + 32 : 2 * poly) +
         kDigestBytes;
}

std::uint64_t evaluation_key_bytes(const ckks::Parameters& params, int relinearization_level,
                                   const std::vector<int>& galois_levels) {
  std::uint64_t sum = header_bytes(params.literal()) + kKeySetMeta + kDigestBytes;
  if (relinearization_level >= 0) sum += key_bytes(params, relinearization_level);
  for (const int level : galois_levels) sum += key_bytes(params, level);
  return sum;
}

Result<ReadCiphertext> read_ciphertext(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kCiphertext, params);
  if (!header) return header.error();
  const Result<CiphertextMeta> meta = read_ciphertext_meta(in, *params);
  if (!meta) return meta.error();
  const ring::BasisView basis = params->basis(meta->level);
  const std::uint64_t poly = poly_bytes(*params, basis);
  const std::uint64_t body = meta->seeded ? poly + 32 : meta->parts * poly;
  if (const Status ok = require_size(bytes, in.offset() + body + kDigestBytes); !ok)
    return ok.error();
  if (const Status ok = require_checksum(bytes); !ok) return ok.error();

  ckks::Ciphertext out{params, meta->level, meta->scale, {}};
  for (int i = 0; i < (meta->seeded ? 1 : meta->parts); ++i) {
    Result<ring::Poly> part = read_poly(in, *params, basis);
    if (!part) return part.error();
    out.parts.push_back(std::move(*part));
  }
  if (meta->seeded) {
    ckks::SeededCiphertext seeded{params, meta->level, meta->scale, {}, std::move(out.parts[0])};
    const ByteView seed = in.bytes(32);
    std::copy(seed.begin(), seed.end(), seeded.seed.begin());
    out = seeded.expand();
  }
  return ReadCiphertext{header->key_id, std::move(out)};
}

Result<ReadEvaluationKeys> read_evaluation_keys(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  const Result<Header> header = open(bytes, in, Kind::kEvaluationKeys, params);
  if (!header) return header.error();
  const std::uint8_t has_relinearization = in.u8();
  const std::uint32_t galois_count = in.u32();
  if (!in.ok()) return short_object(in);
  if (has_relinearization > 1) return parse_error("evaluation keys: bad flag", in.offset());
  if (galois_count > kMaxGaloisKeys) {
    return Error{ErrorCode::kLimit, std::to_string(galois_count) + " Galois keys; the limit is " +
                                        std::to_string(kMaxGaloisKeys)};
  }
  if (params->special_count() == 0 && has_relinearization + galois_count > 0) {
    return parse_error("evaluation keys for parameters without special primes", in.offset());
  }
  if (const Status ok = require_checksum(bytes); !ok) return ok.error();

  ReadEvaluationKeys out{header->key_id, {params, std::nullopt, {}}};
  for (std::uint32_t i = 0; i < has_relinearization + galois_count; ++i) {
    Result<KeyEntry> entry = read_key(in, *params);
    if (!entry) return entry.error();
    const bool expect_relinearization = i < has_relinearization;
    const std::uint32_t last = out.keys.galois.empty() ? 0 : out.keys.galois.rbegin()->first;
    if (expect_relinearization != (entry->element == 0) ||
        (!expect_relinearization && entry->element <= last)) {
      return parse_error("evaluation keys out of order", in.offset());
    }
    if (expect_relinearization) {
      out.keys.relinearization = std::move(entry->key);
    } else {
      out.keys.galois.emplace(entry->element, std::move(entry->key));
    }
  }
  if (in.remaining() != kDigestBytes) {
    return parse_error("bytes after the last evaluation key", in.offset());
  }
  return out;
}

}  // namespace salus::wire
