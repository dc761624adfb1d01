#include "identity/public_identity.h"

#include <sodium.h>

#include <algorithm>

namespace salus::identity {
namespace {

constexpr std::string_view kIdLabel = "salus identity id 1";
constexpr std::string_view kSignatureLabel = "salus signature 1";
constexpr std::string_view kPublicMagic = "salus-identity-public ";
constexpr std::string_view kPublicVersion = "1 ";
constexpr std::size_t kIdBytes = 16;

const unsigned char* raw(const std::byte* p) { return reinterpret_cast<const unsigned char*>(p); }

}  // namespace

std::string PublicIdentity::id() const {
  Bytes all = to_bytes(as_bytes(kIdLabel));
  append(all, signing);
  append(all, agreement);
  return to_hex(ByteView(sha256(all).bytes).first(kIdBytes));
}

std::string PublicIdentity::text() const {
  return std::string(kPublicMagic) + std::string(kPublicVersion) + to_hex(signing) +
         to_hex(agreement);
}

Result<PublicIdentity> PublicIdentity::parse(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (!text.starts_with(kPublicMagic))
    return Error{ErrorCode::kParse, "not the public part of an identity"};
  text.remove_prefix(kPublicMagic.size());
  if (!text.starts_with(kPublicVersion))
    return Error{ErrorCode::kVersion, "identity: a version that this build does not know"};
  text.remove_prefix(kPublicVersion.size());
  const auto bytes = from_hex(text);
  PublicIdentity out;
  if (!bytes || bytes->size() != out.signing.size() + out.agreement.size())
    return Error{ErrorCode::kParse, "identity: 128 hexadecimal digits are expected, " +
                                        std::to_string(text.size()) + " characters are there"};
  const auto middle = bytes->begin() + static_cast<std::ptrdiff_t>(out.signing.size());
  std::copy(bytes->begin(), middle, out.signing.begin());
  std::copy(middle, bytes->end(), out.agreement.begin());
  return out;
}

Bytes signed_bytes(std::string_view context, ByteView message) {
  Bytes out;
  for (const ByteView part : {as_bytes(kSignatureLabel), as_bytes(context), message}) {
    append_u64(out, part.size());
    append(out, part);
  }
  return out;
}

bool verify(const PublicIdentity& by, std::string_view context, ByteView message,
            const Signature& signature) {
  const Bytes all = signed_bytes(context, message);
  return crypto_sign_verify_detached(raw(signature.data()), raw(all.data()), all.size(),
                                     raw(by.signing.data())) == 0;
}

}  // namespace salus::identity
