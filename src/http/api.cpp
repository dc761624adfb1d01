#include "http/api.h"

#include "http/handlers.h"
#include "http/problem.h"

namespace salus::http {
namespace {

constexpr std::string_view kScheme = "Bearer ";

/// Routes without a body: nothing may come, and the reply is made at the end.
class PlainExchange final : public Exchange {
 public:
  explicit PlainExchange(Request request) : request_(std::move(request)) {}
  std::uint64_t body_limit() const override { return 0; }
  Status take(ByteView) override { return {}; }
  Reply finish() override { return answer(request_); }

 private:
  Request request_;
};

class JsonExchange final : public Exchange {
 public:
  explicit JsonExchange(Request request) : request_(std::move(request)) {}
  std::uint64_t body_limit() const override { return request_.service.limits().max_json_bytes; }
  Status take(ByteView piece) override {
    body_ += as_text(piece);
    return {};
  }
  Reply finish() override { return answer(request_, body_); }

 private:
  Request request_;
  std::string body_;
};

bool is_open_to_all(const Match& match) {
  switch (match.endpoint.value_or(Endpoint::kTwins)) {
    case Endpoint::kHealth:
    case Endpoint::kLimits:
    case Endpoint::kLogFile:
    case Endpoint::kChallenge:
    case Endpoint::kSignIn: return true;
    default: return false;
  }
}

bool is_json(const std::string& content_type) {
  return content_type.substr(0, content_type.find(';')) == "application/json";
}

}  // namespace

Api::Opened Api::open(const Head& head) {
  Opened opened;
  const auto refuse = [&](const Error& error) {
    opened.outcome = problem(error, head.request_id);
    return std::move(opened);
  };
  Result<Match> found = match(head.method, head.target);
  if (!found) return refuse(found.error());
  if (!found->route.empty()) opened.route = found->route;

  Request request{.service = service_,
                  .account = 0,
                  .token = {},
                  .request_id = head.request_id,
                  .match = *found};
  if (!is_open_to_all(*found)) {
    const bool bearer = head.authorization.starts_with(kScheme);
    const std::string_view token =
        bearer ? std::string_view(head.authorization).substr(kScheme.size()) : std::string_view();
    const Result<store::Account> account = service_.authenticate(token);
    if (!account) return refuse(account.error());
    request.account = account->id;
    if (found->endpoint == Endpoint::kSignOut) request.token = token;
    opened.account = account->name;
  }
  if (found->route.empty()) {
    return refuse(Error{ErrorCode::kNotFound,
                        "no such path; docs/formats/http-api.md lists those of version 1"});
  }
  if (!found->endpoint) {
    opened.outcome = method_not_allowed(found->route, found->allow, head.request_id);
    return opened;
  }
  if (*found->endpoint == Endpoint::kAppend) {
    Reply refused;
    std::unique_ptr<Exchange> append = open_append(request, refused);
    if (append) {
      opened.outcome = std::move(append);
    } else {
      opened.outcome = std::move(refused);
    }
  } else if (takes_json(*found->endpoint)) {
    if (!is_json(head.content_type)) {
      return refuse(
          Error{ErrorCode::kInvalidArgument, "the body's Content-Type is not application/json"});
    }
    opened.outcome = std::make_unique<JsonExchange>(std::move(request));
  } else {
    opened.outcome = std::make_unique<PlainExchange>(std::move(request));
  }
  return opened;
}

}  // namespace salus::http
