// Event tables as NONMEM reads them: rows of doses, observations and resets -> what to give a
// solver. Here rather than beside the CSV reader, because the compiler asks for it as clients do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salus::program {

/// One line of a table that somebody has cut into cells already.
struct TableLine {
  std::size_t line = 0;  ///< in the file, from 1
  std::vector<std::string> cells;
};

/// One row, validated.
struct EventRecord {
  std::size_t line = 0;
  int evid = 0;  ///< 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose
  double time_h = 0;
  double amount = 0;
  double rate = 0;  ///< amount per hour; 0: all at once
  double interval_h = 0;
  int additional = 0;         ///< further doses, interval_h apart
  bool steady_state = false;  ///< the dose has been repeated every interval_h for ever
  std::string compartment;    ///< CMT as written; empty or "0": the model's own
  std::optional<double> observed;
  std::vector<std::string> covariates;  ///< cells, in the order of EventTable::covariates

  bool is_dose() const { return evid == 1 || evid == 4; }
  bool is_reading() const { return evid == 0 || evid == 2; }
};

struct EventSubject {
  std::string id;
  std::vector<EventRecord> records;
};

struct EventTable {
  std::vector<std::string> covariates;  ///< columns without a meaning of their own
  std::vector<EventSubject> subjects;   ///< in the file's order
};

inline constexpr std::size_t kMaxEventSubjects = 100'000;
inline constexpr std::size_t kMaxSubjectDoses = 10'000;
/// Of times, intervals and infusions: a human life.
inline constexpr double kMaxEventHours = 1e6;

/// The table under `header`: TIME (h), and any of ID, AMT, RATE, II, ADDL, SS, EVID, CMT, DV, MDV,
/// in any order and case; all others are covariates. Empty cells and "." are missing. Without EVID,
/// rows with an AMT are doses. Errors: kInvalidArgument or kLimit as "FILE line L, column C: ..."
/// with the remedy.
Result<EventTable> read_event_table(std::string_view file, const std::vector<std::string>& header,
                                    const std::vector<TableLine>& rows);

/// The subject called `id`; the only one for an empty id. Errors: kNotFound, kInvalidArgument.
Result<EventSubject> find_event_subject(const EventTable& table, std::string_view id);

struct EventDose {
  double time_h = 0;  ///< since the segment's start
  double amount = 0;
  double infusion_h = 0;
};

struct EventReading {
  double time_h = 0;        ///< since the segment's start, ascending
  double table_time_h = 0;  ///< as in the table
  std::optional<double> observed;
};

/// A stretch of time that begins with the model's initial state: at time 0, at each reset, and at
/// each steady-state dose, whose earlier doses it holds. Times do not fall below 0.
struct EventSegment {
  double start_h = 0;  ///< in the table's time; negative before a steady state
  std::vector<EventDose> doses;
  std::vector<EventReading> readings;
  bool reaches_steady_state = false;
};

/// Which compartments there are, and how a steady state is reached.
struct Expansion {
  std::vector<std::string> states;
  std::string dose_state;       ///< where all doses have to go; empty: the model takes none
  int steady_state_doses = 50;  ///< earlier doses that stand for infinitely many
};

/// How long before a dose a reading lies that the table lists before it at the same time.
inline constexpr double kJustBeforeDoseHours = 1e-9;

/// The subject's segments. A reading that stands before a dose of the same time is taken
/// kJustBeforeDoseHours earlier; additional doses count at their own time. A reset and a
/// steady-state dose cancel infusions and additional doses of earlier rows. Errors: as
/// read_event_table, for compartments that are unknown or take no doses, and above
/// kMaxSubjectDoses.
Result<std::vector<EventSegment>> expand_events(std::string_view file, const EventSubject& subject,
                                                const Expansion& expansion);

}  // namespace salus::program
