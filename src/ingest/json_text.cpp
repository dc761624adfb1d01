#include "ingest/json_text.h"

#include <string>

namespace salus::ingest {

Result<nlohmann::json> parse_json(std::string_view text, int max_depth) {
  using nlohmann::json;
  bool deep = false;
  const auto watch = [&](int depth, json::parse_event_t, json&) {
    deep = deep || depth > max_depth;
    return !deep;
  };
  json out = json::parse(text.begin(), text.end(), watch, false);
  if (deep) return Error{ErrorCode::kLimit, "nested deeper than " + std::to_string(max_depth)};
  if (out.is_discarded() || !out.is_structured()) return Error{ErrorCode::kParse, "no JSON"};
  return out;
}

}  // namespace salus::ingest
