#include "http_transport.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <thread>

namespace salus::cli {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace net = boost::asio;
using net::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kMaxProblemBytes = 1u << 20;
constexpr std::size_t kMaxReplyHeaderBytes = 64u << 10;

http::verb verb_of(client::Method method) {
  switch (method) {
    case client::Method::kGet: return http::verb::get;
    case client::Method::kPost: return http::verb::post;
    case client::Method::kPut: return http::verb::put;
    case client::Method::kDelete: return http::verb::delete_;
  }
  return http::verb::unknown;
}

using OutgoingRequest = http::request<http::span_body<const char>>;

class HttpTransport final : public client::Transport {
 public:
  HttpTransport(ServerAddress server, std::string token, TransportOptions options)
      : server_(std::move(server)), token_(std::move(token)), options_(options) {}

  Result<client::Response> send(const client::Request& request, std::uint64_t body_limit) override {
    const bool reused = stream_.has_value();
    Result<client::Response> reply = exchange(request, body_limit);
    // A kept connection may have been closed while it was idle: once more on a fresh one.
    if (!reply && reused && reply.error().code == ErrorCode::kUnavailable) {
      reply = exchange(request, body_limit);
    }
    return reply;
  }

  Result<client::Response> stream(const client::Request& request,
                                  const std::function<bool(ByteView)>& take) override {
    stream_.reset();
    const Status sent = write_request(request);
    if (!sent) return sent.error();
    http::response_parser<http::buffer_body> parser;
    parser.header_limit(kMaxReplyHeaderBytes);
    parser.body_limit(boost::none);
    if (const Status fine = wait([&](auto done) {
          http::async_read_header(*stream_, buffer_, parser, std::move(done));
        });
        !fine) {
      return fine.error();
    }
    client::Response reply{.status = static_cast<int>(parser.get().result_int()),
                           .content_type = std::string(parser.get()[http::field::content_type]),
                           .body = {}};
    const Status read = read_pieces(parser, reply, take);
    stream_.reset();  // left in the middle of a body
    if (!read) return read.error();
    return reply;
  }

 private:
  /// Runs one asynchronous operation to its end, looking for Ctrl-C ten times a second.
  template <class Start>
  Status wait(Start start) {
    beast::error_code outcome = net::error::would_block;
    stream_->expires_after(milliseconds(options_.idle_timeout_ms));
    start([&outcome](beast::error_code code, auto&&...) { outcome = code; });
    context_.restart();
    while (outcome == net::error::would_block) {
      context_.run_one_for(milliseconds(100));
      if (!interrupted()) continue;
      stream_->cancel();
      context_.restart();
      context_.run();
      stream_.reset();
      return Error{ErrorCode::kCancelled, "interrupted; repeat the command to go on"};
    }
    if (!outcome) return {};
    stream_.reset();
    return failure(outcome);
  }

  bool interrupted() const {
    return options_.interrupted != nullptr && options_.interrupted->load();
  }

  Error failure(const beast::error_code& code) const {
    const std::string where = "server " + server_.text() + ": ";
    if (code == http::error::body_limit) {
      return Error{ErrorCode::kLimit, where + "the reply is larger than expected"};
    }
    if (code.category() == beast::error_code(http::error::bad_version).category() &&
        code != http::error::end_of_stream && code != http::error::partial_message) {
      return Error{ErrorCode::kParse, where + "does not speak HTTP (" + code.message() + ")"};
    }
    return Error{ErrorCode::kUnavailable,
                 where + code.message() + "; is salusd running there? Repeat to go on"};
  }

  /// Connects, trying again for a while when the connection is refused: a server may be restarting.
  Status connect() {
    const auto give_up = steady_clock::now() + milliseconds(options_.reconnect_for_ms);
    for (milliseconds pause(50);; pause = std::min(2 * pause, milliseconds(1000))) {
      const Status fine = connect_once();
      if (fine || fine.error().code != ErrorCode::kUnavailable || interrupted()) return fine;
      if (steady_clock::now() + pause > give_up) return fine;
      std::this_thread::sleep_for(pause);
    }
  }

  Status connect_once() {
    beast::error_code failed;
    tcp::resolver resolver(context_);
    const auto addresses = resolver.resolve(server_.host, server_.port, failed);
    if (failed) return failure(failed);
    stream_.emplace(context_);
    buffer_.clear();
    return wait([&](auto done) { stream_->async_connect(addresses, std::move(done)); });
  }

  Status write_request(const client::Request& request) {
    if (!stream_) {
      if (const Status fine = connect(); !fine) return fine;
    }
    const std::string_view body = as_text(request.body);
    OutgoingRequest message(verb_of(request.method), request.target, 11);
    message.set(http::field::host, server_.host + ":" + server_.port);
    message.set(http::field::user_agent, "salus/" SALUS_VERSION);
    message.set(http::field::authorization, "Bearer " + token_);
    if (!request.content_type.empty()) {
      message.set(http::field::content_type, request.content_type);
    }
    message.body() = beast::span<const char>(body.data(), body.size());
    message.prepare_payload();
    return wait([&](auto done) { http::async_write(*stream_, message, std::move(done)); });
  }

  Result<client::Response> exchange(const client::Request& request, std::uint64_t body_limit) {
    if (const Status sent = write_request(request); !sent) return sent.error();
    http::response_parser<http::vector_body<char>> parser;
    parser.header_limit(kMaxReplyHeaderBytes);
    parser.body_limit(body_limit);
    const Status read =
        wait([&](auto done) { http::async_read(*stream_, buffer_, parser, std::move(done)); });
    if (!read) return read.error();
    auto message = parser.release();
    if (!message.keep_alive()) stream_.reset();
    const std::vector<char>& body = message.body();
    return client::Response{.status = static_cast<int>(message.result_int()),
                            .content_type = std::string(message[http::field::content_type]),
                            .body = to_bytes(as_bytes(std::string_view(body.data(), body.size())))};
  }

  Status read_pieces(http::response_parser<http::buffer_body>& parser, client::Response& reply,
                     const std::function<bool(ByteView)>& take) {
    std::array<char, 16384> piece;
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      body.more = false;
      const Status fine = wait([&](auto done) {
        http::async_read_some(
            *stream_, buffer_, parser,
            [done = std::move(done)](beast::error_code code, std::size_t) mutable {
              if (code == http::error::need_buffer) code = {};
              done(code);
            });
      });
      if (!fine) return fine;
      const ByteView bytes = as_bytes({piece.data(), piece.size() - body.size});
      if (reply.status == 200) {
        if (!bytes.empty() && !take(bytes)) return {};
      } else {
        append(reply.body, bytes);
        if (reply.body.size() > kMaxProblemBytes) return failure(http::error::body_limit);
      }
    }
    return {};
  }

  ServerAddress server_;
  std::string token_;
  TransportOptions options_;
  net::io_context context_;
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

}  // namespace

bool ServerAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<ServerAddress> parse_server(std::string_view url) {
  const auto bad = [&](const std::string& why) {
    return Error{ErrorCode::kInvalidArgument, "server \"" + std::string(url.substr(0, 128)) +
                                                  "\": " + why +
                                                  "; write it like http://127.0.0.1:8765"};
  };
  if (url.starts_with("https://")) {
    return Error{ErrorCode::kNotBuilt,
                 "server: https is not in this version; use a local tunnel and http on loopback"};
  }
  if (!url.starts_with("http://")) return bad("it does not start with http://");
  std::string_view rest = url.substr(7);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  ServerAddress address{std::string(rest.substr(0, colon)), "80"};
  if (colon != std::string_view::npos) address.port = rest.substr(colon + 1);
  const bool digits = !address.port.empty() && address.port.size() <= 5 &&
                      address.port.find_first_not_of("0123456789") == std::string::npos;
  if (address.host.empty() || address.host.find_first_of("/ @?#") != std::string::npos) {
    return bad("no host name in it");
  }
  if (!digits || std::stoi(address.port) > 65535) return bad("the port is not a number");
  return address;
}

std::unique_ptr<client::Transport> make_http_transport(const ServerAddress& server,
                                                       std::string token,
                                                       TransportOptions options) {
  return std::make_unique<HttpTransport>(server, std::move(token), options);
}

}  // namespace salus::cli
