// A TCP proxy on loopback that writes down every byte of both directions.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace salus::e2e {

class RecordingProxy {
 public:
  /// Forwards connections to `target_port` on 127.0.0.1.
  explicit RecordingProxy(std::uint16_t target_port);
  ~RecordingProxy();
  RecordingProxy(const RecordingProxy&) = delete;
  RecordingProxy& operator=(const RecordingProxy&) = delete;

  std::uint16_t port() const { return port_; }
  /// Everything so far, each direction of each connection in one piece.
  std::vector<std::string> recorded() const;

 private:
  void accept_all();
  void forward(int from, int to, std::size_t record);
  std::size_t new_record();

  std::uint16_t target_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> leaving_ = false;
  mutable std::mutex turn_;
  std::vector<std::string> records_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace salus::e2e
