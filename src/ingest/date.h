// Dates of health records: ISO 8601 as FHIR R4 writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace salus::ingest {

/// Seconds since 1970-01-01T00:00:00Z of "2018-06-01" (its beginning, UTC), "2018-06-01T14:37Z" or
/// "2018-06-01T14:37:55.650+02:00". Nothing for another text, a day that is not in the calendar,
/// and dates of less than a day, which FHIR allows ("2018-06").
std::optional<std::int64_t> instant_of(std::string_view text);

/// Years of 365.2425 days.
double years_between(std::int64_t from, std::int64_t to);

}  // namespace salus::ingest
