#include "ingest/sensor.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>

namespace salus::ingest {
namespace {

std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

// Minutes [from, to) with a reading.
using Minutes = std::vector<std::pair<std::int64_t, std::int64_t>>;

std::int64_t united(Minutes& minutes) {
  std::ranges::sort(minutes);
  std::int64_t total = 0, until = INT64_MIN;
  for (const auto& [from, to] : minutes) {
    const std::int64_t fresh = std::max(from, until);
    if (to > fresh) total += to - fresh;
    until = std::max(until, to);
  }
  return total;
}

struct Gathered {
  SensorWindow window;
  Minutes minutes;
};

bool is_count(const SensorPoint& p) { return p.quantity == "steps"; }

// What `p` says of [start, start + length).
void add(const SensorPoint& p, std::int64_t start, std::int64_t length, Gathered& out) {
  SensorWindow& w = out.window;
  const std::int64_t from = std::max(p.start, start), to = std::min(p.end, start + length);
  const double share = p.end == p.start
                           ? 1.0
                           : static_cast<double>(to - from) / static_cast<double>(p.end - p.start);
  const double value = is_count(p) ? p.value * share : p.value;
  w.min = w.count == 0 ? value : std::min(w.min, value);
  w.max = w.count == 0 ? value : std::max(w.max, value);
  w.sum += value;
  ++w.count;
  // Seconds to the minutes that they touch.
  const std::int64_t last = std::max(to - 1, from);
  out.minutes.emplace_back(floor_to(from, 60) / 60, floor_to(last, 60) / 60 + 1);
}

std::string shown_time(std::int64_t instant) {
  const std::time_t t = instant;
  std::tm parts{};
  if (gmtime_r(&t, &parts) == nullptr) return std::to_string(instant);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", &parts);
  return {text, size};
}

}  // namespace

Result<std::vector<SensorSeries>> reduce(const std::vector<SensorPoint>& points,
                                         std::int64_t window_s) {
  if (window_s < kMinWindow || window_s > kMaxWindow || window_s % 60 != 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "windows of " + std::to_string(window_s) +
                     " s; they are whole minutes, from a minute to 31 days"};
  }
  std::map<std::string, std::map<std::int64_t, Gathered>> by_quantity;
  std::map<std::string, std::string> units;
  std::size_t shares = 0;
  for (const SensorPoint& p : points) {
    check(p.end >= p.start && p.end - p.start <= kMaxWindow, "read_open_mhealth checks intervals");
    units[p.quantity] = p.unit;
    // An instant is in the window that it starts; an interval in those before its end.
    const std::int64_t last = std::max(p.end - 1, p.start);
    for (std::int64_t at = floor_to(p.start, window_s); at <= last; at += window_s) {
      if (++shares > kMaxSensorShares) {
        return Error{ErrorCode::kLimit, "sensors: readings reach into more than " +
                                            std::to_string(kMaxSensorShares) +
                                            " windows; take longer ones"};
      }
      add(p, at, window_s, by_quantity[p.quantity][at]);
    }
  }
  std::vector<SensorSeries> out;
  for (auto& [quantity, windows] : by_quantity) {
    SensorSeries series{quantity, units[quantity], window_s, {}};
    for (auto& [start, gathered] : windows) {
      SensorWindow w = gathered.window;
      w.start = start;
      w.mean = w.sum / static_cast<double>(w.count);
      w.coverage =
          60 * static_cast<double>(united(gathered.minutes)) / static_cast<double>(window_s);
      series.windows.push_back(w);
    }
    out.push_back(std::move(series));
  }
  return out;
}

std::vector<Chosen> sensor_features(const std::vector<SensorSeries>& series) {
  std::vector<Chosen> out;
  for (const SensorSeries& s : series) {
    if (s.windows.empty() || s.quantity == "weight") continue;
    const SensorWindow& w = s.windows.back();
    const std::string from = std::to_string(w.count) + " readings in " +
                             std::to_string(s.window_s / 60) + " min from " + shown_time(w.start);
    const auto add = [&](const char* what, double value, const std::string& unit) {
      out.push_back({{s.quantity + what, value, unit}, from});
    };
    if (s.quantity == "steps") {
      add("_sum", w.sum, s.unit);
    } else {
      add("_mean", w.mean, s.unit);
      add("_min", w.min, s.unit);
      add("_max", w.max, s.unit);
    }
    add("_coverage", w.coverage, "1");
  }
  return out;
}

}  // namespace salus::ingest
