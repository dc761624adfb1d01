// Readings of wearables and home devices (Open mHealth data points), reduced on the device to
// windows of one length: what leaves it, encrypted, are a few numbers of a window.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/fhir.h"

namespace salus::ingest {

/// Named limits of sensor files.
inline constexpr std::size_t kMaxSensorBytes = 64u << 20;
inline constexpr std::size_t kMaxSensorPoints = 1'000'000;
inline constexpr std::size_t kMaxSensorShares = 4'000'000;  ///< readings times the windows of each
inline constexpr std::int64_t kMinWindow = 60;              ///< seconds
inline constexpr std::int64_t kMaxWindow = 31 * 86'400;     ///< of windows, and of one reading

/// One number of one data point.
struct SensorPoint {
  std::string quantity;  ///< "heart_rate", "glucose", "SBP", "DBP", "SpO2", "steps", "weight"
  double value = 0;      ///< in `unit`
  std::string unit;      ///< the quantity's own, UCUM
  double given = 0;
  std::string given_unit;  ///< as the schema writes it
  std::string when;        ///< as written; of an interval its end
  std::int64_t start = 0;  ///< seconds since 1970, UTC
  std::int64_t end = 0;    ///< the same for an instant
  std::string source;      ///< "heart-rate 243c773b-...", "data point 3"
};

struct SensorPoints {
  std::vector<SensorPoint> points;
  std::vector<Unused> unused;
};

/// A data point (header and body), a bare body, a list of them, or one a line. Measures:
/// heart-rate, blood-glucose, blood-pressure, oxygen-saturation, step-count, body-weight of
/// namespaces omh and ieee; units are those of the schemas and are converted. A point of another
/// schema or unit, without a time, longer than kMaxWindow, or that is a statistic of a period
/// itself is named in `unused` with the reason. Errors: kParse (JSON, with the line; no data point
/// at all), kLimit.
Result<SensorPoints> read_open_mhealth(std::string_view text);

/// Whether a file starts like one.
bool looks_like_open_mhealth(std::string_view text);

/// [start, start + length) of a quantity. A reading over an interval counts in each window that it
/// reaches into; a count (steps) is shared among them by time.
struct SensorWindow {
  std::int64_t start = 0;  ///< seconds since 1970, a multiple of the length
  std::size_t count = 0;   ///< readings
  double mean = 0, min = 0, max = 0;
  double sum = 0;       ///< of counts
  double coverage = 0;  ///< share of the window's minutes with a reading, 0 to 1
};

struct SensorSeries {
  std::string quantity;
  std::string unit;
  std::int64_t window_s = 0;
  std::vector<SensorWindow> windows;  ///< ascending; windows without a reading are left out
};

/// Windows of `window_s` seconds, whole minutes from kMinWindow to kMaxWindow. Errors:
/// kInvalidArgument (the length), kLimit.
Result<std::vector<SensorSeries>> reduce(const std::vector<SensorPoint>& points,
                                         std::int64_t window_s);

/// Of each series its latest window: "heart_rate_mean", "_min", "_max", "_coverage"; "steps_sum"
/// and "steps_coverage".
std::vector<Chosen> sensor_features(const std::vector<SensorSeries>& series);

}  // namespace salus::ingest
