#include "service/jwk.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "service/base64url.h"
#include "service/strict_json.h"

namespace salus::service {
namespace {

using nlohmann::json;

constexpr JsonLimits kSetLimits = {.bytes = kMaxKeySetBytes, .depth = 6};

/// RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2.
constexpr std::array<const char*, 8> kPrivateMembers = {"d",  "p",  "q",   "dp",
                                                        "dq", "qi", "oth", "k"};

Error bad(const std::string& why) { return Error{ErrorCode::kInvalidArgument, why}; }

Result<Bytes> bytes_of(const json& key, const char* member) {
  const std::string* text = text_member(key, member);
  if (text == nullptr) return bad(std::string(member) + " is missing or not a text");
  Result<Bytes> bytes = decode_base64url(*text);
  if (!bytes) return bad(std::string(member) + ": " + bytes.error().message);
  return bytes;
}

/// Whether a member is absent or this text.
bool absent_or(const json& key, const char* member, std::string_view text) {
  if (!key.contains(member)) return true;
  const std::string* found = text_member(key, member);
  return found != nullptr && *found == text;
}

Status check_purpose(const json& key) {
  for (const char* member : kPrivateMembers) {
    if (key.contains(member)) {
      return bad(std::string("it has the private member ") + member +
                 ": a private or shared key does not belong into this file; replace the key, and "
                 "put its public half here");
    }
  }
  if (!absent_or(key, "use", "sig")) return bad("use is not sig");
  if (key.contains("key_ops") && key["key_ops"] != json::array({"verify"})) {
    return bad("key_ops is not [\"verify\"]");
  }
  return {};
}

Result<VerificationKey> ec_key(const json& key, std::string_view curve) {
  if (curve != "P-256" && curve != "P-384") return bad("crv is neither P-256 nor P-384");
  const Result<Bytes> x = bytes_of(key, "x");
  if (!x) return x.error();
  const Result<Bytes> y = bytes_of(key, "y");
  if (!y) return y.error();
  return VerificationKey::ec(curve == "P-256" ? JwsAlgorithm::kEs256 : JwsAlgorithm::kEs384, *x,
                             *y);
}

Result<VerificationKey> okp_key(const json& key, std::string_view curve) {
  if (curve != "Ed25519") return bad("crv is not Ed25519");
  const Result<Bytes> x = bytes_of(key, "x");
  if (!x) return x.error();
  return VerificationKey::ed25519(*x);
}

Result<VerificationKey> rsa_key(const json& key) {
  const Result<Bytes> n = bytes_of(key, "n");
  if (!n) return n.error();
  const Result<Bytes> e = bytes_of(key, "e");
  if (!e) return e.error();
  return VerificationKey::rsa(*n, *e);
}

Result<VerificationKey> key_of(const json& key) {
  const std::string* type = text_member(key, "kty");
  if (type == nullptr) return bad("kty is missing or not a text");
  if (*type == "oct") return bad("it is a shared secret (kty oct): whoever checks could also sign");
  if (const Status purpose = check_purpose(key); !purpose) return purpose.error();
  const std::string* curve = text_member(key, "crv");
  const std::string_view named = curve == nullptr ? std::string_view() : *curve;
  Result<VerificationKey> made = *type == "EC"    ? ec_key(key, named)
                                 : *type == "OKP" ? okp_key(key, named)
                                 : *type == "RSA" ? rsa_key(key)
                                                  : bad("kty is none of EC, OKP and RSA");
  if (made && !absent_or(key, "alg", name(made->algorithm()))) {
    return bad("alg is not " + std::string(name(made->algorithm())) +
               ", the one algorithm that a key of this kind is used for");
  }
  return made;
}

}  // namespace

Result<JwkSet> JwkSet::parse(std::string_view text) {
  const Result<json> document = parse_json_object(text, kSetLimits);
  if (!document) return Error{document.error().code, "the key set: " + document.error().message};
  const auto keys = document->find("keys");
  if (keys == document->end() || !keys->is_array() || keys->empty()) {
    return Error{ErrorCode::kParse, "the key set: no array \"keys\" with a key in it"};
  }
  if (keys->size() > kMaxKeysInSet) {
    return Error{ErrorCode::kLimit,
                 "the key set: more than " + std::to_string(kMaxKeysInSet) + " keys"};
  }
  JwkSet set;
  int position = 0;
  for (const json& entry : *keys) {
    const std::string here = "the key set: key " + std::to_string(++position) + ": ";
    if (!entry.is_object()) return Error{ErrorCode::kParse, here + "it is not an object"};
    Result<VerificationKey> key = key_of(entry);
    if (!key) return Error{key.error().code, here + key.error().message};
    const std::string* id = text_member(entry, "kid");
    if (id == nullptr || id->empty() || id->size() > kMaxKeyIdBytes) {
      return bad(here + "kid is missing, empty, not a text or over " +
                 std::to_string(kMaxKeyIdBytes) + " bytes");
    }
    if (!set.keys_.emplace(*id, std::move(*key)).second) {
      return bad(here + "an earlier key has the same kid");
    }
  }
  return set;
}

Result<JwkSet> JwkSet::read(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::perms mode = fs::status(path, failed).permissions();
  if (!failed && (mode & (fs::perms::group_write | fs::perms::others_write)) != fs::perms::none) {
    return Error{ErrorCode::kDenied, path.string() +
                                         ": others than its owner may write this key set, and so "
                                         "sign in as anybody: chmod go-w"};
  }
  const Result<std::string> text = read_text_file(path, kMaxKeySetBytes);
  if (!text) return text.error();
  Result<JwkSet> set = parse(*text);
  if (!set) return Error{set.error().code, path.string() + ": " + set.error().message};
  return set;
}

const VerificationKey* JwkSet::find(std::string_view kid) const {
  const auto found = keys_.find(kid);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace salus::service
