#include "support/contract.h"

#include <algorithm>
#include <string_view>

#include "base/file.h"
#include "support/yaml.h"

namespace salus::e2e {
namespace {

using nlohmann::json;

bool has_type(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

bool has_one_of(const json& value, const json& types) {
  if (types.is_string()) return has_type(value, types.get<std::string>());
  return std::any_of(types.begin(), types.end(),
                     [&](const json& type) { return has_type(value, type.get<std::string>()); });
}

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = path.find('/', 1);
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(segment.size());
  return segment;
}

/// Whether `path` is one of `pattern`, {name} standing for any segment.
bool fits(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_segment(pattern), found = next_segment(path);
    if (!wanted.starts_with("/{") && wanted != found) return false;
  }
  return pattern.empty() && path.empty();
}

/// The only pattern that the file has.
bool matches(const std::string& text, const std::string& pattern) {
  return pattern == "^[0-9a-f]{64}$" && text.size() == 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Contract::Contract(const std::filesystem::path& file)
    : document_(parse_yaml(must(read_text_file(file, 1u << 20)))) {}

std::string Contract::path_of(const std::string& target) const {
  const std::string path = target.substr(0, target.find('?'));
  for (const auto& [known, operations] : document_.at("paths").items()) {
    if (fits(known, path)) return known;
  }
  return {};
}

std::set<std::string> Contract::promised() const {
  std::set<std::string> all;
  for (const auto& [path, operations] : document_.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      for (const auto& [status, response] : operation.at("responses").items()) {
        all.insert(method + " " + path + " " + status);
      }
    }
  }
  return all;
}

std::string Contract::violation(const std::string& method, const std::string& target,
                                const HttpReply& reply) {
  const std::string path = path_of(target);
  const std::string what = lower(method) + " " + path + " " + std::to_string(reply.status);
  if (path.empty() || !document_["paths"][path].contains(lower(method))) {
    const bool refused = reply.status == 404 || reply.status == 405 || reply.status == 401;
    return refused ? "" : what + ": an unknown operation was answered";
  }
  const json& responses = document_["paths"][path][lower(method)]["responses"];
  const std::string status = std::to_string(reply.status);
  if (!responses.contains(status)) return what + ": this status is not documented: " + reply.body;
  const json& response = responses[status];
  kept_.insert(what);
  if (!response.contains("content")) return reply.body.empty() ? "" : what + ": has a body";
  const std::string type = response["content"].begin().key();
  const json& content = response["content"].begin().value();
  if (reply.header("Content-Type") != type) {
    return what + ": Content-Type is " + reply.header("Content-Type") + ", not " + type;
  }
  if (type.find("json") == std::string::npos) return {};
  const json body = reply.json();
  if (body.is_discarded()) return what + ": the body is not JSON";
  const std::string wrong = schema_violation(content.at("schema"), body, "body");
  if (!wrong.empty()) return what + ": " + wrong;
  if (type.find("problem") != std::string::npos && body.at("status") != reply.status) {
    return what + ": the problem document names another status";
  }
  return {};
}

std::string Contract::schema_violation(const json& schema, const json& value,
                                       const std::string& where) const {
  if (schema.contains("$ref")) {
    const std::string name = schema["$ref"].get<std::string>();
    return schema_violation(
        document_.at("components").at("schemas").at(name.substr(name.rfind('/') + 1)), value,
        where);
  }
  if (!has_one_of(value, schema.at("type"))) return where + " has another type: " + value.dump();
  if (schema.contains("enum")) {
    const json& allowed = schema["enum"];
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      return where + " is none of " + allowed.dump() + ": " + value.dump();
    }
  }
  if (schema.contains("pattern") &&
      !matches(value.get<std::string>(), schema["pattern"].get<std::string>())) {
    return where + " does not match its pattern: " + value.dump();
  }
  if (value.is_number() && schema.contains("minimum") && value < schema["minimum"]) {
    return where + " is below its minimum: " + value.dump();
  }
  if (value.is_number() && schema.contains("maximum") && value > schema["maximum"]) {
    return where + " is above its maximum: " + value.dump();
  }
  if (value.is_object()) return object_violation(schema, value, where);
  if (value.is_array()) {
    for (const json& item : value) {
      const std::string wrong = schema_violation(schema.at("items"), item, where + "[]");
      if (!wrong.empty()) return wrong;
    }
  }
  return {};
}

std::string Contract::object_violation(const json& schema, const json& value,
                                       const std::string& where) const {
  for (const json& field : schema.value("required", json::array())) {
    if (!value.contains(field.get<std::string>())) return where + " lacks " + field.dump();
  }
  const json properties = schema.value("properties", json::object());
  const json others = schema.value("additionalProperties", json(true));
  for (const auto& [field, item] : value.items()) {
    const std::string inner = where + "." + field;
    std::string wrong;
    if (properties.contains(field)) {
      wrong = schema_violation(properties[field], item, inner);
    } else if (others == false) {
      wrong = inner + " is not documented";
    } else if (others.is_object()) {
      wrong = schema_violation(others, item, inner);
    }
    if (!wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace salus::e2e
