// Server-sent events (WHATWG HTML, section 9.2): bytes as they arrive -> events.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salus::client {

inline constexpr std::size_t kMaxEventBytes = 1u << 20;

struct Event {
  std::string name = "message";
  std::string data;
};

/// Feed it pieces cut anywhere; it calls `on_event` for each whole event. Comments, ids and retry
/// lines are skipped. `on_event` returning false ends the reading.
class EventReader {
 public:
  explicit EventReader(std::function<bool(const Event&)> on_event)
      : on_event_(std::move(on_event)) {}

  /// False: no more is wanted. Errors: kLimit for an event above kMaxEventBytes.
  Result<bool> feed(std::string_view text);

 private:
  bool take_line(std::string_view line);

  std::function<bool(const Event&)> on_event_;
  std::string line_;
  bool after_cr_ = false;
  bool has_data_ = false;
  Event event_;
};

}  // namespace salus::client
