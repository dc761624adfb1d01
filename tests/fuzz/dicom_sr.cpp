// links: salus_ingest
// Imaging reports from anywhere are read or refused with a message; what is read has a unit, a day
// and a source.
#include <cmath>
#include <cstdint>

#include "ingest/date.h"
#include "ingest/dicom_sr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const auto report = ingest::read_dicom_sr({reinterpret_cast<const char*>(data), size});
  check(report || !report.error().message.empty(), "an error says why");
  if (!report) return 0;
  check(!report->readings.empty() || !report->unused.empty(), "something, or why not");
  for (const ingest::Reading& r : report->readings) {
    check(std::isfinite(r.value) && r.value >= 0 && !r.unit.empty(), "a reading is whole");
    check(ingest::instant_of(r.when) == r.instant, "its date is the one written");
  }
  return 0;
}
