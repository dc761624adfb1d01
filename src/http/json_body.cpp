#include "http/json_body.h"

#include <nlohmann/json.hpp>

#include "service/strict_json.h"

namespace salus::http {
namespace {

using nlohmann::json;

Error bad(const std::string& why) { return Error{ErrorCode::kInvalidArgument, "the body " + why}; }

std::string said(const service::JsonFault& fault) {
  switch (fault.kind) {
    case service::JsonFault::Kind::kTooDeep:
      return "is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
    case service::JsonFault::Kind::kNamedTwice:
      return "names the field \"" + fault.name.substr(0, 64) + "\" twice";
    case service::JsonFault::Kind::kNotJson: break;
  }
  return "is not JSON at byte " + std::to_string(fault.position);
}

Error bad_field(const std::string& field, const std::string& why) {
  return Error{ErrorCode::kInvalidArgument, "field \"" + field.substr(0, 64) + "\" " + why};
}

}  // namespace

Result<JsonBody> JsonBody::parse(std::string_view text) {
  if (text.empty()) return bad("has 0 bytes; a JSON object is needed");
  if (const auto fault = service::find_fault(text, kMaxJsonDepth)) return bad(said(*fault));
  const json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return bad("is not a JSON object");
  JsonBody body;
  for (const auto& [field, value] : document.items()) {
    if (value.is_string()) {
      body.fields_.emplace(field, value.get<std::string>());
    } else if (value.is_number_unsigned()) {
      body.fields_.emplace(field, value.get<std::uint64_t>());
    } else if (value.is_object()) {
      TextMap map;
      for (const auto& [inner, item] : value.items()) {
        if (!item.is_string()) return bad_field(field + "." + inner, "is not a text");
        map.emplace(inner, item.get<std::string>());
      }
      body.fields_.emplace(field, std::move(map));
    } else {
      return bad_field(field, "is neither a text nor a count nor an object");
    }
  }
  return body;
}

template <class T>
Result<T> JsonBody::take(const std::string& field, const char* type) {
  const auto found = fields_.find(field);
  if (found == fields_.end()) return bad_field(field, "is missing");
  T* value = std::get_if<T>(&found->second);
  if (value == nullptr) return bad_field(field, std::string("is not ") + type);
  T taken = std::move(*value);
  fields_.erase(found);
  return taken;
}

Result<std::string> JsonBody::text(const std::string& field) {
  return take<std::string>(field, "a text");
}
Result<std::uint64_t> JsonBody::count(const std::string& field) {
  return take<std::uint64_t>(field, "a count (a whole number, 0 or more)");
}

Result<Digest> JsonBody::digest(const std::string& field) {
  const Result<std::string> hex = text(field);
  if (!hex) return hex.error();
  const Result<Digest> digest = Digest::parse(*hex);
  if (!digest) return bad_field(field, "is not a SHA-256 in 64 hexadecimal digits");
  return *digest;
}

Result<std::map<std::string, Digest>> JsonBody::digests(const std::string& field) {
  const Result<TextMap> texts = take<TextMap>(field, "an object of digests");
  if (!texts) return texts.error();
  std::map<std::string, Digest> digests;
  for (const auto& [inner, hex] : *texts) {
    const Result<Digest> digest = Digest::parse(hex);
    if (!digest) {
      return bad_field(field + "." + inner, "is not a SHA-256 in 64 hexadecimal digits");
    }
    digests.emplace(inner, *digest);
  }
  return digests;
}

Status JsonBody::finish() const {
  if (fields_.empty()) return {};
  return bad_field(fields_.begin()->first, "is not known here");
}

}  // namespace salus::http
