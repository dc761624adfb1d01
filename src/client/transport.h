// What the client needs from a network. The command line supplies HTTP, a browser fetch.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::client {

enum class Method { kGet, kPost, kPut, kDelete };

/// The body is a view: the caller keeps its bytes alive until the answer is there.
struct Request {
  Method method = Method::kGet;
  std::string target;  ///< path and query, "/v1/twins"
  std::string content_type;
  ByteView body;
};

struct Response {
  int status = 0;
  std::string content_type;
  Bytes body;
};

/// Sends requests to one server with one account's token. Not for several threads at once.
class Transport {
 public:
  virtual ~Transport() = default;

  /// The answer, whatever its status. Errors: kUnavailable (nobody answered, or broke off),
  /// kCancelled (the user interrupted), kLimit (a body above `body_limit`), kParse (not HTTP).
  virtual Result<Response> send(const Request& request, std::uint64_t body_limit) = 0;

  /// Hands the body of a successful answer over as it arrives, until it ends or `take` returns
  /// false; the answer then has no body. Any other answer is returned with its body, at most 1 MiB.
  virtual Result<Response> stream(const Request& request,
                                  const std::function<bool(ByteView)>& take) = 0;
};

}  // namespace salus::client
