#include "ingest/measurements.h"

#include <algorithm>
#include <map>

#include "ingest/unit.h"

namespace salus::ingest {
namespace {

constexpr std::size_t kMaxSubjects = 100'000;

Error bad(std::string message) { return Error{ErrorCode::kInvalidArgument, std::move(message)}; }

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// Every column of the table is mapped or ignored, every mapped column is there.
Status match_columns(const CsvTable& table, const Mapping& mapping) {
  std::vector<std::string> known = mapping.ignore;
  if (!mapping.subject.empty()) known.push_back(mapping.subject);
  for (const MappedColumn* c : {&mapping.time, &mapping.value, &mapping.weight, &mapping.dose}) {
    if (!c->column.empty()) known.push_back(c->column);
  }
  for (const std::string& name : known) {
    if (table.column(name) == table.header.size()) {
      return bad("CSV: no column \"" + name + "\", which the mapping names; the header has " +
                 listed(table.header));
    }
  }
  for (const std::string& name : table.header) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return bad("CSV: unknown column \"" + name +
                 "\"; map it with its unit, or list it under ignore (--map ignore=" + name + ")");
    }
  }
  return {};
}

/// One mapped column of one row, converted, at least zero.
class Cells {
 public:
  Cells(const CsvTable& table, const CsvRow& row) : table_(table), row_(row) {}

  Result<double> number(const MappedColumn& mapped, std::string_view unit) const {
    const std::string& cell = row_.cells[table_.column(mapped.column)];
    const Result<double> value = parse_number(cell, row_.line, mapped.column);
    if (!value) return value.error();
    if (*value < 0) {
      return bad("CSV line " + std::to_string(row_.line) + ": column \"" + mapped.column +
                 "\" is negative (" + cell + "), expected at least 0");
    }
    return convert(*value, mapped.unit, unit);
  }

 private:
  const CsvTable& table_;
  const CsvRow& row_;
};

bool per_weight(const MappedColumn& dose) {
  const Result<Unit> unit = parse_unit(dose.unit);
  return unit && unit->exponents == std::array<int, 4>{};
}

/// Weight and dose of the row's subject; both stay 0 where no column gives them.
Result<Subject> read_person(const Cells& cells, const Mapping& mapping) {
  Subject person;
  if (!mapping.weight.column.empty()) {
    const Result<double> weight = cells.number(mapping.weight, "kg");
    if (!weight) return weight.error();
    person.weight_kg = *weight;
  }
  if (mapping.dose.column.empty()) return person;
  if (!per_weight(mapping.dose)) {
    const Result<double> dose = cells.number(mapping.dose, "mg");
    if (!dose) return dose.error();
    person.dose_mg = *dose;
    return person;
  }
  if (mapping.weight.column.empty()) {
    return bad("mapping: the dose is per body weight (" + mapping.dose.unit +
               ") and no column is mapped to weight");
  }
  const Result<double> dose = cells.number(mapping.dose, "mg/kg");
  if (!dose) return dose.error();
  person.dose_mg = *dose * person.weight_kg;
  return person;
}

Status order_observations(Subject& subject) {
  auto& seen = subject.observations;
  std::stable_sort(seen.begin(), seen.end(),
                   [](const auto& a, const auto& b) { return a.time_h < b.time_h; });
  const auto twice = std::adjacent_find(
      seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.time_h == b.time_h; });
  if (twice == seen.end()) return {};
  return bad("CSV: subject " + subject.id + " has two measurements at " +
             std::to_string(twice->time_h) + " h; keep one of them");
}

}  // namespace

Result<std::vector<Subject>> read_subjects(const CsvTable& table, const Mapping& mapping,
                                           std::string_view value_unit) {
  if (const Status fine = check_mapping(mapping); !fine) return fine.error();
  if (const Status fine = match_columns(table, mapping); !fine) return fine.error();
  std::vector<Subject> subjects;
  std::map<std::string, std::size_t> index;
  for (const CsvRow& row : table.rows) {
    const std::string id = mapping.subject.empty() ? "1" : row.cells[table.column(mapping.subject)];
    const std::string where = "CSV line " + std::to_string(row.line) + ": ";
    if (id.empty()) return bad(where + "column \"" + mapping.subject + "\" is empty");
    const Cells cells(table, row);
    Result<Subject> person = read_person(cells, mapping);
    if (!person) return person.error();
    const Result<double> time = cells.number(mapping.time, "h");
    if (!time) return time.error();
    const Result<double> value = cells.number(mapping.value, value_unit);
    if (!value) return value.error();

    const auto [known, fresh] = index.try_emplace(id, subjects.size());
    if (fresh) {
      if (subjects.size() == kMaxSubjects) {
        return Error{ErrorCode::kLimit,
                     "CSV: more than the limit of " + std::to_string(kMaxSubjects) + " subjects"};
      }
      person->id = id;
      subjects.push_back(std::move(person).value());
    } else if (const Subject& first = subjects[known->second];
               first.weight_kg != person->weight_kg || first.dose_mg != person->dose_mg) {
      return bad(where + "weight or dose of subject " + id + " differs from its first line");
    }
    subjects[known->second].observations.push_back({*time, *value});
  }
  for (Subject& subject : subjects) {
    if (const Status fine = order_observations(subject); !fine) return fine.error();
  }
  return subjects;
}

Result<Subject> find_subject(const std::vector<Subject>& subjects, std::string_view id) {
  std::vector<std::string> ids;
  for (const Subject& subject : subjects) {
    if (subject.id == id) return subject;
    ids.push_back(subject.id);
  }
  return Error{ErrorCode::kNotFound,
               "no subject \"" + std::string(id) + "\"; there are " + listed(ids)};
}

}  // namespace salus::ingest
