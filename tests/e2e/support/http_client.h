// One HTTP/1.1 request over a fresh connection: small, blocking, and free to misbehave.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/bytes.h"

namespace salus::e2e {

struct HttpReply {
  int status = 0;
  std::string head;
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  /// A header's value; empty when it is not there.
  std::string header(const std::string& name) const;
};

class HttpClient {
 public:
  HttpClient(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {}

  /// Nothing when the server could not be reached or broke off.
  std::optional<HttpReply> send(const std::string& method, const std::string& target,
                                ByteView body = {}, const std::string& content_type = {}) const;
  std::optional<HttpReply> get(const std::string& target) const { return send("GET", target); }
  std::optional<HttpReply> post(const std::string& target, const nlohmann::json& body) const;
  std::optional<HttpReply> put(const Digest& digest, std::uint64_t offset, ByteView bytes) const;

  /// Sends these bytes as they are and returns all that comes back.
  std::string raw(ByteView bytes, bool close_early = false) const;

  /// Announces and sends a whole object in one piece; the reply to the last byte.
  std::optional<HttpReply> upload(ByteView bytes, const std::string& kind) const;

 private:
  std::uint16_t port_;
  std::string token_;
};

HttpReply parse_reply(const std::string& raw);

}  // namespace salus::e2e
