// One request and one reply, without any network library in sight.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "store/object_store.h"

namespace salus::http {

/// What is known of a request before its body.
struct Head {
  std::string method;         ///< "GET"
  std::string target;         ///< path and query as sent
  std::string authorization;  ///< the header's value; never logged
  std::string content_type;
  std::string request_id;  ///< made by the session
};

/// Events that are sent as they happen. Used by one thread at a time.
class EventSource {
 public:
  struct Piece {
    std::string data;   ///< empty: nothing new
    bool last = false;  ///< nothing comes after this one
  };
  virtual ~EventSource() = default;
  /// From now on `wake` is called, from any thread, whenever `next` may have something.
  virtual Status open(std::function<void()> wake) = 0;
  virtual Result<Piece> next() = 0;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::unique_ptr<store::ObjectBytes> object;  ///< sent instead of `body` where set
  std::unique_ptr<EventSource> events;         ///< sent instead of `body` where set
  std::string etag;
  std::string allow;    ///< of 405
  std::string failure;  ///< for the log of the operator; never sent
};

/// A request whose body is being received.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual std::uint64_t body_limit() const = 0;
  /// The next piece of the body. An error ends the receiving; `finish` then replies with it.
  virtual Status take(ByteView piece) = 0;
  /// The whole body is there, or `take` failed.
  virtual Reply finish() = 0;
  /// The sender went away before the end.
  virtual void abandon() {}
};

/// What the log says of a request: no token, no body, no target (digests and names are in there).
struct AccessRecord {
  std::string request_id;
  std::string method;
  std::string route;  ///< the route's pattern, "/v1/objects/{digest}"
  std::string account;
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  double seconds = 0;
  std::string failure;
};

}  // namespace salus::http
