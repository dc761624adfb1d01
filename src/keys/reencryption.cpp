#include "keys/reencryption.h"

#include "keys/small.h"

namespace salus::keys {

Result<SecretKey> derive_reader_key(ckks::ParametersPtr params, const Identity& reader,
                                    std::string_view purpose) {
  const std::string label = "salus reader key 1 " + params->hash().hex();
  return SecretKey::derive(std::move(params), reader.reader_seed(purpose).reveal(), label);
}

Result<ckks::ReencryptionKey> make_reencryption_key(const SecretKey& from,
                                                    const ckks::PublicKey& to, int level,
                                                    RandomStream& random) {
  const ckks::ParametersPtr& params = from.params();
  if (!ckks::same_parameters(params, to.params)) {
    return Error{ErrorCode::kMismatch,
                 "re-encryption key: the public key has other parameters than the owner's key"};
  }
  if (from.id() == to.key_id) {
    return Error{ErrorCode::kInvalidArgument,
                 "re-encryption key: from key " + from.id().hex() + " to itself"};
  }
  if (const Status fine = require_key_level(*params, level); !fine) return fine.error();
  if (level < 0 || level > to.level) {
    return Error{ErrorCode::kMismatch, "re-encryption key at level " + std::to_string(level) +
                                           ", the public key reaches level " +
                                           std::to_string(to.level)};
  }
  const ring::BasisView extended = params->extended_basis(level);
  ckks::ReencryptionKey out{params, from.id(), to.key_id, {level, {}, {}}};
  for (const ckks::KeySwitchPlan::Digit& digit : params->key_switch_plan(level).digits) {
    ckks::KeySwitchKey::Digit made = encrypt_zero(to, extended, params->special_count(), random);
    // + P s_from on the limbs of the digit
    Secret<std::uint64_t> term(params->ring_degree());
    for (std::size_t j = digit.begin; j < digit.end; ++j) {
      const arith::Modulus& q = extended[j]->modulus();
      kernel::active().multiply_scalar(from.reveal_limb(j), params->special_product(j),
                                       term.reveal(), q);
      kernel::active().add(made.b.limb(j), term.reveal(), made.b.limb(j), q);
    }
    out.key.digits.push_back(std::move(made));
  }
  return out;
}

}  // namespace salus::keys
