#include "http/problem.h"

#include <nlohmann/json.hpp>

namespace salus::http {
namespace {

using nlohmann::json;

std::string title_of(int status) {
  switch (status) {
    case 400: return "The request makes no sense";
    case 401: return "Not authenticated";
    case 404: return "Not found";
    case 405: return "Method not allowed";
    case 409: return "Conflict with the present state";
    case 413: return "Above a limit";
    case 422: return "The content is not acceptable";
    case 501: return "Not built yet";
    case 503: return "Too busy";
    case 507: return "No space";
    default: return "The server failed";
  }
}

json document(const Error& error, const std::string& request_id, int status) {
  std::string detail = error.message;
  if (status == 500) {
    detail = "the server failed; try again, and give the operator the request's identifier " +
             request_id;
  }
  return json{{"type", "about:blank"}, {"title", title_of(status)}, {"status", status},
              {"detail", detail},      {"code", name(error.code)},  {"request_id", request_id}};
}

Reply reply_of(const json& document, const Error& error, int status) {
  Reply reply;
  reply.status = status;
  reply.content_type = "application/problem+json";
  reply.body = document.dump(-1, ' ', false, json::error_handler_t::replace);
  reply.failure = std::string(name(error.code));
  if (status >= 500) reply.failure += ": " + error.message;
  return reply;
}

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kDenied: return 401;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kConflict:
    case ErrorCode::kCancelled: return 409;
    case ErrorCode::kLimit: return 413;
    case ErrorCode::kParse:
    case ErrorCode::kVersion:
    case ErrorCode::kCorrupt:
    case ErrorCode::kOutsideBox:
    case ErrorCode::kUnsafeParameters:
    case ErrorCode::kMismatch:
    case ErrorCode::kLevelExhausted:
    case ErrorCode::kScaleMismatch:
    case ErrorCode::kMissingKey: return 422;
    case ErrorCode::kNotBuilt: return 501;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kNoSpace: return 507;
    case ErrorCode::kIo: return 500;
  }
  return 500;
}

Reply problem(const Error& error, const std::string& request_id) {
  const int status = status_of(error.code);
  return reply_of(document(error, request_id, status), error, status);
}

Reply offset_problem(const Error& error, const std::string& request_id, std::uint64_t offset) {
  const int status = status_of(error.code);
  json body = document(error, request_id, status);
  body["offset"] = offset;
  return reply_of(body, error, status);
}

Reply method_not_allowed(const std::string& route, const std::string& allow,
                         const std::string& request_id) {
  const Error error{ErrorCode::kInvalidArgument, route + " knows only " + allow};
  Reply reply = reply_of(document(error, request_id, 405), error, 405);
  reply.allow = allow;
  return reply;
}

}  // namespace salus::http
