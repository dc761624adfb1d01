#include "keys/small.h"

#include "ring/sampling.h"

namespace salus::keys {

void multiply_into(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b,
                   Secret<std::uint64_t>& out, const arith::Modulus& q) {
  kernel::active().multiply(a, b, out.reveal(), q);
}

void lift(const Secret<std::int64_t>& coefficients, const arith::NttTables& tables,
          Secret<std::uint64_t>& out) {
  const std::span<const std::int64_t> from = coefficients.reveal();
  const std::span<std::uint64_t> to = out.reveal();
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = tables.modulus().from_signed(from[i]);
  kernel::active().ntt_forward(to, tables);
}

Secret<std::int64_t> fresh_error(std::size_t ring_degree, RandomStream& random) {
  Secret<std::int64_t> error(ring_degree);
  ring::sample_error(random, error.reveal());
  return error;
}

Seed draw_seed(RandomStream& random) {
  Seed seed;
  random.fill(seed);
  return seed;
}

ckks::KeySwitchKey::Digit encrypt_zero(const ckks::PublicKey& key, ring::BasisView basis,
                                       std::size_t specials, RandomStream& random) {
  const std::size_t n = key.params->ring_degree();
  Secret<std::int64_t> ephemeral(n);
  ring::sample_ternary(random, ephemeral.reveal());
  const Secret<std::int64_t> error0 = fresh_error(n, random);
  const Secret<std::int64_t> error1 = fresh_error(n, random);

  ckks::KeySwitchKey::Digit out{ring::Poly::uninitialized(n, basis.size(), ring::Form::kNtt),
                                ring::Poly::uninitialized(n, basis.size(), ring::Form::kNtt)};
  const std::size_t chain_limbs = basis.size() - specials;
  for_each_block(basis.size(), [&](std::size_t begin, std::size_t end) {
    Secret<std::uint64_t> v(n);
    Secret<std::uint64_t> error(n);
    for (std::size_t j = begin; j < end; ++j) {
      const arith::Modulus& q = basis[j]->modulus();
      // The key's special limbs lie behind its whole chain.
      const std::size_t limb =
          j < chain_limbs ? j : j - chain_limbs + static_cast<std::size_t>(key.level) + 1;
      lift(ephemeral, *basis[j], v);
      lift(error0, *basis[j], error);
      kernel::active().multiply(key.b.limb(limb), v.reveal(), out.b.limb(j), q);
      kernel::active().add(out.b.limb(j), error.reveal(), out.b.limb(j), q);
      lift(error1, *basis[j], error);
      kernel::active().multiply(key.a.limb(limb), v.reveal(), out.a.limb(j), q);
      kernel::active().add(out.a.limb(j), error.reveal(), out.a.limb(j), q);
    }
  });
  return out;
}

}  // namespace salus::keys
