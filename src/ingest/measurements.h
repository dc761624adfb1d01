// Subjects with their measurements, in fixed units, out of a CSV and its mapping.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/csv.h"
#include "ingest/mapping.h"

namespace salus::ingest {

struct Observation {
  double time_h = 0;
  double value = 0;  ///< in the unit that read_subjects was asked for
  bool operator==(const Observation&) const = default;
};

struct Subject {
  std::string id;
  double weight_kg = 0;  ///< 0: not given
  double dose_mg = 0;    ///< 0: not given; already multiplied by the weight if it was per weight
  std::vector<Observation> observations;  ///< ascending times, all different
  bool operator==(const Subject&) const = default;
};

/// Everybody in the table, in the order of first appearance; values are converted to `value_unit`.
/// Errors: kInvalidArgument: a column that the mapping does not name, or names and is not there; no
/// unit; a number that is none; a negative time, value, weight or dose; a time twice for a subject;
/// a weight or dose that changes within a subject; a dose per weight without weight. kLimit.
Result<std::vector<Subject>> read_subjects(const CsvTable& table, const Mapping& mapping,
                                           std::string_view value_unit);

/// The subject called `id`. Errors: kNotFound, with the ids there are.
Result<Subject> find_subject(const std::vector<Subject>& subjects, std::string_view id);

}  // namespace salus::ingest
