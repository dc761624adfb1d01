#include "support/recording_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace salus::e2e {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return where;
}

}  // namespace

RecordingProxy::RecordingProxy(std::uint16_t target_port)
    : target_port_(target_port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where = loopback(0);
  socklen_t size = sizeof where;
  auto* address = reinterpret_cast<sockaddr*>(&where);
  if (::bind(listener_, address, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, address, &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(where.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RecordingProxy::~RecordingProxy() {
  leaving_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard turn(turn_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

std::vector<std::string> RecordingProxy::recorded() const {
  const std::lock_guard turn(turn_);
  return records_;
}

std::size_t RecordingProxy::new_record() {
  const std::lock_guard turn(turn_);
  records_.emplace_back();
  return records_.size() - 1;
}

void RecordingProxy::accept_all() {
  while (!leaving_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in where = loopback(target_port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    const std::size_t up = new_record(), down = new_record();
    const std::lock_guard turn(turn_);
    sockets_.insert(sockets_.end(), {client, server});
    threads_.emplace_back([=, this] { forward(client, server, up); });
    threads_.emplace_back([=, this] { forward(server, client, down); });
  }
}

void RecordingProxy::forward(int from, int to, std::size_t record) {
  char piece[65536];
  for (ssize_t got = 0; (got = ::recv(from, piece, sizeof piece, 0)) > 0;) {
    const auto size = static_cast<std::size_t>(got);
    {
      const std::lock_guard turn(turn_);
      records_[record].append(piece, size);
    }
    for (std::size_t sent = 0; sent < size;) {
      const ssize_t more = ::send(to, piece + sent, size - sent, MSG_NOSIGNAL);
      if (more <= 0) return;
      sent += static_cast<std::size_t>(more);
    }
  }
  ::shutdown(to, SHUT_WR);
}

}  // namespace salus::e2e
