// JSON from outside.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace salus::ingest {

/// An object or an array. Depth is held down while parsing, before a tree of it exists. Errors:
/// kLimit (nested deeper than that), kParse.
Result<nlohmann::json> parse_json(std::string_view text, int max_depth);

}  // namespace salus::ingest
