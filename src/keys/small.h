// What key makers share: small secret polynomials, and encryptions of zero by a public key.
#pragma once

#include "base/parallel.h"
#include "base/secret.h"
#include "ckks/reencryption.h"
#include "ring/convert.h"

namespace salus::keys {

/// a b for secret b, all in NTT form, without leaving a b behind.
void multiply_into(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                   Secret<std::uint64_t>& out, const arith::Modulus& q);

/// Small secret coefficients as residues in NTT form.
void lift(const Secret<std::int64_t>& coefficients, const arith::NttTables& tables,
          Secret<std::uint64_t>& out);

Secret<std::int64_t> fresh_error(std::size_t ring_degree, RandomStream& random);

Seed draw_seed(RandomStream& random);

/// (b v + e_0, a v + e_1) modulo `basis`: q_0 .. q_l, and where `specials` > 0 that many special
/// primes behind them, l at most the key's level. Of `random`: v, e_0, e_1, in this order.
ckks::KeySwitchKey::Digit encrypt_zero(const ckks::PublicKey& key, ring::BasisView basis,
                                       std::size_t specials, RandomStream& random);

/// body(begin, end) on shares of the limbs, each with buffers of its own that are wiped.
template <class Body>
void for_each_block(std::size_t limbs, const Body& body) {
  const ring::Blocks blocks(limbs);
  parallel_for(blocks.count(), [&](std::size_t i) { body(blocks.begin(i), blocks.begin(i + 1)); });
}

}  // namespace salus::keys
