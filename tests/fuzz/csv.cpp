// links: salus_ingest
// CSV, its mapping and features files: no input crashes, and what is accepted is consistent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ingest/csv.h"
#include "ingest/features.h"
#include "ingest/measurements.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace salus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // The mapping and the table are separated by the first zero byte.
  const auto cut = text.find('\0');
  const std::string_view head = text.substr(0, cut);
  const std::string_view tail = cut == std::string_view::npos ? text : text.substr(cut + 1);
  const Result<ingest::CsvTable> table = ingest::parse_csv(tail);
  if (table) {
    for (const ingest::CsvRow& row : table->rows) {
      if (row.cells.size() != table->header.size()) std::abort();
    }
  }
  const Result<ingest::Mapping> mapping = ingest::parse_mapping(head);
  if (table && mapping) {
    const auto subjects = ingest::read_subjects(*table, *mapping, "mg/L");
    if (subjects && subjects->empty()) std::abort();
  }
  const Result<ingest::Features> features = ingest::parse_features(text);
  if (features && must(ingest::parse_features(ingest::print_features(*features))) != *features) {
    std::abort();
  }
  return 0;
}
