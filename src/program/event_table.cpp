#include "program/event_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

namespace salus::program {
namespace {

enum Column : std::size_t {
  kId,
  kTime,
  kAmt,
  kRate,
  kIi,
  kAddl,
  kSs,
  kEvid,
  kCmt,
  kDv,
  kMdv,
  kColumnCount
};
constexpr std::array<std::string_view, kColumnCount> kNames = {
    "ID", "TIME", "AMT", "RATE", "II", "ADDL", "SS", "EVID", "CMT", "DV", "MDV"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool is_missing(std::string_view cell) { return cell.empty() || cell == "."; }

Error complaint(std::string_view file, std::size_t line, std::string_view column,
                const std::string& why, ErrorCode code = ErrorCode::kInvalidArgument) {
  std::string place = std::string(file) + " line " + std::to_string(line);
  if (!column.empty()) place += ", column " + std::string(column);
  return {code, place + ": " + why};
}

/// Thrown by RowReader and caught by read_event_table.
struct RowComplaint {
  Error error;
};

/// Reads the rows of one table into records.
class RowReader {
 public:
  RowReader(std::string_view file, const std::vector<std::string>& header)
      : file_(file), header_(header) {
    places_.fill(header.size());
    for (std::size_t i = 0; i < header.size(); ++i) {
      const auto known = std::find(kNames.begin(), kNames.end(), upper(header[i]));
      if (known == kNames.end()) {
        covariates_.push_back(i);
        continue;
      }
      std::size_t& place = places_[static_cast<std::size_t>(known - kNames.begin())];
      if (place != header.size()) {
        throw RowComplaint{complaint(file, 1, header[i], "is there twice; remove one")};
      }
      place = i;
    }
    if (places_[kTime] == header.size()) {
      throw RowComplaint{complaint(file, 1, "TIME", "is missing; add it, in hours")};
    }
  }

  std::vector<std::string> covariate_names() const {
    std::vector<std::string> out;
    for (const std::size_t i : covariates_) out.push_back(header_[i]);
    return out;
  }

  std::string id(const TableLine& row) const {
    if (places_[kId] == header_.size()) return "1";
    const std::string& cell = row.cells[places_[kId]];
    if (is_missing(cell)) complain(row, kId, "is empty; name the subject");
    return cell;
  }

  EventRecord record(const TableLine& row) const {
    EventRecord out;
    out.line = row.line;
    if (is_missing(cell(row, kTime))) complain(row, kTime, "is empty; give hours");
    out.time_h = number(row, kTime);
    if (out.time_h < 0) complain(row, kTime, "is negative; count from the first record");
    check_hours(row, kTime, out.time_h);
    out.amount = number(row, kAmt);
    out.rate = number(row, kRate);
    out.interval_h = number(row, kIi);
    out.additional = whole(row, kAddl, kMaxSubjectDoses);
    const int steady = whole(row, kSs, 3);
    out.steady_state = steady == 1;
    if (steady > 1) {
      complain(row, kSs,
               "is " + std::to_string(steady) +
                   "; only 0 and 1 are known: list the earlier doses instead");
    }
    out.evid = has(kEvid) && !is_missing(cell(row, kEvid)) ? whole(row, kEvid, 4)
               : out.amount != 0                           ? 1
                                                           : 0;
    if (has(kCmt) && !is_missing(cell(row, kCmt))) out.compartment = cell(row, kCmt);
    const bool measured = out.evid == 0 && has(kDv) && whole(row, kMdv, 1) == 0;
    if (measured && !is_missing(cell(row, kDv))) out.observed = number(row, kDv);
    for (const std::size_t i : covariates_) out.covariates.push_back(row.cells[i]);
    check_dose(row, out);
    return out;
  }

 private:
  bool has(Column c) const { return places_[c] != header_.size(); }
  std::string_view cell(const TableLine& row, Column c) const {
    return has(c) ? std::string_view(row.cells[places_[c]]) : std::string_view{};
  }

  [[noreturn]] void complain(const TableLine& row, Column c, const std::string& why,
                             ErrorCode code = ErrorCode::kInvalidArgument) const {
    throw RowComplaint{complaint(file_, row.line, kNames[c], why, code)};
  }

  double number(const TableLine& row, Column c) const {
    const std::string_view text = cell(row, c);
    if (is_missing(text)) return 0;
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, value);
    if (failed != std::errc{} || stop != end || !std::isfinite(value)) {
      complain(row, c,
               "holds \"" + std::string(text.substr(0, 24)) +
                   "\", expected a finite number or . for none");
    }
    return value;
  }

  int whole(const TableLine& row, Column c, std::size_t largest) const {
    const double value = number(row, c);
    if (value < 0 || value != std::floor(value) || value > static_cast<double>(largest)) {
      complain(row, c,
               "holds \"" + std::string(cell(row, c).substr(0, 24)) +
                   "\", expected a whole number from 0 to " + std::to_string(largest));
    }
    return static_cast<int>(value);
  }

  void check_hours(const TableLine& row, Column c, double hours) const {
    if (hours <= kMaxEventHours) return;
    complain(row, c, "leads beyond 1e6 h; correct it, or convert it to hours", ErrorCode::kLimit);
  }

  void check_dose(const TableLine& row, const EventRecord& r) const {
    const std::string evid = std::to_string(r.evid);
    if (!r.is_dose()) {
      if (r.amount != 0) {
        complain(row, kAmt,
                 "gives an amount in a row of EVID " + evid + "; make it EVID 1, or clear AMT");
      }
      return;
    }
    if (r.amount <= 0) {
      complain(
          row, kAmt,
          "must be positive in a row of EVID " + evid + "; give the amount, or make it EVID 2");
    }
    if (r.rate < 0) {
      complain(row, kRate,
               "is negative: rates and durations that the model estimates are not "
               "known here; give the amount per hour, or 0 for a bolus");
    }
    if (r.interval_h < 0) complain(row, kIi, "is negative; give hours between doses");
    check_hours(row, kIi, r.interval_h);
    if (r.rate > 0) check_hours(row, kRate, r.amount / r.rate);
    if ((r.additional > 0 || r.steady_state) && r.interval_h == 0) {
      complain(row, kIi, "is 0, but ADDL or SS repeats this dose; give hours between doses");
    }
  }

  std::string file_;
  const std::vector<std::string>& header_;
  std::array<std::size_t, kColumnCount> places_{};
  std::vector<std::size_t> covariates_;
};

// Records of one subject stand together and ascend in time; a reset may start a new clock.
void append(std::string_view file, EventTable& table, std::set<std::string>& seen, std::string id,
            EventRecord record) {
  if (table.subjects.empty() || table.subjects.back().id != id) {
    if (!seen.insert(id).second) {
      throw RowComplaint{complaint(
          file, record.line, "ID",
          "returns to subject " + id + " after another one; keep the rows of a subject together")};
    }
    if (table.subjects.size() == kMaxEventSubjects) {
      throw RowComplaint{complaint(
          file, record.line, "ID",
          "starts one more subject than the limit of " + std::to_string(kMaxEventSubjects),
          ErrorCode::kLimit)};
    }
    table.subjects.push_back({std::move(id), {}});
  }
  auto& records = table.subjects.back().records;
  const bool back = !records.empty() && record.time_h < records.back().time_h;
  if (back && record.evid != 3 && record.evid != 4) {
    throw RowComplaint{complaint(file, record.line, "TIME",
                                 "falls below that of line " + std::to_string(records.back().line) +
                                     "; sort the rows, or start anew with EVID 3 or 4")};
  }
  records.push_back(std::move(record));
}

}  // namespace

Result<EventTable> read_event_table(std::string_view file, const std::vector<std::string>& header,
                                    const std::vector<TableLine>& rows) {
  try {
    const RowReader reader(file, header);
    EventTable table{reader.covariate_names(), {}};
    std::set<std::string> seen;
    for (const TableLine& row : rows) {
      check(row.cells.size() == header.size(), "a row has as many cells as the header");
      append(file, table, seen, reader.id(row), reader.record(row));
    }
    return table;
  } catch (const RowComplaint& complaint) {
    return complaint.error;
  }
}

Result<EventSubject> find_event_subject(const EventTable& table, std::string_view id) {
  std::string ids;
  for (std::size_t i = 0; i < table.subjects.size(); ++i) {
    const EventSubject& subject = table.subjects[i];
    if (subject.id == id || (id.empty() && table.subjects.size() == 1)) return subject;
    if (i < 20) ids += (i == 0 ? "" : ", ") + subject.id;
  }
  const std::string more = table.subjects.size() > 20 ? ", ..." : "";
  return Error{ErrorCode::kNotFound,
               "no subject \"" + std::string(id) + "\" in the table, which has " + ids + more};
}

namespace {

/// Walks through one subject's records.
class Expander {
 public:
  Expander(std::string_view file, const Expansion& expansion)
      : file_(file), expansion_(expansion) {}

  Status take(const EventRecord& r) {
    const bool reset = r.evid == 3 || r.evid == 4;
    if (r.is_dose()) {
      if (Status s = check_compartment(r); !s) return s;
      const std::size_t more =
          static_cast<std::size_t>(r.additional) + 1 + (r.steady_state ? earlier() : 0);
      dose_count_ += more;
      if (dose_count_ > kMaxSubjectDoses) {
        return complaint(file_, r.line, "ADDL",
                         "brings the subject to " + std::to_string(dose_count_) +
                             " doses; at most " + std::to_string(kMaxSubjectDoses),
                         ErrorCode::kLimit);
      }
    }
    if (reset || (r.is_dose() && r.steady_state)) {
      close();
      const double lead = r.steady_state ? static_cast<double>(earlier()) * r.interval_h : 0;
      open_.start_h = r.time_h - lead;
      open_.reaches_steady_state = r.steady_state;
    }
    if (r.is_dose()) give(r);
    if (r.is_reading()) {
      open_.readings.push_back({r.time_h - open_.start_h, r.time_h, r.observed});
    }
    return {};
  }

  std::vector<EventSegment> finish() {
    close();
    return std::move(done_);
  }

 private:
  std::size_t earlier() const { return static_cast<std::size_t>(expansion_.steady_state_doses); }

  Status check_compartment(const EventRecord& r) const {
    const std::string& target = expansion_.dose_state;
    if (target.empty()) {
      return complaint(file_, r.line, "AMT", "gives a dose, but the model takes none");
    }
    const auto& states = expansion_.states;
    std::size_t number = 0;
    const char* end = r.compartment.data() + r.compartment.size();
    const auto [stop, failed] = std::from_chars(r.compartment.data(), end, number);
    std::string name = r.compartment;
    if (failed == std::errc{} && stop == end && number <= states.size()) {
      name = number == 0 ? "" : states[number - 1];
    }
    if (name.empty() || upper(name) == upper(target)) return {};
    std::string all;
    for (std::size_t i = 0; i < states.size(); ++i) {
      all += (i == 0 ? "" : ", ") + std::to_string(i + 1) + " " + states[i];
    }
    const auto same = [&](const std::string& s) { return upper(s) == upper(name); };
    const bool known = std::any_of(states.begin(), states.end(), same);
    return complaint(file_, r.line, "CMT",
                     known ? "sends a dose to " + name + ", but the model's [dose] goes to " +
                                 target + "; change one of them"
                           : "holds \"" + r.compartment.substr(0, 24) +
                                 "\", which is no compartment; there are " + all);
  }

  void give(const EventRecord& r) {
    // A reading listed before this dose, at its time, has not seen it.
    double before = -kJustBeforeDoseHours;
    for (EventReading& reading : open_.readings) {
      if (reading.table_time_h == r.time_h) {
        reading.time_h = std::max(before, r.time_h - open_.start_h - kJustBeforeDoseHours);
      }
      before = reading.time_h;
    }
    const int first = r.steady_state ? -expansion_.steady_state_doses : 0;
    for (int k = first; k <= r.additional; ++k) {
      const double at = std::max(0.0, r.time_h - open_.start_h + k * r.interval_h);
      open_.doses.push_back({at, r.amount, r.rate > 0 ? r.amount / r.rate : 0});
    }
  }

  void close() {
    if (!open_.readings.empty()) {
      // A reading just before a dose at the very start needs a start before it.
      const double shift = std::max(0.0, -open_.readings.front().time_h);
      open_.start_h -= shift;
      for (EventDose& dose : open_.doses) dose.time_h += shift;
      for (EventReading& reading : open_.readings) reading.time_h += shift;
      done_.push_back(std::move(open_));
    }
    open_ = {};
  }

  std::string_view file_;
  const Expansion& expansion_;
  EventSegment open_;
  std::vector<EventSegment> done_;
  std::size_t dose_count_ = 0;
};

}  // namespace

Result<std::vector<EventSegment>> expand_events(std::string_view file, const EventSubject& subject,
                                                const Expansion& expansion) {
  check(expansion.steady_state_doses >= 0, "earlier doses are counted");
  Expander expander(file, expansion);
  for (const EventRecord& record : subject.records) {
    if (Status s = expander.take(record); !s) return s.error();
  }
  return expander.finish();
}

}  // namespace salus::program
