// A salusd that dies at random moments and comes back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "support/salusd_process.h"

namespace salus::e2e {

/// Kills the server with SIGKILL after random pauses and starts it again, `kills` times; after that
/// it stays up. Counts what the client said that it was doing.
class Victim {
 public:
  Victim(std::filesystem::path data, std::uint64_t seed, int kills);
  ~Victim();

  std::uint16_t port() const { return server_.port(); }
  bool done() const { return done_; }
  /// What the client is doing now, for the tally.
  void say(const std::string& phase);
  std::map<std::string, int> tally() const;
  /// Once `done`: ends the server gracefully; its exit code.
  int terminate();

 private:
  void torment();
  SalusdProcess server_;
  std::mt19937_64 random_;
  const int kills_;
  std::atomic<bool> done_ = false;
  mutable std::mutex turn_;
  std::condition_variable changed_;
  bool leaving_ = false;
  std::string phase_ = "idle";
  std::map<std::string, int> tally_;
  std::thread thread_;
};

}  // namespace salus::e2e
