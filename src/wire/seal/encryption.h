// SEAL's ciphertext object, which also carries public keys and the digits of evaluation keys.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ckks/evaluation_keys.h"
#include "wire/seal/layout.h"
#include "wire/seal/seed.h"

namespace salus::wire::seal {

/// What a ciphertext says about itself before its residues.
struct EncryptionHead {
  ParametersId id{};
  std::uint64_t parts = 0;
  std::uint64_t limbs = 0;
  double scale = 1;
};

/// Errors: kParse (also for a ring degree other than `ring_degree`, a part count other than 2 ..
/// most, a scale that is not positive and finite), kLimit (parts).
Result<EncryptionHead> take_head(ByteReader& in, std::size_t ring_degree, std::string_view what);
/// The rest of a ciphertext, expanded if seeded. Errors: kParse, kNotBuilt (generator).
Result<std::vector<ring::Poly>> take_parts(ByteReader& in, const EncryptionHead& head,
                                           std::size_t ring_degree, ring::BasisView basis,
                                           std::string_view what);

void append_encryption(Bytes& out, const ParametersId& id, double scale,
                       std::span<const ring::Poly* const> parts, const Seed* seed = nullptr);

/// Public keys and digits: two parts modulo q_0 .. q_L, p_0 at scale 1.
Result<ckks::KeySwitchKey::Digit> take_key_pair(ByteReader& in, const ckks::Parameters& params,
                                                std::string_view what);
void append_key_pair(Bytes& out, const ckks::Parameters& params, const ring::Poly& b,
                     const ring::Poly& a);

}  // namespace salus::wire::seal
