#include "keys/seal_secret_key.h"

#include <algorithm>

#include "wire/seal/layout.h"

namespace salus::keys {
namespace {

constexpr std::string_view kWhat = "secret key";

// All of a file but the residues: header, identity, count, scale, array header.
Bytes head_bytes(const ckks::Parameters& params, std::size_t words) {
  constexpr std::size_t kFixed =
      sizeof(wire::seal::ParametersId) + 8 + 8 + wire::seal::kHeaderBytes + 8;
  Bytes out;
  wire::seal::append_header(out, kFixed + 8 * words);
  append(out, wire::seal::key_id(params));
  append_u64(out, words);
  append_f64(out, 1.0);
  wire::seal::append_array_header(out, words);
  return out;
}

// The residues of a file whose head is as expected.
Result<ByteView> residues_of(ByteView file, const ckks::Parameters& params, std::size_t words) {
  const Result<ByteView> body = wire::seal::only_object(file, kWhat);
  if (!body) return body;
  ByteReader in(*body);
  const wire::seal::ParametersId id = wire::seal::take_id(in);
  const std::uint64_t count = in.u64();
  in.f64();  // the scale means nothing in a key
  const Result<ByteView> residues = wire::seal::take_array(in, kWhat);
  if (!residues) return residues;
  if (const Status end = wire::seal::require_end(in, kWhat); !end) return end.error();
  if (id != wire::seal::key_id(params)) {
    return wire::seal::malformed(kWhat, "of other parameters", ErrorCode::kMismatch);
  }
  if (count != words || residues->size() != 8 * words) {
    return wire::seal::malformed(kWhat, "another number of residues than its parameters say");
  }
  return residues;
}

}  // namespace

Result<SecretKey> read_seal_secret_key(ByteView file, const ckks::ParametersPtr& params) {
  const std::size_t n = params->ring_degree();
  const ring::BasisView basis = params->extended_basis(params->max_level());
  const Result<ByteView> residues = residues_of(file, *params, n * basis.size());
  if (!residues) return residues.error();

  // s from its values modulo q_0; the other limbs must be the same polynomial.
  Secret<std::uint64_t> first(n);
  Secret<std::int64_t> coefficients(n);
  const arith::Modulus& q = basis[0]->modulus();
  std::uint64_t outside = 0;
  for (std::size_t i = 0; i < n; ++i) {
    first.reveal()[i] = load_u64(residues->subspan(8 * i));
    outside |= static_cast<std::uint64_t>(first.reveal()[i] >= q.value());
  }
  if (outside != 0) return wire::seal::malformed(kWhat, "a residue is not below its prime");
  kernel::active().ntt_inverse(first.reveal(), *basis[0]);
  for (std::size_t i = 0; i < n; ++i) coefficients.reveal()[i] = q.to_signed(first.reveal()[i]);

  const Error not_ternary =
      wire::seal::malformed(kWhat, "its limbs are not one ternary polynomial", ErrorCode::kCorrupt);
  Result<SecretKey> key = SecretKey::from_coefficients(params, coefficients.reveal());
  if (!key) return not_ternary;
  std::uint64_t difference = 0;
  for (std::size_t j = 0; j < basis.size(); ++j) {
    const std::span<const std::uint64_t> limb = key->reveal_limb(j);
    for (std::size_t i = 0; i < n; ++i) {
      difference |= limb[i] ^ load_u64(residues->subspan(8 * (j * n + i)));
    }
  }
  if (difference != 0) return not_ternary;
  return key;
}

Secret<std::byte> write_seal_secret_key(const SecretKey& secret) {
  const ckks::Parameters& params = *secret.params();
  check(params.special_count() <= 1, "SEAL has at most one special prime");
  const std::size_t limbs = params.literal().q.size() + params.special_count();
  const Bytes head = head_bytes(params, params.ring_degree() * limbs);
  Secret<std::byte> file(head.size() + 8 * params.ring_degree() * limbs);
  std::span<std::byte> out = file.reveal();
  std::copy(head.begin(), head.end(), out.begin());
  out = out.subspan(head.size());
  for (std::size_t j = 0; j < limbs; ++j) {
    for (const std::uint64_t word : secret.reveal_limb(j)) {
      for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::byte>(word >> (8 * i));
      out = out.subspan(8);
    }
  }
  return file;
}

}  // namespace salus::keys
