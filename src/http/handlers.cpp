#include "http/handlers.h"

#include <charconv>

#include "http/json_body.h"
#include "http/problem.h"
#include "http/render.h"

namespace salus::http {
namespace {

Reply json_reply(int status, std::string body) {
  Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

Reply no_content() {
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply bytes_reply(std::unique_ptr<store::ObjectBytes> object, const Digest& digest) {
  Reply reply;
  reply.content_type = "application/octet-stream";
  reply.object = std::move(object);
  reply.etag = "\"" + digest.hex() + "\"";
  return reply;
}

/// A use case's result as a reply.
template <class T>
Reply reply_with(const Request& request, int status, const Result<T>& result) {
  if (!result) return problem(result.error(), request.request_id);
  return json_reply(status, render(*result));
}

/// A use case without a result as a reply.
Reply reply_to(const Request& request, const Status& done) {
  return done ? no_content() : problem(done.error(), request.request_id);
}

Result<Digest> digest_of(const Request& request) {
  const Result<Digest> digest = Digest::parse(request.match.argument);
  if (digest) return *digest;
  return Error{ErrorCode::kInvalidArgument,
               "the path names no SHA-256: 64 hexadecimal digits are needed"};
}

/// The run as events, each time it looks different.
class RunEvents final : public EventSource {
 public:
  explicit RunEvents(const Request& request)
      : service_(request.service), account_(request.account), run_(request.match.argument) {}

  Status open(std::function<void()> wake) override {
    auto watch = service_.runs().watch(account_, run_, std::move(wake));
    if (!watch) return watch.error();
    watch_ = std::move(*watch);
    return {};
  }

  Result<Piece> next() override {
    const Result<service::RunView> view = service_.runs().show(account_, run_);
    if (!view) return view.error();
    const std::string now = render(*view);
    if (now == last_ && !view->ended()) return Piece{};
    last_ = now;
    return Piece{.data = "event: run\ndata: " + now + "\n\n", .last = view->ended()};
  }

 private:
  service::Service& service_;
  store::AccountId account_;
  std::string run_;
  std::string last_;
  std::unique_ptr<service::RunBoard::Watch> watch_;
};

Reply get_object(const Request& request) {
  const Result<Digest> digest = digest_of(request);
  if (!digest) return problem(digest.error(), request.request_id);
  auto bytes = request.service.uploads().read(request.account, *digest);
  if (!bytes) return problem(bytes.error(), request.request_id);
  return bytes_reply(std::move(*bytes), *digest);
}

Reply get_object_status(const Request& request) {
  const Result<Digest> digest = digest_of(request);
  if (!digest) return problem(digest.error(), request.request_id);
  return reply_with(request, 200, request.service.uploads().status(request.account, *digest));
}

Reply get_result(const Request& request) {
  Digest digest;
  auto bytes = request.service.runs().result(request.account, request.match.argument, digest);
  if (!bytes) return problem(bytes.error(), request.request_id);
  return bytes_reply(std::move(*bytes), digest);
}

Reply text_reply(std::string text) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::move(text);
  return reply;
}

Reply get_receipt(const Request& request) {
  Result<std::string> proof =
      request.service.runs().receipt(request.account, request.match.argument);
  if (!proof) return problem(proof.error(), request.request_id);
  return text_reply(std::move(*proof));
}

Reply get_log_file(const Request& request) {
  const std::string& path = request.match.argument;
  if (path == "key") return text_reply(request.service.journal().key() + "\n");
  const Result<Bytes> file = request.service.journal().file(path);
  if (!file) return problem(file.error(), request.request_id);
  Reply reply = text_reply(std::string(as_text(*file)));
  if (path != "checkpoint") reply.content_type = "application/octet-stream";
  return reply;
}

Reply get_events(const Request& request) {
  const auto view = request.service.runs().show(request.account, request.match.argument);
  if (!view) return problem(view.error(), request.request_id);
  Reply reply;
  reply.content_type = "text/event-stream";
  reply.events = std::make_unique<RunEvents>(request);
  return reply;
}

Reply announce(const Request& request, JsonBody& body) {
  const auto fail = [&](const Error& error) { return problem(error, request.request_id); };
  const Result<Digest> digest = body.digest("digest");
  if (!digest) return fail(digest.error());
  const Result<std::uint64_t> bytes = body.count("bytes");
  if (!bytes) return fail(bytes.error());
  const Result<std::string> spelt = body.text("kind");
  if (!spelt) return fail(spelt.error());
  if (const Status known = body.finish(); !known) return fail(known.error());
  const Result<store::ObjectKind> kind = store::parse_object_kind(*spelt);
  if (!kind) return fail(kind.error());
  const auto status = request.service.uploads().announce(request.account, *digest, *bytes, *kind);
  return reply_with(request, status && status->is_new ? 201 : 200, status);
}

Reply create_twin(const Request& request, JsonBody& body) {
  const auto fail = [&](const Error& error) { return problem(error, request.request_id); };
  const Result<std::string> name = body.text("name");
  if (!name) return fail(name.error());
  const auto keys = body.digests("evaluation_keys");
  if (!keys) return fail(keys.error());
  const auto features = body.digests("features");
  if (!features) return fail(features.error());
  if (const Status known = body.finish(); !known) return fail(known.error());
  const auto twin = request.service.twins().create(
      request.account,
      {.name = *name, .evaluation_keys = *keys, .parameters = {}, .features = *features});
  return reply_with(request, 201, twin);
}

Reply make_challenge(const Request& request, JsonBody& body) {
  const auto fail = [&](const Error& error) { return problem(error, request.request_id); };
  const Result<std::string> identity = body.text("identity");
  if (!identity) return fail(identity.error());
  if (const Status known = body.finish(); !known) return fail(known.error());
  return json_reply(201, render(request.service.sign_in().challenge(*identity)));
}

Reply sign_in(const Request& request, JsonBody& body) {
  const auto fail = [&](const Error& error) { return problem(error, request.request_id); };
  const Result<std::string> identity = body.text("identity");
  if (!identity) return fail(identity.error());
  const Result<std::string> challenge = body.text("challenge");
  if (!challenge) return fail(challenge.error());
  const Result<std::string> signature = body.text("signature");
  if (!signature) return fail(signature.error());
  if (const Status known = body.finish(); !known) return fail(known.error());
  return reply_with(request, 201,
                    request.service.sign_in().open(*identity, *challenge, *signature));
}

Reply start_run(const Request& request, JsonBody& body) {
  const auto fail = [&](const Error& error) { return problem(error, request.request_id); };
  const Result<std::string> twin = body.text("twin");
  if (!twin) return fail(twin.error());
  const Result<Digest> program = body.digest("program");
  if (!program) return fail(program.error());
  if (const Status known = body.finish(); !known) return fail(known.error());
  return reply_with(request, 202, request.service.runs().start(request.account, *twin, *program));
}

/// Bytes that go to the disk as they arrive.
class AppendExchange final : public Exchange {
 public:
  AppendExchange(const Request& request, std::unique_ptr<service::Append> append)
      : request_id_(request.request_id),
        limit_(request.service.limits().max_chunk_bytes),
        append_(std::move(append)) {}

  std::uint64_t body_limit() const override { return limit_; }

  Status take(ByteView piece) override {
    received_ += piece.size();
    written_ = append_->write(piece);
    return written_;
  }

  Reply finish() override {
    if (!written_) return problem(written_.error(), request_id_);
    if (received_ == 0) {
      return problem(Error{ErrorCode::kInvalidArgument, "the body has 0 bytes: nothing to append"},
                     request_id_);
    }
    const Result<service::ObjectStatus> status = append_->finish();
    if (!status) return problem(status.error(), request_id_);
    return json_reply(200, render(*status));
  }

  void abandon() override {
    // Best effort: what could not be kept is sent again from the acknowledged offset.
    if (written_) (void)append_->keep();
  }

 private:
  std::string request_id_;
  std::uint64_t limit_;
  std::uint64_t received_ = 0;
  std::unique_ptr<service::Append> append_;
  Status written_;
};

Result<std::uint64_t> offset_of(const Match& match) {
  const auto found = match.query.find("offset");
  if (found == match.query.end() || match.query.size() != 1) {
    return Error{ErrorCode::kInvalidArgument,
                 "the query is not ?offset=N, N being the number of"
                 " bytes that the server has acknowledged"};
  }
  const std::string& text = found->second;
  std::uint64_t offset = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (failed != std::errc() || end != text.data() + text.size()) {
    return Error{ErrorCode::kInvalidArgument, "offset is not a whole number"};
  }
  return offset;
}

}  // namespace

bool takes_json(Endpoint endpoint) {
  return endpoint == Endpoint::kAnnounce || endpoint == Endpoint::kCreateTwin ||
         endpoint == Endpoint::kStartRun || endpoint == Endpoint::kChallenge ||
         endpoint == Endpoint::kSignIn;
}

Reply answer(const Request& request) {
  service::Service& service = request.service;
  const std::string& id = request.match.argument;
  switch (*request.match.endpoint) {
    case Endpoint::kHealth: return json_reply(200, render_health());
    case Endpoint::kLimits: return json_reply(200, render(service.limits()));
    case Endpoint::kObjectStatus: return get_object_status(request);
    case Endpoint::kObject: return get_object(request);
    case Endpoint::kTwins: return reply_with(request, 200, service.twins().list(request.account));
    case Endpoint::kTwin:
      return reply_with(request, 200, service.twins().show(request.account, id));
    case Endpoint::kRuns: return reply_with(request, 200, service.runs().list(request.account));
    case Endpoint::kRun: return reply_with(request, 200, service.runs().show(request.account, id));
    case Endpoint::kRunEvents: return get_events(request);
    case Endpoint::kRunResult: return get_result(request);
    case Endpoint::kRunReceipt: return get_receipt(request);
    case Endpoint::kTwinLog:
      return reply_with(request, 200, service.twins().history(request.account, id));
    case Endpoint::kLogFile: return get_log_file(request);
    case Endpoint::kEraseTwin: return reply_to(request, service.twins().erase(request.account, id));
    case Endpoint::kCancelRun: return reply_to(request, service.runs().cancel(request.account, id));
    case Endpoint::kSignOut: return reply_to(request, service.sign_in().close(request.token));
    case Endpoint::kAnnounce:
    case Endpoint::kAppend:
    case Endpoint::kCreateTwin:
    case Endpoint::kChallenge:
    case Endpoint::kSignIn:
    case Endpoint::kStartRun: break;
  }
  throw_defect("a route with a body was answered without one", std::source_location::current());
}

Reply answer(const Request& request, const std::string& body) {
  Result<JsonBody> parsed = JsonBody::parse(body);
  if (!parsed) return problem(parsed.error(), request.request_id);
  switch (*request.match.endpoint) {
    case Endpoint::kAnnounce: return announce(request, *parsed);
    case Endpoint::kCreateTwin: return create_twin(request, *parsed);
    case Endpoint::kStartRun: return start_run(request, *parsed);
    case Endpoint::kChallenge: return make_challenge(request, *parsed);
    case Endpoint::kSignIn: return sign_in(request, *parsed);
    default: break;
  }
  throw_defect("a route without a body was answered with one", std::source_location::current());
}

std::unique_ptr<Exchange> open_append(const Request& request, Reply& refused) {
  const auto refuse = [&](const Error& error) {
    refused = problem(error, request.request_id);
    return nullptr;
  };
  const Result<Digest> digest = digest_of(request);
  if (!digest) return refuse(digest.error());
  const Result<std::uint64_t> offset = offset_of(request.match);
  if (!offset) return refuse(offset.error());
  auto append = request.service.uploads().append(request.account, *digest, *offset);
  if (append) return std::make_unique<AppendExchange>(request, std::move(*append));
  const auto status = request.service.uploads().status(request.account, *digest);
  if (append.error().code != ErrorCode::kConflict || !status) return refuse(append.error());
  refused = offset_problem(append.error(), request.request_id, status->offset);
  return nullptr;
}

}  // namespace salus::http
