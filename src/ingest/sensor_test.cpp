// Goal:   readings of devices become windows whose numbers can be checked by hand; what is not used
//         is said.
// Method: data points by hand, each with one thing wrong; windows whose mean, share and coverage
// are
//         known.
#include "ingest/sensor.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ingest/date.h"

namespace salus::ingest {
namespace {

using nlohmann::json;

json heart_rate(double value, const std::string& when) {
  return {{"header",
           {{"id", "h1"},
            {"schema_id", {{"namespace", "omh"}, {"name", "heart-rate"}, {"version", "2.0"}}}}},
          {"body",
           {{"heart_rate", {{"value", value}, {"unit", "beats/min"}}},
            {"effective_time_frame", {{"date_time", when}}}}}};
}

json body(const std::string& member, double value, const std::string& unit, const std::string& from,
          const std::string& to) {
  return {{member, {{"value", value}, {"unit", unit}}},
          {"effective_time_frame",
           {{"time_interval", {{"start_date_time", from}, {"end_date_time", to}}}}}};
}

std::string why_not(const json& point) {
  const SensorPoints read = must(read_open_mhealth(point.dump()));
  EXPECT_EQ(read.points.size() + read.unused.size(), 1u);
  return read.unused.empty() ? "" : read.unused[0].why;
}

TEST(OpenMHealth, ReadsPointsListsAndLines) {
  const json a = heart_rate(60, "2026-01-01T00:10:00Z");
  const json b = heart_rate(80, "2026-01-01T01:20:00+01:00");
  for (const std::string& text :
       {json::array({a, b}).dump(2), a.dump() + "\n\n" + b.dump() + "\r\n"}) {
    const SensorPoints read = must(read_open_mhealth(text));
    ASSERT_EQ(read.points.size(), 2u);
    EXPECT_EQ(read.points[0].source, "heart-rate h1");
    EXPECT_EQ(read.points[0].unit, "/min");
    EXPECT_EQ(read.points[1].start, instant_of("2026-01-01T00:20Z"));
    EXPECT_TRUE(looks_like_open_mhealth(text));
  }
}

TEST(OpenMHealth, ConvertsUnitsOfTheSchemas) {
  const auto value = [](const json& point) {
    return must(read_open_mhealth(point.dump())).points.at(0).value;
  };
  const std::string at = "2026-01-01T00:00:00Z", to = "2026-01-01T00:05:00Z";
  EXPECT_NEAR(value(body("blood_glucose", 5.0, "mmol/L", at, to)), 90.08, 0.01);
  EXPECT_NEAR(value(body("body_weight", 150, "lb", at, to)), 68.04, 0.01);
  EXPECT_EQ(value(body("oxygen_saturation", 97, "%", at, to)), 97);
  EXPECT_EQ(value(json{{"step_count", 6000},
                       {"effective_time_frame",
                        {{"time_interval", {{"start_date_time", at}, {"end_date_time", to}}}}}}),
            6000)
      << "versions 1 and 2 have no unit";
  json pressure = body("systolic_blood_pressure", 120, "mmHg", at, to);
  pressure["diastolic_blood_pressure"] = {{"value", 80}, {"unit", "mmHg"}};
  EXPECT_EQ(must(read_open_mhealth(pressure.dump())).points.size(), 2u);
}

TEST(OpenMHealth, SaysWhyAPointIsNotUsed) {
  const auto changed = [](const std::function<void(json&)>& change) {
    json point = heart_rate(60, "2026-01-01T00:10:00Z");
    change(point);
    return why_not(point);
  };
  EXPECT_EQ(changed([](json&) {}), "");
  EXPECT_EQ(changed([](json& p) { p["header"]["schema_id"]["name"] = "mood"; }),
            "no feature is made of this schema");
  EXPECT_EQ(changed([](json& p) { p["header"]["schema_id"]["namespace"] = "own"; }),
            "no feature is made of this schema");
  EXPECT_EQ(changed([](json& p) { p.erase("body"); }), "it has no body");
  EXPECT_EQ(changed([](json& p) { p["body"]["heart_rate"]["unit"] = "beat/min"; }),
            "its unit is \"beat/min\", the schema has beats/min");
  EXPECT_EQ(changed([](json& p) { p["body"]["heart_rate"]["value"] = "60"; }),
            "its heart_rate has no number");
  EXPECT_EQ(changed([](json& p) { p["body"]["heart_rate"]["value"] = -1; }),
            "its value is no number from 0 on");
  EXPECT_EQ(changed([](json& p) { p["body"]["descriptive_statistic"] = "average"; }),
            "it is a statistic of a period, not a reading");
  EXPECT_EQ(changed([](json& p) { p["body"].erase("effective_time_frame"); }),
            "it has no effective_time_frame");
  EXPECT_EQ(changed([](json& p) { p["body"].erase("heart_rate"); }),
            "its body has no number that is known here");
  EXPECT_EQ(why_not(body("step_count", 5, "steps", "2026-01-01", "2026-01-01")),
            "steps are of an interval, this has one time");
  EXPECT_EQ(why_not(body("step_count", 5, "steps", "2026-01-01", "2026-02-02")),
            "its interval is longer than 31 days");
  EXPECT_NE(why_not(body("step_count", 5, "steps", "2026-01-02", "2026-01-01")).find("no time"),
            std::string::npos);
}

TEST(OpenMHealth, RefusesWhatIsNone) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{}", "no data point"},
      {"[]", "no data point"},
      {"{\"a\":1}\nx\n", "line 2: no JSON"},
      {std::string(40, '[') + std::string(40, ']'), "nested deeper than 32"},
  };
  for (const auto& [text, message] : cases) {
    const auto read = read_open_mhealth(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find(message), std::string::npos) << read.error().message;
  }
}

SensorPoint point(const std::string& quantity, double value, std::int64_t start, std::int64_t end) {
  return {quantity, value, "1", value, "1", "", start, end, "s"};
}

TEST(SensorWindows, MeansSharesAndCoverageByHand) {
  // Three instants in the first hour, two of them in one minute; an interval over two hours.
  const auto series =
      must(reduce({point("heart_rate", 60, 0, 0), point("heart_rate", 90, 30, 30),
                   point("heart_rate", 120, 3599, 3599), point("heart_rate", 70, 7200, 7200),
                   point("steps", 900, 1800, 1800 + 5400)},
                  3600));
  ASSERT_EQ(series.size(), 2u);
  const SensorWindow& first = series[0].windows.at(0);
  EXPECT_EQ(first.count, 3u);
  EXPECT_EQ(first.mean, 90);
  EXPECT_EQ(first.min, 60);
  EXPECT_EQ(first.max, 120);
  EXPECT_DOUBLE_EQ(first.coverage, 2.0 / 60);
  EXPECT_EQ(series[0].windows.at(1).start, 7200) << "the hour without a reading is left out";
  ASSERT_EQ(series[1].windows.size(), 2u);
  EXPECT_DOUBLE_EQ(series[1].windows[0].sum, 300);
  EXPECT_DOUBLE_EQ(series[1].windows[1].sum, 600);
  EXPECT_DOUBLE_EQ(series[1].windows[0].coverage, 0.5);
  EXPECT_DOUBLE_EQ(series[1].windows[1].coverage, 1.0);

  const auto features = sensor_features(series);
  ASSERT_EQ(features.size(), 6u);
  EXPECT_EQ(features[0].feature.name, "heart_rate_mean");
  EXPECT_EQ(features[0].feature.value, 70);
  EXPECT_EQ(features[0].from, "1 readings in 60 min from 1970-01-01T02:00Z");
  EXPECT_EQ(features[4].feature.name, "steps_sum");
}

TEST(SensorWindows, StartBeforeTheEpochAndOverlappingIntervals) {
  const auto series =
      must(reduce({point("glucose", 100, -90, -30), point("glucose", 80, -60, 0)}, 120));
  ASSERT_EQ(series[0].windows.size(), 1u);
  EXPECT_EQ(series[0].windows[0].start, -120);
  EXPECT_EQ(series[0].windows[0].count, 2u);
  EXPECT_DOUBLE_EQ(series[0].windows[0].coverage, 1.0) << "a minute counts once";
}

TEST(SensorWindows, KeepTheirLimits) {
  EXPECT_FALSE(reduce({}, 59));
  EXPECT_FALSE(reduce({}, 90));
  EXPECT_FALSE(reduce({}, kMaxWindow + 60));
  EXPECT_TRUE(reduce({}, 60));
  const std::vector<SensorPoint> long_ones(100, point("steps", 1, 0, kMaxWindow));
  const auto refused = reduce(long_ones, 60);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("take longer ones"), std::string::npos);
}

}  // namespace
}  // namespace salus::ingest
