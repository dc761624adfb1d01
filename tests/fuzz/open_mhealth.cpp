// links: salus_ingest
// Data points of devices from anywhere are read or refused with a message; windows hold what was
// read, once.
#include <cmath>
#include <cstdint>

#include "ingest/person.h"
#include "ingest/sensor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto kind = ingest::kind_of(text);
  check(kind || !kind.error().message.empty(), "an error says why");
  const auto read = ingest::read_open_mhealth(text);
  check(read || !read.error().message.empty(), "an error says why");
  if (!read) return 0;
  double steps = 0;
  for (const ingest::SensorPoint& p : read->points) {
    check(std::isfinite(p.value) && p.value >= 0 && p.start <= p.end, "a point is whole");
    if (p.quantity == "steps") steps += p.value;
  }
  const auto series = ingest::reduce(read->points, 86'400);
  check(series.has_value(), "a day is a window");
  for (const ingest::SensorSeries& s : *series) {
    double sum = 0;
    for (const ingest::SensorWindow& w : s.windows) {
      check(w.count > 0 && w.min <= w.max, "a window has a reading");
      check(w.coverage > 0 && w.coverage <= 1, "a share");
      sum += w.sum;
    }
    if (s.quantity == "steps" && steps < 1e300)
      check(std::abs(sum - steps) <= 1e-6 * (1 + steps), "no step is lost");
  }
  (void)ingest::sensor_features(*series);
  return 0;
}
