#include "service/state_bytes.h"

namespace salus::service {
namespace {

constexpr std::string_view kMagic = "salus-state 1\n";
constexpr std::uint32_t kMaxValues = 4096;

}  // namespace

Bytes write_state(const std::vector<ckks::Ciphertext>& values, const Digest& key_id) {
  Bytes out = to_bytes(as_bytes(kMagic));
  append_u32(out, static_cast<std::uint32_t>(values.size()));
  for (const ckks::Ciphertext& value : values) {
    const Bytes one = wire::write(value, key_id);
    append_u64(out, one.size());
    append(out, one);
  }
  return out;
}

Result<std::vector<ckks::Ciphertext>> read_state(ByteView bytes,
                                                 const ckks::ParametersPtr& params) {
  ByteReader in(bytes);
  if (as_text(in.bytes(kMagic.size())) != kMagic) {
    return Error{ErrorCode::kVersion, "a cached state does not start with \"salus-state 1\""};
  }
  const std::uint32_t count = in.u32();
  if (count > kMaxValues) return Error{ErrorCode::kLimit, "a cached state holds too many values"};
  std::vector<ckks::Ciphertext> values;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t size = in.u64();
    if (!in.ok() || size > in.remaining()) break;
    Result<wire::ReadCiphertext> one = wire::read_ciphertext(in.bytes(size), params);
    if (!one) return one.error();
    values.push_back(std::move(one->ciphertext));
  }
  if (!in.ok() || values.size() != count || in.remaining() != 0) {
    return Error{ErrorCode::kParse, "a cached state is cut short or too long"};
  }
  return values;
}

}  // namespace salus::service
