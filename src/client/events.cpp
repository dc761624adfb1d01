#include "client/events.h"

namespace salus::client {

bool EventReader::take_line(std::string_view line) {
  if (line.empty()) {
    Event event = std::move(event_);
    const bool whole = has_data_;
    event_ = {};
    has_data_ = false;
    if (!whole) return true;
    event.data.pop_back();  // the last line feed
    return on_event_(event);
  }
  const auto colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value =
      colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_.name = value;
  if (field == "data") {
    event_.data += value;
    event_.data += '\n';
    has_data_ = true;
  }
  return true;
}

Result<bool> EventReader::feed(std::string_view text) {
  for (const char c : text) {
    const bool second_half = after_cr_ && c == '\n';  // CR LF is one line end
    after_cr_ = c == '\r';
    if (second_half) continue;
    if (c != '\n' && c != '\r') {
      line_ += c;
      if (line_.size() + event_.data.size() > kMaxEventBytes) {
        return Error{ErrorCode::kLimit, "server event: more than the limit of " +
                                            std::to_string(kMaxEventBytes) + " bytes"};
      }
      continue;
    }
    const bool go_on = take_line(line_);
    line_.clear();
    if (!go_on) return false;
  }
  return true;
}

}  // namespace salus::client
