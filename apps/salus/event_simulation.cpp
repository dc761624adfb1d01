#include "event_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "ingest/csv.h"
#include "model/links.h"
#include "program/event_table.h"

namespace salus::cli {
namespace {

using nlohmann::json;

constexpr int kFewestEarlierDoses = 50;
constexpr int kMostEarlierDoses = 3200;
constexpr double kSteady = 1e-8;  // of the largest value

/// One subject's readings, outputs x rows.
struct Solved {
  std::vector<program::EventReading> readings;
  model::Curves curves;
  bool reaches_steady_state = false;
};

Result<program::EventTable> load(const EventSource& source) {
  const Result<std::string> text = read_text_file(source.csv, ingest::kMaxCsvBytes);
  if (!text) return text.error();
  const Result<ingest::CsvTable> csv = ingest::parse_csv(*text);
  if (!csv) return about(source.csv, csv.error());
  std::vector<program::TableLine> rows;
  for (const ingest::CsvRow& row : csv->rows) rows.push_back({row.line, row.cells});
  return program::read_event_table(source.csv, csv->header, rows);
}

/// Covariates of the model among the table's columns, from the subject's first row.
Result<model::Values> covariates_of(const model::Model& m, const program::EventTable& table,
                                    const program::EventSubject& subject) {
  model::Values out;
  const program::EventRecord& first = subject.records.front();
  for (std::size_t i = 0; i < table.covariates.size(); ++i) {
    const std::string wanted = CLI::detail::to_lower(table.covariates[i]);
    for (const model::Covariate& c : m.covariates) {
      if (CLI::detail::to_lower(c.name) != wanted) continue;
      const auto value = ingest::parse_number(first.covariates[i], first.line, table.covariates[i]);
      if (!value) return value.error();
      out[c.name] = *value;
    }
  }
  return out;
}

Result<Solved> solve(const model::Model& m, const model::Values& values, const EventSource& source,
                     const program::EventSubject& subject, int earlier_doses) {
  program::Expansion expansion{{}, m.dose.state, earlier_doses};
  for (const model::State& s : m.states) expansion.states.push_back(s.name);
  const auto segments = program::expand_events(source.csv, subject, expansion);
  if (!segments) return segments.error();
  Solved out{{}, model::Curves(m.outputs.size()), false};
  for (const program::EventSegment& segment : *segments) {
    std::vector<model::Dose> doses;
    std::vector<double> times;
    for (const auto& d : segment.doses) doses.push_back({d.time_h, d.amount, d.infusion_h});
    for (const auto& r : segment.readings) times.push_back(r.time_h);
    const auto curves = model::reference_curves(m, values, doses, times);
    if (!curves) return curves.error();
    for (std::size_t o = 0; o < curves->size(); ++o) {
      out.curves[o].insert(out.curves[o].end(), (*curves)[o].begin(), (*curves)[o].end());
    }
    out.readings.insert(out.readings.end(), segment.readings.begin(), segment.readings.end());
    out.reaches_steady_state = out.reaches_steady_state || segment.reaches_steady_state;
  }
  if (!out.readings.empty()) return out;
  return Error{ErrorCode::kInvalidArgument,
               source.csv + ": subject " + subject.id +
                   " has no row of EVID 0 or 2; add the times to compute"};
}

bool same(const model::Curves& a, const model::Curves& b) {
  for (std::size_t o = 0; o < a.size(); ++o) {
    double largest = 0, difference = 0;
    for (std::size_t t = 0; t < a[o].size(); ++t) {
      largest = std::max(largest, std::abs(b[o][t]));
      difference = std::max(difference, std::abs(a[o][t] - b[o][t]));
    }
    if (!(difference <= kSteady * largest)) return false;
  }
  return true;
}

/// With as many doses before a steady-state dose as make no difference any more.
Result<Solved> solve_steadily(const model::Model& m, const model::Values& values,
                              const EventSource& source, const program::EventSubject& subject) {
  Result<Solved> found = solve(m, values, source, subject, kFewestEarlierDoses);
  for (int doses = 2 * kFewestEarlierDoses; found && found->reaches_steady_state; doses *= 2) {
    if (doses > kMostEarlierDoses) {
      return Error{ErrorCode::kLimit, source.csv + ": subject " + subject.id +
                                          ": SS = 1, but even " +
                                          std::to_string(kMostEarlierDoses) +
                                          " doses reach no steady state; shorten II, or list the "
                                          "doses that were given"};
    }
    Result<Solved> more = solve(m, values, source, subject, doses);
    if (!more || same(found->curves, more->curves)) return more;
    found = std::move(more);
  }
  return found;
}

void append(Answer& answer, const model::Model& m, const program::EventSubject& subject,
            const Solved& solved) {
  json rows = json::array();
  for (std::size_t t = 0; t < solved.readings.size(); ++t) {
    const program::EventReading& reading = solved.readings[t];
    answer.text += fmt::format("{},{:g}", ingest::csv_cell(subject.id), reading.table_time_h);
    json row = {{"time_h", reading.table_time_h}};
    for (std::size_t o = 0; o < m.outputs.size(); ++o) {
      answer.text += fmt::format(",{:.9g}", solved.curves[o][t]);
      row[m.outputs[o].name] = solved.curves[o][t];
    }
    answer.text += reading.observed ? fmt::format(",{:.9g}\n", *reading.observed) : ",\n";
    if (reading.observed) row["dv"] = *reading.observed;
    rows.push_back(std::move(row));
  }
  answer.json["subjects"].push_back({{"id", subject.id}, {"rows", std::move(rows)}});
}

}  // namespace

Result<Answer> simulate_events(const model::Model& m, const model::Values& chosen,
                               const EventSource& source) {
  Result<program::EventTable> table = load(source);
  if (!table) return table.error();
  if (!source.id.empty()) {
    Result<program::EventSubject> one = program::find_event_subject(*table, source.id);
    if (!one) return about(source.csv, one.error());
    table->subjects = {std::move(one).value()};
  }
  Answer answer{"id,time_h", {{"model", m.name}, {"subjects", json::array()}}};
  for (const model::Output& o : m.outputs) {
    answer.text += "," + o.name;
    answer.json["units"][o.name] = o.unit;
  }
  answer.text += ",dv\n";
  for (const program::EventSubject& subject : table->subjects) {
    const auto covariates = covariates_of(m, *table, subject);
    if (!covariates) return about(source.csv, covariates.error());
    const auto typical = model::typical_parameters(m, *covariates);
    if (!typical) return about(source.csv, typical.error());
    model::Values values = chosen;
    values.insert(typical->begin(), typical->end());
    auto solved = solve_steadily(m, values, source, subject);
    if (!solved) return solved.error();
    model::apply_links(m, solved->curves);
    append(answer, m, subject, *solved);
  }
  return answer;
}

}  // namespace salus::cli
