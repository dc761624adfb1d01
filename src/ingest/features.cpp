#include "ingest/features.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ingest/unit.h"

namespace salus::ingest {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxUnitBytes = 64;
constexpr std::string_view kFormat = "salus-features 1";

Error bad(std::string message) {
  return Error{ErrorCode::kInvalidArgument, "features: " + std::move(message)};
}

Status read_number(const json& node, std::string_view what, double& out) {
  if (!node.is_number() || !std::isfinite(node.get<double>())) {
    return bad(std::string(what) + " is not a finite number");
  }
  out = node.get<double>();
  return {};
}

Status read_text(const json& node, std::string_view what, std::string& out) {
  if (!node.is_string()) return bad(std::string(what) + " is not a string");
  out = node.get<std::string>();
  return {};
}

Result<Feature> read_feature(const std::string& name, const json& node) {
  Feature feature{.name = name, .value = 0, .unit = {}};
  if (!node.is_object()) return bad(name + " is not {\"value\":..,\"unit\":..}");
  for (const auto& [key, value] : node.items()) {
    if (key != "value" && key != "unit") return bad(name + ": unknown field \"" + key + "\"");
  }
  if (!node.contains("value")) return bad(name + " has no value");
  if (!node.contains("unit")) return bad(name + " has no unit; add \"unit\" in UCUM, such as L/h");
  if (const Status fine = read_number(node["value"], name, feature.value); !fine) {
    return fine.error();
  }
  if (const Status fine = read_text(node["unit"], name + ".unit", feature.unit); !fine) {
    return fine.error();
  }
  // Whether it is known is asked when a program wants it: one in the program's own unit always is.
  if (feature.unit.empty() || feature.unit.size() > kMaxUnitBytes) {
    return bad(name + ": its unit must have 1 to " + std::to_string(kMaxUnitBytes) + " characters");
  }
  return feature;
}

Status read_field(Features& out, const std::string& key, const json& node) {
  if (key == "subject") return read_text(node, key, out.subject);
  if (key == "model") return read_text(node, key, out.model);
  if (key == "origin") return read_text(node, key, out.origin);
  if (key == "weight_kg") return read_number(node, key, out.weight_kg);
  if (key == "dose_mg") return read_number(node, key, out.dose_mg);
  if (key != "features") return bad("unknown field \"" + key + "\"");
  if (!node.is_object()) return bad("\"features\" is not an object");
  for (const auto& [name, value] : node.items()) {
    Result<Feature> feature = read_feature(name, value);
    if (!feature) return feature.error();
    out.values.push_back(std::move(feature).value());
  }
  return {};
}

}  // namespace

Result<Features> parse_features(std::string_view text) {
  if (text.size() > kMaxFeaturesBytes) {
    return Error{ErrorCode::kLimit, "features: " + std::to_string(text.size()) +
                                        " bytes, the limit is " +
                                        std::to_string(kMaxFeaturesBytes)};
  }
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) {
    return Error{ErrorCode::kParse, "features: not a JSON object"};
  }
  const auto format = document.find("format");
  if (format == document.end() || !format->is_string()) {
    return Error{ErrorCode::kParse,
                 "features: no \"format\" field, expected \"" + std::string(kFormat) + "\""};
  }
  if (*format != kFormat) {
    return Error{ErrorCode::kVersion, "features: format \"" +
                                          format->get<std::string>().substr(0, 40) +
                                          "\", this build reads \"" + std::string(kFormat) + "\""};
  }
  Features features;
  for (const auto& [key, node] : document.items()) {
    if (key == "format") continue;
    if (const Status fine = read_field(features, key, node); !fine) return fine.error();
  }
  if (features.values.empty()) return bad("no features in it");
  return features;
}

std::string print_features(const Features& features) {
  json document = {{"format", kFormat}, {"subject", features.subject}, {"model", features.model}};
  if (features.weight_kg > 0) document["weight_kg"] = features.weight_kg;
  if (features.dose_mg > 0) document["dose_mg"] = features.dose_mg;
  if (!features.origin.empty()) document["origin"] = features.origin;
  for (const Feature& feature : features.values) {
    document["features"][feature.name] = {{"value", feature.value}, {"unit", feature.unit}};
  }
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::vector<program::NamedValue>> to_parameters(
    const Features& features, const std::vector<program::Parameter>& parameters) {
  std::vector<program::NamedValue> values;
  for (const Feature& feature : features.values) {
    const auto wanted = std::find_if(parameters.begin(), parameters.end(),
                                     [&](const auto& p) { return p.name == feature.name; });
    double value = feature.value;
    if (wanted != parameters.end()) {
      const Result<double> converted = convert(feature.value, feature.unit, wanted->unit);
      if (!converted) return bad(feature.name + ": " + converted.error().message);
      value = *converted;
    }
    values.push_back({feature.name, value});
  }
  return values;
}

}  // namespace salus::ingest
