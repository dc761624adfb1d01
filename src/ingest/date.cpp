#include "ingest/date.h"

#include <charconv>
#include <chrono>

namespace salus::ingest {
namespace {

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
constexpr double kYear = 365.2425 * static_cast<double>(kDay);

// Takes `digits` digits off the front of `text`.
bool take(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  const char* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || stop != end || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text[0] != expected) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "+02:00", "-05:00", in seconds to take off.
bool take_zone(std::string_view& text, std::int64_t& offset) {
  if (take(text, 'Z')) return true;
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  int hours = 0, minutes = 0;
  if (sign == 0 || !take(text, 2, hours) || !take(text, ':') || !take(text, 2, minutes))
    return false;
  offset = sign * (hours * kHour + minutes * kMinute);
  return hours <= 14 && minutes < 60;
}

// Hours to the zone, behind the T.
bool take_time(std::string_view& text, std::int64_t& seconds) {
  int hour = 0, minute = 0, second = 0;
  if (!take(text, 2, hour) || !take(text, ':') || !take(text, 2, minute)) return false;
  if (take(text, ':') && !take(text, 2, second)) return false;
  if (take(text, '.')) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0) return false;
    text.remove_prefix(std::min(digits, text.size()));
  }
  std::int64_t offset = 0;
  if (!take_zone(text, offset)) return false;
  seconds = hour * kHour + minute * kMinute + second - offset;
  return hour < 24 && minute < 60 && second <= 60;
}

}  // namespace

std::optional<std::int64_t> instant_of(std::string_view text) {
  int year = 0, month = 0, day = 0;
  if (!take(text, 4, year) || !take(text, '-') || !take(text, 2, month) || !take(text, '-') ||
      !take(text, 2, day)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t seconds = 0;
  if (!text.empty() && !(take(text, 'T') && take_time(text, seconds) && text.empty()))
    return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * kDay + seconds;
}

double years_between(std::int64_t from, std::int64_t to) {
  return static_cast<double>(to - from) / kYear;
}

}  // namespace salus::ingest
