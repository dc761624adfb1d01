#include "wire/seal/objects.h"

#include <bit>
#include <cmath>
#include <string>

#include "wire/seal/encryption.h"
#include "wire/seal/layout.h"

namespace salus::wire::seal {
namespace {

constexpr std::uint8_t kSchemeCkks = 2;

Result<std::uint64_t> take_modulus(ByteReader& in) {
  const Result<ByteView> body = take_object(in, "modulus");
  if (!body) return body.error();
  ByteReader reader(*body);
  const std::uint64_t value = reader.u64();
  if (const Status end = require_end(reader, "modulus"); !end) return end.error();
  return value;
}

void append_modulus(Bytes& out, std::uint64_t value) {
  Bytes body;
  append_u64(body, value);
  append_wrapped(out, body);
}

Error other_parameters(std::string_view what) {
  return malformed(what, "of other parameters than the receiver's", ErrorCode::kMismatch);
}

Result<int> take_level(const ckks::Parameters& params, const ParametersId& id,
                       std::string_view what) {
  const std::optional<int> level = level_of(params, id);
  if (!level) return other_parameters(what);
  return *level;
}

}  // namespace

Result<ckks::ParametersLiteral> read_parameters(ByteView file, ckks::SecurityProfile security) {
  constexpr std::string_view kWhat = "parameters";
  const Result<ByteView> body = only_object(file, kWhat);
  if (!body) return body.error();
  ByteReader in(*body);
  const std::uint8_t scheme = in.u8();
  const std::uint64_t n = in.u64();
  const std::uint64_t count = in.u64();
  if (!in.ok()) return malformed(kWhat, "ends before its primes");
  if (scheme != kSchemeCkks) {
    return malformed(kWhat, "scheme " + std::to_string(scheme) + " is not CKKS (2)",
                     ErrorCode::kMismatch);
  }
  const int log_n = static_cast<int>(std::bit_width(n)) - 1;
  if (!std::has_single_bit(n) || log_n < ckks::kMinLogN || log_n > ckks::kMaxLogN) {
    return malformed(kWhat,
                     "ring degree " + std::to_string(n) + " is not a power of two from 2^" +
                         std::to_string(ckks::kMinLogN) + " to 2^" + std::to_string(ckks::kMaxLogN),
                     ErrorCode::kMismatch);
  }
  if (count > ckks::kMaxPrimes) {
    return malformed(kWhat,
                     std::to_string(count) + " primes are more than the limit of " +
                         std::to_string(ckks::kMaxPrimes),
                     ErrorCode::kLimit);
  }
  if (count == 0) return malformed(kWhat, "no primes");

  ckks::ParametersLiteral literal{.log_n = log_n, .q = {}, .p = {}, .security = security};
  for (std::uint64_t i = 0; i < count; ++i) {
    const Result<std::uint64_t> prime = take_modulus(in);
    if (!prime) return prime.error();
    literal.q.push_back(*prime);
  }
  const Result<std::uint64_t> plain_modulus = take_modulus(in);
  if (!plain_modulus) return plain_modulus.error();
  if (*plain_modulus != 0) return malformed(kWhat, "a plain modulus, which CKKS has not");
  if (const Status end = require_end(in, kWhat); !end) return end.error();
  if (count > 1) {
    literal.p.push_back(literal.q.back());
    literal.q.pop_back();
  }
  literal.dnum = static_cast<int>(literal.q.size());
  return literal;
}

Bytes write_parameters(const ckks::Parameters& params) {
  check(params.special_count() <= 1, "SEAL has at most one special prime");
  const ckks::ParametersLiteral& literal = params.literal();
  Bytes body;
  append_u8(body, kSchemeCkks);
  append_u64(body, params.ring_degree());
  append_u64(body, literal.q.size() + literal.p.size());
  for (const std::uint64_t q : literal.q) append_modulus(body, q);
  for (const std::uint64_t p : literal.p) append_modulus(body, p);
  append_modulus(body, 0);
  return wrap(body);
}

Result<ckks::Plaintext> read_plaintext(ByteView file, const ckks::ParametersPtr& params) {
  constexpr std::string_view kWhat = "plaintext";
  const Result<ByteView> body = only_object(file, kWhat);
  if (!body) return body.error();
  ByteReader in(*body);
  const ParametersId id = take_id(in);
  const std::uint64_t count = in.u64();
  const double scale = in.f64();
  if (!in.ok()) return malformed(kWhat, "ends before its residues");
  const Result<int> level = take_level(*params, id, kWhat);
  if (!level) return level.error();
  if (!std::isfinite(scale) || !(scale > 0)) {
    return malformed(kWhat, "a scale that is not positive and finite");
  }
  const Result<ByteView> words = take_array(in, kWhat);
  if (!words) return words.error();
  if (const Status end = require_end(in, kWhat); !end) return end.error();
  const ring::BasisView basis = params->basis(*level);
  const std::size_t expected = params->ring_degree() * basis.size();
  if (count != expected || words->size() != 8 * expected) {
    return malformed(kWhat, std::to_string(count) + " coefficients in " +
                                std::to_string(words->size() / 8) + " words, expected " +
                                std::to_string(expected));
  }
  Result<ring::Poly> poly = to_poly(*words, params->ring_degree(), basis, kWhat);
  if (!poly) return poly.error();
  return ckks::Plaintext{params, *level, scale, *std::move(poly)};
}

Bytes write(const ckks::Plaintext& plain) {
  Bytes body;
  append(body, level_id(*plain.params, plain.level));
  append_u64(body, plain.poly.words().size());
  append_f64(body, plain.scale);
  append_array_header(body, plain.poly.words().size());
  append_words(body, plain.poly.words());
  return wrap(body);
}

Result<ckks::Ciphertext> read_ciphertext(ByteView file, const ckks::ParametersPtr& params) {
  constexpr std::string_view kWhat = "ciphertext";
  const Result<ByteView> body = only_object(file, kWhat);
  if (!body) return body.error();
  ByteReader in(*body);
  const Result<EncryptionHead> head = take_head(in, params->ring_degree(), kWhat);
  if (!head) return head.error();
  const Result<int> level = take_level(*params, head->id, kWhat);
  if (!level) return level.error();
  Result<std::vector<ring::Poly>> parts =
      take_parts(in, *head, params->ring_degree(), params->basis(*level), kWhat);
  if (!parts) return parts.error();
  if (const Status end = require_end(in, kWhat); !end) return end.error();
  return ckks::Ciphertext{params, *level, head->scale, *std::move(parts)};
}

Bytes write(const ckks::Ciphertext& ciphertext) {
  std::vector<const ring::Poly*> parts;
  for (const ring::Poly& part : ciphertext.parts) parts.push_back(&part);
  Bytes out;
  append_encryption(out, level_id(*ciphertext.params, ciphertext.level), ciphertext.scale, parts);
  return out;
}

Bytes write_seeded(const ckks::Ciphertext& ciphertext, const Seed& seed) {
  check(ciphertext.parts.size() == 2, "only ciphertexts of two parts are seeded");
  const ring::Poly* const parts[] = {&ciphertext.parts[0], &ciphertext.parts[1]};
  Bytes out;
  append_encryption(out, level_id(*ciphertext.params, ciphertext.level), ciphertext.scale, parts,
                    &seed);
  return out;
}

}  // namespace salus::wire::seal
