#include "http/routes.h"

#include <array>

namespace salus::http {
namespace {

struct Route {
  std::string_view method;
  std::string_view pattern;
  Endpoint endpoint;
};

constexpr std::array<Route, 22> kRoutes{{
    {"GET", "/v1/health", Endpoint::kHealth},
    {"GET", "/v1/limits", Endpoint::kLimits},
    {"POST", "/v1/sign-in/challenge", Endpoint::kChallenge},
    {"POST", "/v1/sign-in", Endpoint::kSignIn},
    {"DELETE", "/v1/sign-in", Endpoint::kSignOut},
    {"POST", "/v1/objects", Endpoint::kAnnounce},
    {"GET", "/v1/objects/{digest}/status", Endpoint::kObjectStatus},
    {"PUT", "/v1/objects/{digest}", Endpoint::kAppend},
    {"GET", "/v1/objects/{digest}", Endpoint::kObject},
    {"POST", "/v1/twins", Endpoint::kCreateTwin},
    {"GET", "/v1/twins", Endpoint::kTwins},
    {"GET", "/v1/twins/{id}", Endpoint::kTwin},
    {"DELETE", "/v1/twins/{id}", Endpoint::kEraseTwin},
    {"POST", "/v1/runs", Endpoint::kStartRun},
    {"GET", "/v1/runs", Endpoint::kRuns},
    {"GET", "/v1/runs/{id}", Endpoint::kRun},
    {"GET", "/v1/runs/{id}/events", Endpoint::kRunEvents},
    {"GET", "/v1/runs/{id}/result", Endpoint::kRunResult},
    {"DELETE", "/v1/runs/{id}", Endpoint::kCancelRun},
    {"GET", "/v1/runs/{id}/receipt", Endpoint::kRunReceipt},
    {"GET", "/v1/twins/{id}/log", Endpoint::kTwinLog},
    {"GET", "/v1/log/{path}", Endpoint::kLogFile},
}};

std::string_view next_segment(std::string_view& path) {
  const std::size_t slash = path.find('/', 1);
  const std::string_view segment = path.substr(0, slash);
  path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
  return segment;
}

/// Whether `path` has the shape of `pattern`; fills what stands for its {...}. {path} stands for
/// all that is left.
bool fits(std::string_view pattern, std::string_view path, std::string& argument) {
  while (!pattern.empty() && !path.empty()) {
    if (pattern == "/{path}" && path.size() > 1) {
      argument = std::string(path.substr(1));
      return true;
    }
    const std::string_view wanted = next_segment(pattern);
    const std::string_view found = next_segment(path);
    if (wanted.starts_with("/{") && found.size() > 1) {
      argument = std::string(found.substr(1));
    } else if (wanted != found) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

Status read_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    const std::size_t ampersand = text.find('&');
    const std::string_view pair = text.substr(0, ampersand);
    text = ampersand == std::string_view::npos ? std::string_view() : text.substr(ampersand + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Error{ErrorCode::kInvalidArgument, "the query is not a list of name=value"};
    }
    if (!query.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return Error{ErrorCode::kInvalidArgument, "the query names a parameter twice"};
    }
  }
  return {};
}

}  // namespace

Result<Match> match(std::string_view method, std::string_view target) {
  if (target.size() > kMaxTargetBytes) {
    return Error{ErrorCode::kLimit, "the target has " + std::to_string(target.size()) +
                                        " bytes, the limit is " + std::to_string(kMaxTargetBytes)};
  }
  if (!target.starts_with("/")) {
    return Error{ErrorCode::kInvalidArgument, "the target does not start with /"};
  }
  Match found;
  const std::size_t mark = target.find('?');
  if (mark != std::string_view::npos) {
    const Status read = read_query(target.substr(mark + 1), found.query);
    if (!read) return read.error();
  }
  for (const Route& route : kRoutes) {
    if (!fits(route.pattern, target.substr(0, mark), found.argument)) continue;
    found.route = route.pattern;
    found.allow += (found.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == method) found.endpoint = route.endpoint;
  }
  return found;
}

}  // namespace salus::http
