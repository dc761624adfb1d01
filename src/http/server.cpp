#include "http/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "http/session.h"

namespace salus::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptPause{50};  // after a failed accept: out of descriptors

class BeastServer final : public Server {
 public:
  BeastServer(Api& api, ServerOptions options)
      : api_(api),
        options_(std::move(options)),
        io_(options_.io_threads),
        pool_(static_cast<std::size_t>(options_.blocking_threads)),
        acceptor_(asio::make_strand(io_)) {}
  ~BeastServer() override { stop(0); }

  Status listen();
  std::uint16_t port() const override { return port_; }
  void stop(std::int64_t grace_ms) override;

 private:
  asio::awaitable<void> accept_all();
  bool enter(std::uint64_t number, const std::shared_ptr<Session>& session);
  void leave(std::uint64_t number);

  Api& api_;
  ServerOptions options_;
  asio::io_context io_;
  asio::thread_pool pool_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::mutex turn_;
  std::condition_variable left_;
  bool stopping_ = false;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::vector<std::jthread> threads_;
};

Status BeastServer::listen() {
  boost::system::error_code failed;
  const auto address = asio::ip::make_address(options_.address, failed);
  if (failed) {
    return Error{ErrorCode::kInvalidArgument, "\"" + options_.address + "\" is not an IP address"};
  }
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) {
    return Error{ErrorCode::kUnavailable, "cannot listen on " + options_.address + ":" +
                                              std::to_string(options_.port) + ": " +
                                              failed.message()};
  }
  port_ = acceptor_.local_endpoint(failed).port();
  asio::co_spawn(acceptor_.get_executor(), accept_all(), asio::detached);
  for (int i = 0; i < options_.io_threads; ++i) {
    threads_.emplace_back([this] { io_.run(); });
  }
  return {};
}

bool BeastServer::enter(std::uint64_t number, const std::shared_ptr<Session>& session) {
  const std::lock_guard turn(turn_);
  const auto limit = static_cast<std::size_t>(api_.limits().max_connections);
  if (stopping_ || sessions_.size() >= limit) return false;
  sessions_.emplace(number, session);
  return true;
}

void BeastServer::leave(std::uint64_t number) {
  const std::lock_guard turn(turn_);
  sessions_.erase(number);
  left_.notify_all();
}

asio::awaitable<void> BeastServer::accept_all() {
  for (;;) {
    tcp::socket socket(asio::make_strand(io_));
    const auto executor = socket.get_executor();
    const auto [failed] =
        co_await acceptor_.async_accept(socket, asio::as_tuple(asio::use_awaitable));
    if (failed == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
    if (failed) {
      asio::steady_timer pause(acceptor_.get_executor(), kAcceptPause);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), api_, pool_, options_.on_access);
    const std::uint64_t number = next_++;
    if (!enter(number, session)) continue;  // closed at once: the client tries again later
    asio::co_spawn(executor, session->run(),
                   [this, number, session](const std::exception_ptr&) { leave(number); });
  }
}

void BeastServer::stop(std::int64_t grace_ms) {
  if (threads_.empty()) return;
  asio::post(acceptor_.get_executor(), [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  });
  std::unique_lock turn(turn_);
  stopping_ = true;
  for (const auto& [number, session] : sessions_) session->stop();
  left_.wait_for(turn, std::chrono::milliseconds(grace_ms), [&] { return sessions_.empty(); });
  turn.unlock();
  io_.stop();
  threads_.clear();
  pool_.join();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Api& api, ServerOptions options) {
  auto server = std::make_unique<BeastServer>(api, std::move(options));
  if (Status listening = server->listen(); !listening) return listening.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace salus::http
