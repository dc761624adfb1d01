#include "service/strict_json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace salus::service {
namespace {

using nlohmann::json;

/// First pass: syntax, depth and duplicate names, without building anything.
class Checker final : public nlohmann::json_sax<json> {
 public:
  explicit Checker(std::size_t max_depth) : max_depth_(max_depth) {}

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
    fault = {.kind = JsonFault::Kind::kNamedTwice, .name = name};
    return false;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    fault = {.kind = JsonFault::Kind::kNotJson, .position = position};
    return false;
  }

  JsonFault fault;

 private:
  bool open() {
    names_.emplace_back();
    if (names_.size() <= max_depth_) return true;
    fault = {.kind = JsonFault::Kind::kTooDeep};
    return false;
  }
  bool close() {
    names_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  std::vector<std::set<std::string>> names_;
};

Error error_of(const JsonFault& fault, std::size_t max_depth) {
  switch (fault.kind) {
    case JsonFault::Kind::kTooDeep:
      return {ErrorCode::kLimit, "it is nested deeper than " + std::to_string(max_depth)};
    case JsonFault::Kind::kNamedTwice: return {ErrorCode::kParse, "a member is named twice"};
    case JsonFault::Kind::kNotJson: break;
  }
  return {ErrorCode::kParse, "it is not JSON"};
}

}  // namespace

std::optional<JsonFault> find_fault(std::string_view text, std::size_t max_depth) {
  Checker checker(max_depth);
  if (json::sax_parse(text.begin(), text.end(), &checker)) return std::nullopt;
  return std::move(checker.fault);
}

Result<json> parse_json_object(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) {
    return Error{ErrorCode::kLimit, "it is longer than " + std::to_string(limits.bytes) + " bytes"};
  }
  // The parser takes a zero byte for the end of the text, and skips a byte order mark.
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xef\xbb\xbf")) {
    return Error{ErrorCode::kParse, "it is not JSON"};
  }
  if (const auto fault = find_fault(text, limits.depth)) return error_of(*fault, limits.depth);
  json document = json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return Error{ErrorCode::kParse, "it is not a JSON object"};
  return document;
}

const std::string* text_member(const json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end()) return nullptr;
  return found->get_ptr<const std::string*>();
}

}  // namespace salus::service
