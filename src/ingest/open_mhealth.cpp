// Open mHealth and IEEE 1752.1 data points: openmhealth.org, github.com/openmhealth/schemas.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "ingest/date.h"
#include "ingest/json_text.h"
#include "ingest/sensor.h"
#include "ingest/vocabulary.h"

namespace salus::ingest {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 32;

// One number of a body: its member, what it is, and the units that the schema allows.
struct Measure {
  std::string_view schema;
  std::string_view member;
  std::string_view quantity;
  std::array<std::pair<std::string_view, std::string_view>, 3> units;  // the schema's, UCUM
};

constexpr std::array kMeasures = std::to_array<Measure>({
    {"heart-rate", "heart_rate", "heart_rate", {{{"beats/min", "/min"}}}},
    {"blood-glucose", "blood_glucose", "glucose", {{{"mg/dL", "mg/dL"}, {"mmol/L", "mmol/L"}}}},
    {"blood-pressure", "systolic_blood_pressure", "SBP", {{{"mmHg", "mm[Hg]"}}}},
    {"blood-pressure", "diastolic_blood_pressure", "DBP", {{{"mmHg", "mm[Hg]"}}}},
    {"oxygen-saturation", "oxygen_saturation", "SpO2", {{{"%", "%"}}}},
    {"step-count", "step_count", "steps", {{{"steps", "1"}}}},
    {"body-weight", "body_weight", "weight", {{{"kg", "kg"}, {"g", "g"}, {"lb", "[lb_av]"}}}},
});

const json* member(const json& node, std::string_view name) {
  if (!node.is_object()) return nullptr;
  const auto found = node.find(name);
  return found == node.end() ? nullptr : &*found;
}

std::string text_of(const json& node, const char* name) {
  const json* found = member(node, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : "";
}

struct Times {
  std::int64_t start = 0, end = 0;
  std::string when;
};

class Reader {
 public:
  Status take(const json& document) {
    if (!document.is_array()) return point(document);
    for (const json& each : document) {
      if (Status s = point(each); !s) return s;
    }
    return {};
  }

  std::size_t seen() const { return seen_; }
  SensorPoints finish() { return std::move(out_); }

 private:
  Status point(const json& node) {
    if (++count_ > kMaxSensorPoints) {
      return Error{ErrorCode::kLimit,
                   "more than " + std::to_string(kMaxSensorPoints) + " data points"};
    }
    source_ = "data point " + std::to_string(count_);
    code_.clear();
    const json* header = member(node, "header");
    const json* body = header == nullptr ? &node : member(node, "body");
    if (header != nullptr) {
      ++seen_;
      const json* schema = member(*header, "schema_id");
      code_ = schema == nullptr ? "" : text_of(*schema, "name").substr(0, 64);
      const std::string space = schema == nullptr ? "" : text_of(*schema, "namespace");
      if (const std::string id = text_of(*header, "id"); !id.empty())
        source_ = code_ + " " + id.substr(0, 64);
      const auto named = [&](const Measure& m) { return m.schema == code_; };
      if ((space != "omh" && space != "ieee") || std::ranges::none_of(kMeasures, named)) {
        refuse("no feature is made of this schema");
        return {};
      }
      if (body == nullptr) {
        refuse("it has no body");
        return {};
      }
    }
    measures(*body, header != nullptr);
    return {};
  }

  void measures(const json& body, bool has_header) {
    bool any = false;
    for (const Measure& m : kMeasures) {
      if (has_header && m.schema != code_) continue;
      const json* value = member(body, m.member);
      if (value == nullptr) continue;
      if (!any && !has_header) ++seen_;
      any = true;
      code_ = m.schema;
      measure(m, *value, body);
    }
    if (!any) refuse("its body has no number that is known here");
  }

  void refuse(const std::string& why) { out_.unused.push_back({source_, code_, why}); }

  void measure(const Measure& m, const json& node, const json& body) {
    // Steps of schema versions 1 and 2 are a bare number.
    const bool bare = m.quantity == "steps" && node.is_number();
    const json* value = bare ? &node : member(node, "value");
    if (value == nullptr || !value->is_number() || !std::isfinite(value->get<double>()))
      return refuse("its " + std::string(m.member) + " has no number");
    const std::string unit = bare ? "steps" : text_of(node, "unit").substr(0, 32);
    std::string allowed, ucum;
    for (const auto& [written, code] : m.units) {
      if (written.empty()) continue;
      allowed += (allowed.empty() ? "" : ", ") + std::string(written);
      if (unit == written) ucum = code;
    }
    if (ucum.empty()) return refuse("its unit is \"" + unit + "\", the schema has " + allowed);
    if (body.contains("descriptive_statistic"))
      return refuse("it is a statistic of a period, not a reading");
    const auto times = times_of(body);
    if (!times) return;
    if (m.quantity == "steps" && times->start == times->end)
      return refuse("steps are of an interval, this has one time");
    store(m, value->get<double>(), unit, ucum, *times);
  }

  void store(const Measure& m, double given, const std::string& unit, const std::string& ucum,
             const Times& times) {
    SensorPoint p{std::string(m.quantity),
                  given,
                  "1",
                  given,
                  unit,
                  times.when,
                  times.start,
                  times.end,
                  source_};
    if (const Quantity* quantity = find_quantity(m.quantity)) {
      const auto converted = to_quantity(*quantity, given, ucum);
      if (!converted) return refuse(converted.error().message);
      p.value = *converted;
      p.unit = quantity->unit;
    }
    if (!std::isfinite(p.value) || p.value < 0) return refuse("its value is no number from 0 on");
    out_.points.push_back(std::move(p));
  }

  std::optional<Times> times_of(const json& body) {
    const json* frame = member(body, "effective_time_frame");
    const json* interval = frame == nullptr ? nullptr : member(*frame, "time_interval");
    Times out;
    std::optional<std::int64_t> start, end;
    if (interval != nullptr) {
      start = instant_of(text_of(*interval, "start_date_time"));
      out.when = text_of(*interval, "end_date_time");
      end = instant_of(out.when);
      if (start && !end && interval->contains("duration")) {
        refuse("its interval is given by a duration; only start and end are read");
        return std::nullopt;
      }
    } else if (frame != nullptr) {
      out.when = text_of(*frame, "date_time");
      start = end = instant_of(out.when);
    }
    if (!start || !end || *end < *start) {
      refuse(frame == nullptr ? "it has no effective_time_frame"
                              : "its effective_time_frame is no time, nor an interval with start "
                                "and end");
      return std::nullopt;
    }
    if (*end - *start > kMaxWindow) {
      refuse("its interval is longer than 31 days");
      return std::nullopt;
    }
    out.start = *start;
    out.end = *end;
    return out;
  }

  SensorPoints out_;
  std::size_t count_ = 0, seen_ = 0;
  std::string source_, code_;
};

Status take_lines(std::string_view text, Reader& reader) {
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto document = parse_json(one, kMaxDepth);
    if (!document) {
      return Error{document.error().code,
                   "line " + std::to_string(line) + ": " + document.error().message};
    }
    if (Status s = reader.take(*document); !s) return s;
  }
  return {};
}

}  // namespace

bool looks_like_open_mhealth(std::string_view text) {
  const auto has = [&](std::string_view word) {
    return text.find("\"" + std::string(word) + "\"") != std::string_view::npos;
  };
  return has("schema_id") || std::any_of(kMeasures.begin(), kMeasures.end(),
                                         [&](const Measure& m) { return has(m.member); });
}

Result<SensorPoints> read_open_mhealth(std::string_view text) {
  if (text.size() > kMaxSensorBytes) {
    return Error{ErrorCode::kLimit, "Open mHealth: " + std::to_string(text.size()) +
                                        " bytes, at most " + std::to_string(kMaxSensorBytes)};
  }
  Reader reader;
  const auto whole = parse_json(text, kMaxDepth);
  const Status taken = whole                                     ? reader.take(*whole)
                       : whole.error().code == ErrorCode::kLimit ? Status(whole.error())
                                                                 : take_lines(text, reader);
  if (!taken) return Error{taken.error().code, "Open mHealth: " + taken.error().message};
  if (reader.seen() == 0) {
    return Error{ErrorCode::kParse,
                 "Open mHealth: no data point: neither a header with a schema_id nor a body with "
                 "heart_rate, blood_glucose, systolic_blood_pressure, oxygen_saturation, "
                 "step_count or body_weight"};
  }
  return reader.finish();
}

}  // namespace salus::ingest
