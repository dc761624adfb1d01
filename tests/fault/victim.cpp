#include "victim.h"

#include <chrono>

namespace salus::e2e {
namespace {

constexpr std::uint64_t kLongestLifeMs = 400;

}  // namespace

Victim::Victim(std::filesystem::path data, std::uint64_t seed, int kills)
    : server_(std::move(data), {"--workers", "1"}), random_(seed), kills_(kills) {
  server_.start();
  thread_ = std::thread([this] { torment(); });
}

Victim::~Victim() {
  {
    const std::lock_guard turn(turn_);
    leaving_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Victim::say(const std::string& phase) {
  const std::lock_guard turn(turn_);
  phase_ = phase;
}

std::map<std::string, int> Victim::tally() const {
  const std::lock_guard turn(turn_);
  return tally_;
}

void Victim::torment() {
  for (int i = 0; i < kills_; ++i) {
    // Half of the lives are short, so that start and recovery are hit as well.
    const std::uint64_t longest = random_() % 2 == 0 ? kLongestLifeMs : kLongestLifeMs / 8;
    const std::chrono::milliseconds life(random_() % longest);
    std::unique_lock turn(turn_);
    if (changed_.wait_for(turn, life, [this] { return leaving_; })) return;
    ++tally_[phase_];
    turn.unlock();
    server_.kill_hard();
    server_.start();
  }
  done_ = true;
  // The server dies with the thread that started it (PR_SET_PDEATHSIG): stay.
  std::unique_lock turn(turn_);
  changed_.wait(turn, [this] { return leaving_; });
}

int Victim::terminate() { return server_.terminate(); }

}  // namespace salus::e2e
