// The subset of YAML in docs/formats/openapi.yaml as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace salus::e2e {

/// Block maps, block lists, one-line flow lists, plain and quoted scalars. Throws with the line's
/// number on anything else.
nlohmann::json parse_yaml(const std::string& text);

}  // namespace salus::e2e
