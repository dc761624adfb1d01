// links: salus_ingest
// Health records from anywhere are read or refused with a message; what is used is a number with a
// unit, a source and a date, and no value disappears without a reason. Beside them the owner's
// side's other texts: units and dates.
#include "ingest/fhir.h"

#include <cmath>
#include <cstdint>

#include "ingest/date.h"
#include "ingest/unit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto unit = ingest::parse_unit(text.substr(0, 64));
  check(unit.has_value() || !unit.error().message.empty(), "an error says why");
  (void)ingest::instant_of(text.substr(0, 40));
  const auto record = ingest::read_fhir(text);
  check(record.has_value() || !record.error().message.empty(), "an error says why");
  if (!record) return 0;
  for (const ingest::Reading& r : record->readings) {
    check(std::isfinite(r.value) && !r.unit.empty() && !r.source.empty(), "a reading is whole");
    check(ingest::instant_of(r.when) == r.instant, "its date is the one written");
  }
  std::vector<ingest::Unused> unused;
  const auto chosen = ingest::latest(*record, std::nullopt, &unused);
  check(chosen.size() + unused.size() >= record->readings.size(), "each is chosen or explained");
  return 0;
}
