#include "service/jws.h"

#include <nlohmann/json.hpp>

#include "service/base64url.h"
#include "service/strict_json.h"

namespace salus::service {
namespace {

using nlohmann::json;

// Depth: a `jwk` that nobody reads is an object with an array of certificates in the header.
constexpr JsonLimits kHeaderLimits = {.bytes = kMaxJwsHeaderBytes, .depth = 4};

Error denied(const std::string& why) {
  return Error{ErrorCode::kDenied, "a token is refused: " + why};
}

struct Compact {
  std::string_view signed_text;  ///< header and payload as they came, with the dot between them
  json header;
  Bytes payload;
  Bytes signature;
};

Status check_header(const json& header) {
  if (text_member(header, "alg") == nullptr) return denied("its header has no alg");
  if (header.contains("crit")) return denied("its header has crit");
  if (header.contains("b64") && header["b64"] != true) return denied("its header has b64");
  for (const char* member : {"kid", "typ", "cty"}) {
    if (header.contains(member) && text_member(header, member) == nullptr) {
      return denied(std::string("its header's ") + member + " is not a text");
    }
  }
  return {};
}

Result<Compact> read_compact(std::string_view token) {
  if (token.size() > kMaxJwsBytes) {
    return denied("it is longer than " + std::to_string(kMaxJwsBytes) + " bytes");
  }
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last || token.find('.', first + 1) != last) {
    return denied("it has not three parts");
  }
  const Result<Bytes> header = decode_base64url(token.substr(0, first));
  Result<Bytes> payload = decode_base64url(token.substr(first + 1, last - first - 1));
  Result<Bytes> signature = decode_base64url(token.substr(last + 1));
  if (!header || !payload || !signature) return denied("a part is not base64url without padding");
  Result<json> object = parse_json_object(as_text(*header), kHeaderLimits);
  if (!object) return denied("its header: " + object.error().message);
  if (const Status fine = check_header(*object); !fine) return fine.error();
  return Compact{token.substr(0, last), std::move(*object), std::move(*payload),
                 std::move(*signature)};
}

Result<VerifiedJws> verify(const Compact& jws, const VerificationKey& key) {
  if (*text_member(jws.header, "alg") != name(key.algorithm())) {
    return denied("its alg is not that of its key");
  }
  if (!key.verifies(jws.signed_text, jws.signature)) return denied("its signature does not fit");
  const std::string* type = text_member(jws.header, "typ");
  return VerifiedJws{std::string(as_text(jws.payload)), type == nullptr ? "" : *type};
}

}  // namespace

Result<VerifiedJws> verify_jws(std::string_view token, const JwkSet& keys) {
  const Result<Compact> jws = read_compact(token);
  if (!jws) return jws.error();
  const std::string* kid = text_member(jws->header, "kid");
  if (kid == nullptr) return denied("its header names no key (kid)");
  const VerificationKey* key = keys.find(*kid);
  if (key == nullptr) return denied("its header names a key (kid) that is not in the key set");
  return verify(*jws, *key);
}

Result<VerifiedJws> verify_jws(std::string_view token, const VerificationKey& key) {
  const Result<Compact> jws = read_compact(token);
  if (!jws) return jws.error();
  return verify(*jws, key);
}

}  // namespace salus::service
