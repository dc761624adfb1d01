#include "receipt/transcript.h"

#include <sodium.h>

namespace salus::receipt {

Digest value_digest(const ckks::Ciphertext& value) {
  Bytes head = to_bytes(as_bytes("salus-value 1\n"));
  append_u32(head, static_cast<std::uint32_t>(value.level));
  append_f64(head, value.scale);
  append_u32(head, static_cast<std::uint32_t>(value.parts.size()));
  crypto_generichash_state state;
  Digest digest;
  crypto_generichash_init(&state, nullptr, 0, digest.bytes.size());
  const auto update = [&](ByteView bytes) {
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
  };
  update(head);
  static_assert(std::endian::native == std::endian::little, "words are hashed as they lie");
  for (const ring::Poly& part : value.parts) update(std::as_bytes(part.words()));
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(digest.bytes.data()),
                           digest.bytes.size());
  return digest;
}

void Transcript::take(const std::string& stage, circuit::ValueId id,
                      const ckks::Ciphertext& value) {
  if (stage != stage_) seen_ = 0;
  stage_ = stage;
  if (++seen_ % every_ != 0) return;
  checkpoints_.push_back({.stage = stage, .value = id, .digest = value_digest(value)});
  if (checkpoints_.size() < kMaxCheckpoints) return;
  // A longer program keeps fewer of its values, so that the receipt stays small.
  for (std::size_t i = 0; 2 * i + 1 < checkpoints_.size(); ++i) {
    checkpoints_[i] = checkpoints_[2 * i + 1];
  }
  checkpoints_.resize(checkpoints_.size() / 2);
  every_ *= 2;
}

}  // namespace salus::receipt
