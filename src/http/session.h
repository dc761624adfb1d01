// One connection: requests in, replies out. Included by server.cpp and session.cpp only.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "http/api.h"

namespace salus::http {

/// Runs on its socket's executor (a strand); what blocks goes to the pool.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using OnAccess = std::function<void(const AccessRecord&)>;

  Session(boost::asio::ip::tcp::socket socket, Api& api, boost::asio::thread_pool& pool,
          const OnAccess& on_access);

  /// Serves until the connection ends.
  boost::asio::awaitable<void> run();
  /// From any thread: closes an idle connection, ends event streams, lets a request finish.
  void stop();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<void> handle(Parser& parser, Reply& reply);
  boost::asio::awaitable<bool> receive(Parser& parser, Exchange& exchange, Reply& reply);
  boost::asio::awaitable<void> refuse_unread(Parser& parser);

  boost::asio::awaitable<void> send(Reply& reply, bool keep_alive);
  boost::asio::awaitable<void> send_object(Reply& reply, bool keep_alive);
  boost::asio::awaitable<void> send_events(Reply& reply, bool keep_alive);
  boost::asio::awaitable<void> write(ByteView bytes);

  boost::asio::awaitable<void> off_thread(std::function<void()> work);
  void expire_in(std::int64_t ms);

  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer news_;  ///< expires when an event stream should look again
  boost::beast::flat_buffer buffer_;
  Api& api_;
  boost::asio::thread_pool& pool_;
  const OnAccess& on_access_;
  AccessRecord record_;
  std::atomic<bool> stopping_ = false;
  bool idle_ = true;
};

}  // namespace salus::http
