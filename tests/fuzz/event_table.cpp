// links: salus_ingest
// Event tables from anywhere are read or refused with a message; what is accepted can be solved:
// times ascend from 0, doses are positive and within the limit.
#include "program/event_table.h"

#include <cmath>
#include <cstdint>

#include "ingest/csv.h"

namespace {

void check_segment(const salus::program::EventSegment& segment) {
  using salus::check;
  double before = 0;
  for (const auto& reading : segment.readings) {
    check(reading.time_h >= before, "readings ascend from 0");
    before = reading.time_h;
  }
  for (const auto& dose : segment.doses) {
    check(std::isfinite(dose.time_h) && dose.time_h >= 0, "doses lie at or after the start");
    check(dose.amount > 0 && dose.infusion_h >= 0, "doses are positive");
  }
  check(segment.doses.size() <= salus::program::kMaxSubjectDoses, "the limit holds");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const auto csv = ingest::parse_csv({reinterpret_cast<const char*>(data), size});
  if (!csv) return 0;
  std::vector<program::TableLine> rows;
  for (const ingest::CsvRow& row : csv->rows) rows.push_back({row.line, row.cells});
  const auto table = program::read_event_table("fuzz.csv", csv->header, rows);
  check(table.has_value() || !table.error().message.empty(), "an error says why");
  if (!table) return 0;
  for (const program::EventSubject& subject : table->subjects) {
    const auto segments =
        program::expand_events("fuzz.csv", subject, {{"depot", "central"}, "depot", 5});
    check(segments.has_value() || !segments.error().message.empty(), "an error says why");
    if (!segments) continue;
    for (const program::EventSegment& segment : *segments) check_segment(segment);
  }
  return 0;
}
