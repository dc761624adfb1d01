// What people see while they wait, and how commands answer: text or one JSON object.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salus::cli {

/// Set by SIGINT and SIGTERM; everything long looks at it.
const std::atomic<bool>& interrupted();
void watch_signals();

/// "12.3 MB", "940 B": decimal units, three digits.
std::string human_bytes(std::uint64_t bytes);
/// "3.2 s", "4 min 10 s"
std::string human_seconds(double seconds);
/// Now in UTC, "2026-01-31T12:00:00Z".
std::string utc_now();
/// Milliseconds since 1970-01-01 UTC, likewise.
std::string utc_time(std::uint64_t ms);

/// A bar with the remaining time on a terminal, a plain line at every tenth in a pipe, on standard
/// error so that standard output stays the command's answer.
class Progress {
 public:
  Progress(std::string title, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `fraction` in 0 .. 1; `note` follows the bar ("12.3 of 40 MB", a stage's name).
  void show(double fraction, std::string_view note = {});
  /// Ends the bar with a last word; without it the line is cleared.
  void finish(std::string_view note);

 private:
  void draw(double fraction, std::string_view note);
  std::string title_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  int last_tenth_ = -1;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point last_;
};

/// Exit codes of `salus`.
enum Exit : int {
  kDone = 0,
  kUsage = 2,
  kRefused = 3,
  kNotVerified = 4,
  kMissing = 5,
  kUnreachable = 6,
  kInternal = 70,
  kInterrupted = 130,
};
int exit_code(ErrorCode code);

}  // namespace salus::cli
