#include "http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

#include "base/random.h"
#include "http/problem.h"

namespace salus::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

constexpr std::size_t kPieceBytes = 256u << 10;
constexpr std::int64_t kLingerMs = 5'000;
constexpr auto kOutcome = asio::as_tuple(asio::use_awaitable);

std::string make_request_id() {
  const Seed random = random_seed();
  return to_hex(ByteView(random).first(8));
}

Head head_of(const bhttp::request_header<>& header, const std::string& request_id) {
  return Head{.method = std::string(header.method_string()),
              .target = std::string(header.target()),
              .authorization = std::string(header[bhttp::field::authorization]),
              .content_type = std::string(header[bhttp::field::content_type]),
              .request_id = request_id};
}

bhttp::response<bhttp::empty_body> header_of(const Reply& reply, const std::string& request_id,
                                             bool keep_alive) {
  bhttp::response<bhttp::empty_body> response(static_cast<bhttp::status>(reply.status), 11);
  response.set(bhttp::field::server, "salusd");
  response.set("X-Request-Id", request_id);
  response.set(bhttp::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (reply.status != 204) response.set(bhttp::field::content_type, reply.content_type);
  if (!reply.etag.empty()) response.set(bhttp::field::etag, reply.etag);
  if (!reply.allow.empty()) response.set(bhttp::field::allow, reply.allow);
  if (reply.status == 401) response.set(bhttp::field::www_authenticate, "Bearer");
  if (reply.status == 503) response.set(bhttp::field::retry_after, "2");
  response.keep_alive(keep_alive);
  return response;
}

std::string text_of(const bhttp::response<bhttp::empty_body>& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.result_int()) + " " +
                     std::string(response.reason()) + "\r\n";
  for (const auto& field : response) {
    text += std::string(field.name_string()) + ": " + std::string(field.value()) + "\r\n";
  }
  return text + "\r\n";
}

asio::awaitable<void> call(std::function<void()> work) {
  work();
  co_return;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Api& api, asio::thread_pool& pool,
                 const OnAccess& on_access)
    : stream_(std::move(socket)),
      news_(stream_.get_executor()),
      api_(api),
      pool_(pool),
      on_access_(on_access) {}

void Session::stop() {
  stopping_ = true;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->news_.cancel();
    if (self->idle_) self->stream_.close();
  });
}

void Session::expire_in(std::int64_t ms) { stream_.expires_after(std::chrono::milliseconds(ms)); }

asio::awaitable<void> Session::off_thread(std::function<void()> work) {
  co_await asio::co_spawn(pool_, call(std::move(work)), asio::use_awaitable);
}

asio::awaitable<void> Session::run() {
  try {
    while (!stopping_ && co_await serve_one()) {
    }
  } catch (const std::exception&) {
    // The connection broke, or a reply could not be sent: nobody is left to tell.
  }
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

asio::awaitable<bool> Session::serve_one() {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(api_.limits().max_header_bytes));
  parser.body_limit(boost::none);  // limits are the routes' business: see Exchange::body_limit
  idle_ = true;
  expire_in(api_.limits().read_timeout_ms);
  const auto [failed, size] = co_await bhttp::async_read_header(stream_, buffer_, parser, kOutcome);
  idle_ = false;
  const auto begun = std::chrono::steady_clock::now();
  record_ = AccessRecord{};
  record_.request_id = make_request_id();
  record_.route = "unknown";
  Reply reply;
  bool keep_alive = false;
  if (failed == bhttp::error::header_limit) {
    reply = problem(
        Error{ErrorCode::kLimit, "the header is larger than the limit of " +
                                     std::to_string(api_.limits().max_header_bytes) + " bytes"},
        record_.request_id);
  } else if (failed &&
             failed.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
             failed != bhttp::error::end_of_stream && failed != bhttp::error::partial_message) {
    reply = problem(Error{ErrorCode::kInvalidArgument, "this is not HTTP/1.1: " + failed.message()},
                    record_.request_id);
  } else if (failed) {
    co_return false;
  } else {
    co_await handle(parser, reply);
    keep_alive = parser.is_done() && parser.get().keep_alive() && !stopping_;
  }
  record_.status = reply.status;
  record_.failure = reply.failure;
  co_await send(reply, keep_alive);
  if (!keep_alive && !failed) co_await refuse_unread(parser);
  record_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  on_access_(record_);
  co_return keep_alive;
}

asio::awaitable<void> Session::handle(Parser& parser, Reply& reply) {
  const auto& header = parser.get().base();
  record_.method = std::string(header.method_string()).substr(0, 16);
  const Head head = head_of(header, record_.request_id);
  std::string broken;
  try {
    Api::Opened opened;
    co_await off_thread([&] { opened = api_.open(head); });
    record_.route = opened.route;
    record_.account = opened.account;
    if (auto* refused = std::get_if<Reply>(&opened.outcome)) {
      reply = std::move(*refused);
      co_return;
    }
    Exchange& exchange = *std::get<std::unique_ptr<Exchange>>(opened.outcome);
    if (co_await receive(parser, exchange, reply)) {
      co_await off_thread([&] { reply = exchange.finish(); });
    }
    // Destroyed where it may block: an upload's last resources are files.
    co_await off_thread([&] { opened.outcome = Reply(); });
    co_return;
  } catch (const beast::system_error&) {
    throw;
  } catch (const std::exception& defect) {
    broken = defect.what();
  }
  reply = problem(Error{ErrorCode::kIo, broken}, record_.request_id);
}

/// Feeds the body to `exchange`. False: `reply` refuses it.
asio::awaitable<bool> Session::receive(Parser& parser, Exchange& exchange, Reply& reply) {
  const std::uint64_t limit = exchange.body_limit();
  const auto too_large = [&](std::uint64_t size) {
    reply = problem(Error{ErrorCode::kLimit, "the body has " + std::to_string(size) +
                                                 " bytes or more, the limit here is " +
                                                 std::to_string(limit) + ": send less at once"},
                    record_.request_id);
    return false;
  };
  if (const auto announced = parser.content_length(); announced && *announced > limit) {
    co_return too_large(*announced);
  }
  if (beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await write(as_bytes(kContinue));
  }
  Bytes piece(kPieceBytes);
  while (!parser.is_done()) {
    parser.get().body() = {piece.data(), piece.size(), true};
    expire_in(api_.limits().read_timeout_ms);
    const auto [failed, got] = co_await bhttp::async_read_some(stream_, buffer_, parser, kOutcome);
    const std::size_t used = piece.size() - parser.get().body().size;
    record_.bytes_in += used;
    if (record_.bytes_in > limit) co_return too_large(record_.bytes_in);
    if (used > 0) {
      Status taken;
      co_await off_thread([&] { taken = exchange.take(ByteView(piece).first(used)); });
      if (!taken) co_return true;
    }
    if (failed && failed != bhttp::error::need_buffer) {
      co_await off_thread([&] { exchange.abandon(); });
      throw beast::system_error(failed);
    }
  }
  co_return true;
}

/// Reads for a moment what the sender is still sending, so that it sees the reply and not a reset.
asio::awaitable<void> Session::refuse_unread(Parser& parser) {
  if (parser.is_done()) co_return;
  beast::error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  Bytes piece(kPieceBytes);
  std::uint64_t left = api_.limits().max_chunk_bytes;
  expire_in(kLingerMs);
  while (left > 0) {
    const auto [failed, got] =
        co_await stream_.async_read_some(asio::buffer(piece.data(), piece.size()), kOutcome);
    if (failed) co_return;
    left -= std::min<std::uint64_t>(left, got);
  }
}

asio::awaitable<void> Session::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    expire_in(api_.limits().write_timeout_ms);
    co_await asio::async_write(stream_, asio::buffer(piece.data(), piece.size()),
                               asio::use_awaitable);
    record_.bytes_out += piece.size();
    bytes = bytes.subspan(piece.size());
  }
}

asio::awaitable<void> Session::send(Reply& reply, bool keep_alive) {
  if (reply.events) co_return co_await send_events(reply, keep_alive);
  if (reply.object) co_return co_await send_object(reply, keep_alive);
  auto header = header_of(reply, record_.request_id, keep_alive);
  if (reply.status != 204) header.content_length(reply.body.size());
  const std::string text = text_of(header) + reply.body;
  co_await write(as_bytes(text));
}

asio::awaitable<void> Session::send_object(Reply& reply, bool keep_alive) {
  auto header = header_of(reply, record_.request_id, keep_alive);
  header.content_length(reply.object->view().size());
  const std::string text = text_of(header);
  co_await write(as_bytes(text));
  co_await write(reply.object->view());
}

asio::awaitable<void> Session::send_events(Reply& reply, bool keep_alive) {
  auto header = header_of(reply, record_.request_id, keep_alive);
  header.chunked(true);
  std::string text = text_of(header);
  co_await write(as_bytes(text));
  const auto send_chunk = [&](const std::string& data) -> asio::awaitable<void> {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    text = size + data + "\r\n";
    co_await write(as_bytes(text));
  };

  const Status watching = reply.events->open([self = weak_from_this()] {
    const auto session = self.lock();
    if (!session) return;
    asio::post(session->stream_.get_executor(), [session] {
      session->news_.expires_at(std::chrono::steady_clock::time_point::min());
    });
  });
  const std::chrono::milliseconds quiet(api_.limits().keep_alive_ms);
  bool last = !watching;
  while (!last && !stopping_) {
    news_.expires_after(quiet);
    Result<EventSource::Piece> piece{EventSource::Piece{}};
    co_await off_thread([&] { piece = reply.events->next(); });
    last = !piece || piece->last;
    if (piece && !piece->data.empty()) co_await send_chunk(piece->data);
    if (last || stopping_) break;
    const auto [cancelled] = co_await news_.async_wait(kOutcome);
    if (!cancelled && news_.expiry() != std::chrono::steady_clock::time_point::min()) {
      co_await send_chunk(": keep-alive\n\n");
    }
  }
  reply.events.reset();
  text = "0\r\n\r\n";
  co_await write(as_bytes(text));
}

}  // namespace salus::http
