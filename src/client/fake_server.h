// A server in memory for the client's tests: objects with offsets, and failures on request.
#pragma once

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/transport.h"

namespace salus::client {

class FakeServer final : public Transport {
 public:
  std::uint64_t max_object_bytes = 1u << 20;
  std::uint64_t max_chunk_bytes = 100;
  std::map<std::string, std::pair<Bytes, std::uint64_t>> objects;  ///< bytes so far, announced size
  std::deque<int> failures;  ///< for the next PUTs: 0 fine, 1 broken before, 2 broken after storing
  std::map<std::string, Response> fixed;  ///< by target
  std::string events;                     ///< what a stream gives
  std::vector<std::string> log;           ///< "POST /v1/objects"

  Result<Response> send(const Request& request, std::uint64_t) override {
    log.push_back(request.target);
    if (const auto found = fixed.find(request.target); found != fixed.end()) return found->second;
    if (request.target == "/v1/limits") {
      return json_reply(
          200, {{"max_object_bytes", max_object_bytes}, {"max_chunk_bytes", max_chunk_bytes}});
    }
    if (request.target == "/v1/objects") {
      const auto body = nlohmann::json::parse(as_text(request.body));
      const std::string digest = body.at("digest");
      objects[digest].second = body.at("bytes");
      return state_of(digest);
    }
    if (request.method == Method::kPut) return put(request);
    return json_reply(404, {{"detail", "no such thing"}, {"code", "not_found"}});
  }

  Result<Response> stream(const Request&, const std::function<bool(ByteView)>& take) override {
    for (const char c : events) {
      if (!take(as_bytes({&c, 1}))) break;
    }
    return Response{200, "text/event-stream", {}};
  }

  static Response json_reply(int status, const nlohmann::json& body) {
    return {status, "application/json", to_bytes(as_bytes(body.dump()))};
  }

 private:
  Response state_of(const std::string& digest) {
    const auto& [bytes, size] = objects[digest];
    return json_reply(200, {{"offset", bytes.size()}, {"complete", bytes.size() == size}});
  }

  Result<Response> put(const Request& request) {
    const int failure = failures.empty() ? 0 : failures.front();
    if (!failures.empty()) failures.pop_front();
    const Error broken{ErrorCode::kUnavailable, "connection reset"};
    if (failure == 1) return broken;
    const std::string digest = request.target.substr(std::string("/v1/objects/").size(), 64);
    const auto offset = std::stoull(request.target.substr(request.target.find('=') + 1));
    auto& [bytes, size] = objects[digest];
    if (offset != bytes.size()) return json_reply(409, {{"offset", bytes.size()}});
    append(bytes, request.body);
    if (failure == 2) return broken;
    return state_of(digest);
  }
};

}  // namespace salus::client
