// The listener. Everything of Boost stays behind this header (server.cpp, session.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/api.h"

namespace salus::http {

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;    ///< 0: the system chooses
  int io_threads = 2;        ///< read and write sockets
  int blocking_threads = 4;  ///< disk, database, parsing of what was uploaded
  /// Called after each request, from any thread.
  std::function<void(const AccessRecord&)> on_access = [](const AccessRecord&) {};
};

/// Serves as soon as it exists.
class Server {
 public:
  /// Errors: kInvalidArgument (address), kUnavailable (the port is taken), kIo.
  static Result<std::unique_ptr<Server>> start(Api& api, ServerOptions options);
  /// Stops.
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  /// Takes no more connections, lets replies that are under way finish for at most `grace_ms`, then
  /// closes. Idempotent.
  virtual void stop(std::int64_t grace_ms) = 0;
};

}  // namespace salus::http
