// JSON objects from strangers, read so that two readers cannot see two things in one text.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salus::service {

/// What is wrong with a text that should be JSON.
struct JsonFault {
  enum class Kind { kNotJson, kTooDeep, kNamedTwice };
  Kind kind = Kind::kNotJson;
  std::size_t position = 0;  ///< of kNotJson: the byte where it is none any more
  std::string name;          ///< of kNamedTwice: the member
};

/// The first fault in syntax, depth or names, found without building anything; nothing where the
/// text is JSON, nested at most `max_depth` deep, with no member named twice in one object.
std::optional<JsonFault> find_fault(std::string_view text, std::size_t max_depth);

struct JsonLimits {
  std::size_t bytes = 0;
  std::size_t depth = 0;  ///< of objects and arrays in each other; the outermost object is 1
};

/// One JSON object (RFC 8259, UTF-8) and nothing behind it. Refused beyond RFC 8259: a member named
/// twice at any depth (RFC 7515 section 4, RFC 7519 section 4), a byte order mark, a zero byte, a
/// number outside of double. Errors: kLimit, kParse; messages say why and never quote the text.
Result<nlohmann::json> parse_json_object(std::string_view text, const JsonLimits& limits);

/// The member of that name if it is a string, else nothing.
const std::string* text_member(const nlohmann::json& object, const char* member);

}  // namespace salus::service
