#include "service/base64url.h"

#include <sodium.h>

namespace salus::service {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

std::string encode_base64url(ByteView bytes) {
  std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  out.pop_back();  // the terminating zero
  return out;
}

Result<Bytes> decode_base64url(std::string_view text) {
  Bytes out(text.size() / 4 * 3 + 3);
  std::size_t length = 0;
  const char* end = nullptr;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                       text.data(), text.size(), nullptr, &length, &end, kVariant);
  out.resize(failed == 0 ? length : 0);
  // One spelling counts: libsodium 1.0.18 reads every byte from 0x80 on as the last letter.
  if (failed != 0 || end != text.data() + text.size() || encode_base64url(out) != text) {
    return Error{ErrorCode::kParse, "it is not base64url without padding"};
  }
  return out;
}

}  // namespace salus::service
