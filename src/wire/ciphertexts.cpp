#include "wire/ciphertexts.h"

namespace salus::wire {
namespace {

constexpr std::string_view kMagic = "salus-ciphertexts 1\n";

}  // namespace

Bytes write(std::span<const ckks::Ciphertext> values, const Digest& key_id) {
  Bytes out = to_bytes(as_bytes(kMagic));
  append_u32(out, static_cast<std::uint32_t>(values.size()));
  for (const ckks::Ciphertext& value : values) {
    const Bytes one = write(value, key_id);
    append_u64(out, one.size());
    append(out, one);
  }
  return out;
}

Result<ReadCiphertexts> read_ciphertexts(ByteView bytes, const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  if (as_text(in.bytes(kMagic.size())) != kMagic) {
    return Error{ErrorCode::kVersion,
                 "a list of ciphertexts does not start with \"salus-ciphertexts 1\""};
  }
  const std::uint32_t count = in.u32();
  if (count > kMaxCiphertexts) {
    return Error{ErrorCode::kLimit, "a list of " + std::to_string(count) +
                                        " ciphertexts; at most " + std::to_string(kMaxCiphertexts)};
  }
  ReadCiphertexts out;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t size = in.u64();
    if (!in.ok() || size > in.remaining()) break;
    Result<ReadCiphertext> one = read_ciphertext(in.bytes(size), params);
    if (!one) return one.error();
    if (i == 0) out.key_id = one->key_id;
    if (one->key_id != out.key_id) {
      return Error{ErrorCode::kMismatch, "a list holds ciphertexts of key " + out.key_id.hex() +
                                             " and of key " + one->key_id.hex()};
    }
    out.values.push_back(std::move(one->ciphertext));
  }
  if (!in.ok() || out.values.size() != count || in.remaining() != 0)
    return Error{ErrorCode::kParse, "a list of ciphertexts is cut short or too long"};
  return out;
}

}  // namespace salus::wire
