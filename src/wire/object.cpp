#include "wire/object.h"

#include <algorithm>
#include <string>

#include "wire/layout.h"
#include "wire/limbs.h"

namespace salus::wire {
namespace {

void append_primes(Bytes& out, const std::vector<std::uint64_t>& primes) {
  append_u16(out, static_cast<std::uint16_t>(primes.size()));
  for (const std::uint64_t prime : primes) append_u64(out, prime);
}

std::string summary(const ckks::ParametersLiteral& literal) {
  return ckks::hash_of(literal).hex().substr(0, 16) + " (2^" + std::to_string(literal.log_n) +
         ", " + std::to_string(literal.q.size()) + "+" + std::to_string(literal.p.size()) +
         " primes)";
}

Status take_limb(ByteReader& in, kernel::Words limb, std::uint64_t prime) {
  const ByteView packed = in.bytes(packed_bytes(limb.size(), prime));
  check(in.ok(), "an object shorter than its layout");
  return read_packed(packed, limb, prime);
}

}  // namespace

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

Result<Header> open(ByteView bytes, ByteReader& in, Kind kind,
                    const ckks::ParametersLiteral& params) {
  const Result<Header> header = read_header(in);
  if (!header) return header.error();
  if (header->kind != kind) {
    return Error{ErrorCode::kMismatch,
                 "object of kind " + std::to_string(static_cast<int>(header->kind)) +
                     " where kind " + std::to_string(static_cast<int>(kind)) + " was expected"};
  }
  ckks::ParametersLiteral expected = params;
  expected.security = header->parameters.security;
  if (!(header->parameters == expected)) {
    return Error{ErrorCode::kMismatch, "object of parameter set " + summary(header->parameters) +
                                           "; expected " + summary(params)};
  }
  if (const Status ok = require_layout(in, *header); !ok) return ok.error();
  const Digest computed = sha256(bytes.first(bytes.size() - kDigestBytes));
  const ByteView stored = bytes.last(kDigestBytes);
  if (!std::equal(stored.begin(), stored.end(), computed.bytes.begin())) {
    return Error{ErrorCode::kCorrupt,
                 "the checksum does not match: the object was changed or damaged; send it again"};
  }
  return header;
}

Result<ring::Poly> read_poly(ByteReader& in, const ckks::Parameters& params,
                             ring::BasisView basis) {
  ring::Poly poly(params.ring_degree(), basis.size(), ring::Form::kNtt);
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const Status ok = take_limb(in, poly.limb(j), basis[j]->modulus().value());
    if (!ok) return ok.error();
  }
  return poly;
}

Status verify_residues(ByteReader& in, const ckks::ParametersLiteral& expected, int level) {
  std::vector<std::uint64_t> primes(expected.q.begin(), expected.q.begin() + level + 1);
  primes.insert(primes.end(), expected.p.begin(), expected.p.end());
  std::vector<std::uint64_t> limb(std::size_t{1} << expected.log_n);
  while (in.remaining() > kDigestBytes) {
    for (const std::uint64_t prime : primes) {
      if (const Status ok = take_limb(in, limb, prime); !ok) return ok;
    }
  }
  return {};
}

}  // namespace salus::wire
