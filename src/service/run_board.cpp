#include "service/run_board.h"

namespace salus::service {

std::unique_ptr<RunBoard::Watch> RunBoard::watch(const std::string& run, Wake wake) {
  const std::lock_guard turn(turn_);
  const std::uint64_t number = next_++;
  watchers_[run].emplace(number, std::move(wake));
  ++watch_count_;
  return std::make_unique<Watch>(*this, run, number);
}

int RunBoard::watch_count() const {
  const std::lock_guard turn(turn_);
  return watch_count_;
}

void RunBoard::unwatch(const std::string& run, std::uint64_t number) {
  const std::lock_guard turn(turn_);
  const auto found = watchers_.find(run);
  if (found == watchers_.end()) return;
  watch_count_ -= static_cast<int>(found->second.erase(number));
  if (found->second.empty()) watchers_.erase(found);
}

void RunBoard::wake_all(const std::string& run) {
  const auto found = watchers_.find(run);
  if (found == watchers_.end()) return;
  for (const auto& [number, wake] : found->second) wake();
}

void RunBoard::progress(const std::string& run, double fraction, std::string_view stage) {
  const std::lock_guard turn(turn_);
  progress_[run] = RunProgress{.fraction = fraction, .stage = std::string(stage)};
  wake_all(run);
}

void RunBoard::changed(const std::string& run, bool ended) {
  const std::lock_guard turn(turn_);
  if (ended) progress_.erase(run);
  wake_all(run);
}

RunProgress RunBoard::of(const std::string& run) const {
  const std::lock_guard turn(turn_);
  const auto found = progress_.find(run);
  return found == progress_.end() ? RunProgress{} : found->second;
}

}  // namespace salus::service
