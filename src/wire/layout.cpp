#include "wire/layout.h"

#include <cmath>
#include <string>

#include "wire/limbs.h"

namespace salus::wire {
namespace {

using ckks::ParametersLiteral;

Error parse_error(const std::string& why, std::size_t offset) {
  return {ErrorCode::kParse, why + " (at byte " + std::to_string(offset) + ")"};
}

Error short_object(const ByteReader& in) {
  return parse_error("the object ends before its header does", in.failed_at());
}

int max_level(const ParametersLiteral& literal) { return static_cast<int>(literal.q.size()) - 1; }

std::uint64_t packed(const ParametersLiteral& literal, std::uint64_t prime) {
  return packed_bytes(std::size_t{1} << literal.log_n, prime);
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

Status require_size(std::uint64_t found, std::uint64_t announced) {
  if (found == announced) return {};
  return Error{ErrorCode::kParse, "the object has " + std::to_string(found) +
                                      " bytes where its header announces " +
                                      std::to_string(announced) + "; send it again"};
}

// Steps over `count` bytes of residues.
bool skip(ByteReader& in, std::uint64_t count) {
  if (count > in.remaining()) return false;
  in.bytes(static_cast<std::size_t>(count));
  return true;
}

Status require_ciphertext_layout(ByteReader& in, const ParametersLiteral& literal) {
  const Result<CiphertextFields> fields = read_ciphertext_fields(in, literal);
  if (!fields) return fields.error();
  const std::uint64_t poly = poly_bytes(literal, fields->level);
  const std::uint64_t body =
      fields->seeded ? poly + kSeedBytes : static_cast<std::uint64_t>(fields->parts) * poly;
  return require_size(in.offset() + in.remaining(), in.offset() + body + kDigestBytes);
}

Status require_level(const ByteReader& in, const std::string& what, int level,
                     const ParametersLiteral& literal) {
  if (level <= max_level(literal)) return {};
  return parse_error(what + " at level " + std::to_string(level) + ", the chain ends at " +
                         std::to_string(max_level(literal)),
                     in.offset());
}

Status require_special_primes(const ByteReader& in, const ParametersLiteral& literal) {
  if (!literal.p.empty()) return {};
  return parse_error("evaluation keys for parameters without special primes", in.offset());
}

Status require_key_layout(ByteReader& in, const ParametersLiteral& literal) {
  const Result<KeyFields> key = read_key_fields(in, literal);
  if (!key) return key.error();
  if (const Status fine = require_special_primes(in, literal); !fine) return fine;
  const std::uint64_t residues = key_bytes(literal, key->level) - kKeyFieldBytes;
  return require_size(in.offset() + in.remaining(), in.offset() + residues + kDigestBytes);
}

Status require_key_set_layout(ByteReader& in, const ParametersLiteral& literal) {
  const Result<KeySetFields> set = read_key_set_fields(in, literal);
  if (!set) return set.error();
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < set->count(); ++i) {
    const Result<KeyFields> key = read_key_fields(in, literal);
    if (!key) return key.error();
    const bool relinearization = i == 0 && set->relinearization;
    if (relinearization != (key->element == 0) || (!relinearization && key->element <= last)) {
      return parse_error("evaluation keys out of order", in.offset());
    }
    last = key->element;
    const std::uint64_t residues = key_bytes(literal, key->level) - kKeyFieldBytes;
    if (!skip(in, residues)) {
      return parse_error("the object is truncated inside evaluation key " + std::to_string(i + 1) +
                             " of " + std::to_string(set->count()) + ", which has " +
                             std::to_string(residues) + " bytes of residues; send it again",
                         in.offset());
    }
  }
  if (in.remaining() != kDigestBytes) {
    return parse_error(std::to_string(in.remaining()) + " bytes after the last evaluation key, " +
                           std::to_string(kDigestBytes) + " of checksum belong there",
                       in.offset());
  }
  return {};
}

Status require_public_key_layout(ByteReader& in, const ParametersLiteral& literal) {
  const Result<PublicKeyFields> key = read_public_key_fields(in, literal);
  if (!key) return key.error();
  const std::uint64_t residues = extended_poly_bytes(literal, key->level);
  return require_size(in.offset() + in.remaining(), in.offset() + residues + kDigestBytes);
}

Status require_reencryption_key_layout(ByteReader& in, const Header& header) {
  const ParametersLiteral& literal = header.parameters;
  const Result<ReencryptionKeyFields> key = read_reencryption_key_fields(in, header);
  if (!key) return key.error();
  if (const Status fine = require_special_primes(in, literal); !fine) return fine;
  const std::uint64_t residues =
      2 * digit_count(literal, key->level) * extended_poly_bytes(literal, key->level);
  return require_size(in.offset() + in.remaining(), in.offset() + residues + kDigestBytes);
}

}  // namespace

std::uint64_t header_bytes(const ParametersLiteral& literal) {
  return kMagic.size() + 2 + 2 + 2 + 2 + (2 + 8 * literal.q.size()) + (2 + 8 * literal.p.size()) +
         kDigestBytes;
}

std::uint64_t poly_bytes(const ParametersLiteral& literal, int level) {
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j <= static_cast<std::size_t>(level); ++j) {
    sum += packed(literal, literal.q[j]);
  }
  return sum;
}

std::uint64_t extended_poly_bytes(const ParametersLiteral& literal, int level) {
  std::uint64_t sum = poly_bytes(literal, level);
  for (const std::uint64_t p : literal.p) sum += packed(literal, p);
  return sum;
}

std::size_t digit_count(const ParametersLiteral& literal, int level) {
  const auto dnum = static_cast<std::size_t>(literal.dnum);
  const std::size_t alpha = (literal.q.size() + dnum - 1) / dnum;
  return (static_cast<std::size_t>(level) + alpha) / alpha;
}

std::uint64_t key_bytes(const ParametersLiteral& literal, int level) {
  return kKeyFieldBytes + digit_count(literal, level) * extended_poly_bytes(literal, level);
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
  if (kind < 1 || kind > 5)
    return parse_error("unknown kind of object " + std::to_string(kind), 10);
  if (log_n > ckks::kMaxLogN) {
    return Error{ErrorCode::kLimit, "ring degree 2^" + std::to_string(log_n) + " is above 2^" +
                                        std::to_string(ckks::kMaxLogN)};
  }
  Header header;
  header.kind = static_cast<Kind>(kind);
  header.parameters.log_n = log_n;
  header.parameters.dnum = dnum;
  Result<std::vector<std::uint64_t>> q = read_primes(in);
  if (!q) return q.error();
  Result<std::vector<std::uint64_t>> p = read_primes(in);
  if (!p) return p.error();
  if (dnum < 1 || dnum > q->size()) {
    return parse_error("key-switching digits " + std::to_string(dnum) + " are not 1 to the " +
                           std::to_string(q->size()) + " primes of the chain",
                       14);
  }
  header.parameters.q = std::move(*q);
  header.parameters.p = std::move(*p);
  const ByteView id = in.bytes(kDigestBytes);
  if (!in.ok()) return short_object(in);
  std::copy(id.begin(), id.end(), header.key_id.bytes.begin());
  return header;
}

Result<CiphertextFields> read_ciphertext_fields(ByteReader& in, const ParametersLiteral& literal) {
  const std::uint8_t parts = in.u8();
  const std::uint8_t seeded = in.u8();
  const std::uint16_t level = in.u16();
  const double scale = in.f64();
  if (!in.ok()) return short_object(in);
  if (parts < 2 || parts > 3 || seeded > 1 || (seeded == 1 && parts != 2)) {
    return parse_error("a ciphertext of " + std::to_string(parts) + " parts", in.offset());
  }
  if (level > max_level(literal)) {
    return parse_error("level " + std::to_string(level) + " is above the chain's " +
                           std::to_string(max_level(literal)),
                       in.offset());
  }
  double log_q = 0;
  for (std::size_t j = 0; j <= level; ++j) log_q += std::log2(static_cast<double>(literal.q[j]));
  if (!std::isnormal(scale) || scale < 0 || std::log2(scale) >= log_q) {
    return parse_error("the scale does not fit the modulus of its level", in.offset());
  }
  return CiphertextFields{parts, seeded == 1, level, scale};
}

Result<KeySetFields> read_key_set_fields(ByteReader& in, const ParametersLiteral& literal) {
  const std::uint8_t relinearization = in.u8();
  const std::uint32_t galois_count = in.u32();
  if (!in.ok()) return short_object(in);
  if (relinearization > 1) return parse_error("evaluation keys: bad flag", in.offset());
  if (galois_count > kMaxGaloisKeys) {
    return Error{ErrorCode::kLimit, std::to_string(galois_count) + " Galois keys; the limit is " +
                                        std::to_string(kMaxGaloisKeys)};
  }
  if (relinearization + galois_count > 0) {
    if (const Status fine = require_special_primes(in, literal); !fine) return fine.error();
  }
  return KeySetFields{relinearization == 1, galois_count};
}

Result<KeyFields> read_key_fields(ByteReader& in, const ParametersLiteral& literal) {
  KeyFields key{in.u32(), in.u16(), {}};
  const ByteView seed = in.bytes(kSeedBytes);
  if (!in.ok()) return short_object(in);
  if (const Status fine = require_level(in, "evaluation key", key.level, literal); !fine)
    return fine.error();
  if (key.element != 0 &&
      (key.element % 2 == 0 || key.element >= std::uint32_t{2} << literal.log_n)) {
    return parse_error("Galois element " + std::to_string(key.element) + " is not odd and below 2N",
                       in.offset());
  }
  std::copy(seed.begin(), seed.end(), key.seed.begin());
  return key;
}

Result<PublicKeyFields> read_public_key_fields(ByteReader& in, const ParametersLiteral& literal) {
  PublicKeyFields key{in.u16(), {}};
  const ByteView seed = in.bytes(kSeedBytes);
  if (!in.ok()) return short_object(in);
  if (const Status fine = require_level(in, "public key", key.level, literal); !fine)
    return fine.error();
  std::copy(seed.begin(), seed.end(), key.seed.begin());
  return key;
}

Result<ReencryptionKeyFields> read_reencryption_key_fields(ByteReader& in, const Header& header) {
  const ByteView to = in.bytes(kDigestBytes);
  ReencryptionKeyFields key{{}, in.u16()};
  if (!in.ok()) return short_object(in);
  if (const Status fine = require_level(in, "re-encryption key", key.level, header.parameters);
      !fine) {
    return fine.error();
  }
  std::copy(to.begin(), to.end(), key.to.bytes.begin());
  if (key.to == header.key_id) {
    return parse_error("a re-encryption key from key " + key.to.hex() + " to itself", in.offset());
  }
  return key;
}

Status require_layout(ByteReader in, const Header& header) {
  switch (header.kind) {
    case Kind::kCiphertext: return require_ciphertext_layout(in, header.parameters);
    case Kind::kEvaluationKeys: return require_key_set_layout(in, header.parameters);
    case Kind::kEvaluationKey: return require_key_layout(in, header.parameters);
    case Kind::kPublicKey: return require_public_key_layout(in, header.parameters);
    case Kind::kReencryptionKey: return require_reencryption_key_layout(in, header);
  }
  throw_defect("read_header lets no other kind through", std::source_location::current());
}

std::map<std::uint32_t, int> list_keys(ByteReader in, const Header& header) {
  const ParametersLiteral& literal = header.parameters;
  const bool single = header.kind == Kind::kEvaluationKey;
  const std::uint32_t count = single ? 1 : must(read_key_set_fields(in, literal)).count();
  std::map<std::uint32_t, int> levels;
  for (std::uint32_t i = 0; i < count; ++i) {
    const KeyFields key = must(read_key_fields(in, literal));
    levels[key.element] = key.level;
    check(skip(in, key_bytes(literal, key.level) - kKeyFieldBytes), "require_layout was not asked");
  }
  return levels;
}

}  // namespace salus::wire
