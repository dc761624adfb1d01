#include "http/json_body.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace salus::http {
namespace {

using nlohmann::json;

Error bad(const std::string& why) { return Error{ErrorCode::kInvalidArgument, "the body " + why}; }

/// First pass: syntax, depth and duplicate names, without building anything.
class Checker final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(std::int64_t) override { return true; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (names_.back().insert(name).second) return true;
    why = "names the field \"" + name.substr(0, 64) + "\" twice";
    return false;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    why = "is not JSON at byte " + std::to_string(position);
    return false;
  }

  std::string why;

 private:
  bool open() {
    names_.emplace_back();
    if (names_.size() <= static_cast<std::size_t>(kMaxJsonDepth)) return true;
    why = "is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
    return false;
  }
  bool close() {
    names_.pop_back();
    return true;
  }
  std::vector<std::set<std::string>> names_;
};

Error bad_field(const std::string& field, const std::string& why) {
  return Error{ErrorCode::kInvalidArgument, "field \"" + field.substr(0, 64) + "\" " + why};
}

}  // namespace

Result<JsonBody> JsonBody::parse(std::string_view text) {
  if (text.empty()) return bad("has 0 bytes; a JSON object is needed");
  Checker checker;
  if (!json::sax_parse(text.begin(), text.end(), &checker)) return bad(checker.why);
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
