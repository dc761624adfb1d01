// The routes of docs/formats/http-api.md: from a request's head to a reply.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "http/message.h"
#include "service/service.h"

namespace salus::http {

/// Safe for concurrent use.
class Api {
 public:
  explicit Api(service::Service& service) : service_(service) {}

  /// A request that is under way: what answers it, and what the log may say of it.
  struct Opened {
    std::string route = "unknown";
    std::string account;
    /// Either the reply that the head alone earned, or what takes the body.
    std::variant<Reply, std::unique_ptr<Exchange>> outcome;
  };
  /// Authenticates and finds the route. May block on the disk.
  Opened open(const Head& head);

  const service::Limits& limits() const { return service_.limits(); }

 private:
  service::Service& service_;  // outlives the API: apps/salusd holds both
};

}  // namespace salus::http
