#include "terminal.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace salus::cli {
namespace {

std::atomic<bool> g_interrupted{false};

void on_signal(int) {
  if (g_interrupted.exchange(true)) ::_exit(kInterrupted);  // twice: at once
}

constexpr int kBarWidth = 28;

}  // namespace

const std::atomic<bool>& interrupted() { return g_interrupted; }

void watch_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) value /= 1000, ++unit;
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", value, decimals, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string utc_time(std::uint64_t ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
}

std::string utc_now() { return utc_time(1000 * static_cast<std::uint64_t>(std::time(nullptr))); }

Progress::Progress(std::string title, bool quiet)
    : title_(std::move(title)),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      last_(started_ - std::chrono::seconds(1)) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(double fraction, std::string_view note) {
  if (quiet_) return;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const auto now = std::chrono::steady_clock::now();
  const int tenth = static_cast<int>(fraction * 10);
  if (terminal_ ? now - last_ < std::chrono::milliseconds(80) && fraction < 1
                : tenth == last_tenth_) {
    return;
  }
  last_ = now;
  last_tenth_ = tenth;
  draw(fraction, note);
}

void Progress::draw(double fraction, std::string_view note) {
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  std::string left;
  if (fraction > 0.02 && fraction < 1 && elapsed > 0.5) {
    left = ", " + human_seconds(elapsed * (1 - fraction) / fraction) + " left";
  }
  const std::string tail =
      fmt::format("{:3.0f} %{}{}{}", 100 * fraction, left, note.empty() ? "" : "  ", note);
  if (!terminal_) {
    fmt::print(stderr, "{}: {}\n", title_, tail);
    return;
  }
  const int full = static_cast<int>(fraction * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < full ? "\u2588" : "\u2591";
  fmt::print(stderr, "\r\x1b[K{:<22} {} {}", title_, bar, tail);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::finish(std::string_view note) {
  if (quiet_) return;
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  if (drawn_ && terminal_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
  fmt::print(stderr, "{:<22} {} ({})\n", title_, note, human_seconds(elapsed));
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOutsideBox:
    case ErrorCode::kUnsafeParameters:
    case ErrorCode::kDenied:
    case ErrorCode::kLimit: return kRefused;
    case ErrorCode::kCorrupt:
    case ErrorCode::kMismatch: return kNotVerified;
    case ErrorCode::kNotFound: return kMissing;
    case ErrorCode::kUnavailable:
    case ErrorCode::kNoSpace: return kUnreachable;
    case ErrorCode::kCancelled: return kInterrupted;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kParse:
    case ErrorCode::kVersion:
    case ErrorCode::kConflict:
    case ErrorCode::kNotBuilt: return kUsage;
    case ErrorCode::kLevelExhausted:
    case ErrorCode::kScaleMismatch:
    case ErrorCode::kMissingKey:
    case ErrorCode::kIo: return kInternal;
  }
  return kInternal;
}

}  // namespace salus::cli
