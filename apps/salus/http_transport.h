// The client's transport over HTTP/1.1 with Boost.Beast: one connection, kept alive, reopened when
// the server goes away.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "client/transport.h"

namespace salus::cli {

/// Where a server is: "http://127.0.0.1:8443".
struct ServerAddress {
  std::string host;
  std::string port;
  std::string text() const { return "http://" + host + ":" + port; }
  bool is_loopback() const;
};

/// Errors: kInvalidArgument; kNotBuilt for https.
Result<ServerAddress> parse_server(std::string_view url);

struct TransportOptions {
  int connect_timeout_ms = 5'000;
  int idle_timeout_ms = 60'000;                    ///< without a byte from the server
  int reconnect_for_ms = 5'000;                    ///< how long a refused connection is tried again
  const std::atomic<bool>* interrupted = nullptr;  ///< set by Ctrl-C
};

/// `token` is sent as a bearer token with every request, and appears in no error.
std::unique_ptr<client::Transport> make_http_transport(const ServerAddress& server,
                                                       std::string token, TransportOptions options);

}  // namespace salus::cli
