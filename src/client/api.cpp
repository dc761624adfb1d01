#include "client/api.h"

#include <nlohmann/json.hpp>

#include "client/events.h"

namespace salus::client {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxJsonBytes = 16u << 20;
constexpr std::uint64_t kMaxResultBytes = 256u << 20;
constexpr std::uint64_t kMaxChunkBytes = 1u << 30;

/// Reads fields of a reply; remembers the first that is missing or of another type.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  void text(const char* key, std::string& out, bool required = false) {
    const json* node = find(key, required);
    if (node == nullptr) return;
    if (!node->is_string()) return fail(key);
    out = node->get<std::string>();
  }
  void number(const char* key, double& out) {
    const json* node = find(key, false);
    if (node == nullptr) return;
    if (!node->is_number()) return fail(key);
    out = node->get<double>();
  }
  void count(const char* key, std::uint64_t& out, bool required = false) {
    const json* node = find(key, required);
    if (node == nullptr) return;
    if (!node->is_number_unsigned()) return fail(key);
    out = node->get<std::uint64_t>();
  }
  void flag(const char* key, bool& out, bool required = false) {
    const json* node = find(key, required);
    if (node == nullptr) return;
    if (!node->is_boolean()) return fail(key);
    out = node->get<bool>();
  }

  void texts(const char* key, std::map<std::string, std::string>& out) {
    const json* node = find(key, false);
    if (node == nullptr) return;
    if (!node->is_object()) return fail(key);
    for (const auto& [name, value] : node->items()) {
      if (!value.is_string()) return fail(key);
      out[name] = value.get<std::string>();
    }
  }

  template <class T>
  Result<T> finish(T value) const {
    if (failed_.empty()) return value;
    return Error{ErrorCode::kParse, "server's reply: field \"" + failed_ + "\" is missing or bad"};
  }

 private:
  const json* find(const char* key, bool required) {
    const auto found = object_.is_object() ? object_.find(key) : object_.end();
    if (found == object_.end() || found->is_null()) {
      if (required) fail(key);
      return nullptr;
    }
    return &*found;
  }
  void fail(const char* key) {
    if (failed_.empty()) failed_ = key;
  }
  const json& object_;
  std::string failed_;
};

Result<json> parse_object(std::string_view text) {
  json document = json::parse(text, nullptr, false);
  if (document.is_object() || document.is_array()) return document;
  return Error{ErrorCode::kParse, "server's reply is not JSON; is this a Salus server?"};
}

Result<UploadState> upload_state_of(const json& object) {
  UploadState state;
  Fields fields(object);
  fields.count("offset", state.offset, true);
  fields.flag("complete", state.complete, true);
  return fields.finish(state);
}

Result<Twin> twin_of(const json& object) {
  Twin twin;
  Fields fields(object);
  fields.text("id", twin.id, true);
  fields.text("name", twin.name);
  fields.count("version", twin.version);
  fields.text("created_at", twin.created_at);
  fields.text("pseudonym", twin.pseudonym);
  fields.texts("evaluation_keys", twin.evaluation_keys);
  return fields.finish(std::move(twin));
}

Result<LogEntry> log_entry_of(const json& object) {
  LogEntry entry;
  Fields fields(object);
  fields.count("number", entry.number, true);
  fields.text("entry", entry.entry, true);
  return fields.finish(std::move(entry));
}

Result<Run> run_of(const json& object) {
  Run run;
  Fields fields(object);
  fields.text("id", run.id, true);
  fields.text("state", run.state, true);
  fields.text("twin", run.twin);
  fields.text("program", run.program);
  fields.text("stage", run.stage);
  fields.text("error", run.error);
  fields.count("twin_version", run.twin_version);
  fields.count("attempts", run.attempts);
  fields.number("progress", run.progress);
  fields.number("server_seconds", run.server_seconds);
  fields.number("basis_seconds", run.basis_seconds);
  fields.number("readout_seconds", run.readout_seconds);
  fields.number("encode_seconds", run.encode_seconds);
  fields.flag("basis_reused", run.basis_reused);
  return fields.finish(std::move(run));
}

template <class T>
Result<T> parse_one(std::string_view text, Result<T> (*read)(const json&)) {
  const Result<json> document = parse_object(text);
  if (!document) return document.error();
  return read(*document);
}

/// A list, bare or under `key`.
template <class T>
Result<std::vector<T>> parse_list(std::string_view text, const char* key,
                                  Result<T> (*read)(const json&)) {
  const Result<json> document = parse_object(text);
  if (!document) return document.error();
  const json* items = &*document;
  if (items->is_object() && items->contains(key)) items = &(*items)[key];
  if (!items->is_array()) {
    return Error{ErrorCode::kParse, "server's reply: no list of " + std::string(key)};
  }
  std::vector<T> all;
  for (const json& item : *items) {
    Result<T> one = read(item);
    if (!one) return one.error();
    all.push_back(std::move(one).value());
  }
  return all;
}

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 401:
    case 403: return ErrorCode::kDenied;
    case 404: return ErrorCode::kNotFound;
    case 409: return ErrorCode::kConflict;
    case 413: return ErrorCode::kLimit;
    case 422: return ErrorCode::kCorrupt;
    case 507: return ErrorCode::kNoSpace;
    default: return ErrorCode::kUnavailable;
  }
}

ErrorCode code_named(const std::string& spelling, ErrorCode otherwise) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::kNotBuilt); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    if (salus::name(code) == spelling) return code;
  }
  return otherwise;
}

}  // namespace

std::string_view name(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kEvaluationKey: return "evaluation_key";
    case ObjectKind::kCiphertext: return "ciphertext";
    case ObjectKind::kProgram: return "program";
  }
  return "unknown";
}

Result<UploadState> parse_upload_state(std::string_view json) {
  return parse_one(json, upload_state_of);
}
Result<Twin> parse_twin(std::string_view json) { return parse_one(json, twin_of); }
Result<Run> parse_run(std::string_view json) { return parse_one(json, run_of); }

std::string print_run(const Run& r) {
  const json node = {{"id", r.id},
                     {"state", r.state},
                     {"twin", r.twin},
                     {"program", r.program},
                     {"stage", r.stage},
                     {"error", r.error},
                     {"twin_version", r.twin_version},
                     {"attempts", r.attempts},
                     {"progress", r.progress},
                     {"server_seconds", r.server_seconds},
                     {"basis_seconds", r.basis_seconds},
                     {"readout_seconds", r.readout_seconds},
                     {"encode_seconds", r.encode_seconds},
                     {"basis_reused", r.basis_reused}};
  return node.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string print_twin(const Twin& t) {
  const json node = {
      {"id", t.id}, {"name", t.name}, {"version", t.version}, {"created_at", t.created_at}};
  return node.dump(-1, ' ', false, json::error_handler_t::replace);
}

Error error_of(const Response& reply) {
  const std::string status = "server answered " + std::to_string(reply.status);
  const json problem = json::parse(as_text(reply.body), nullptr, false);
  if (!problem.is_object()) return Error{code_of(reply.status), status};
  std::string detail;
  std::string code;
  Fields fields(problem);
  fields.text("detail", detail);
  fields.text("code", code);
  if (detail.empty()) fields.text("title", detail);
  return Error{code_named(code, code_of(reply.status)), status + ": " + detail};
}

std::string path_part(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
        c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<std::string> Api::ask(Method method, std::string target, std::string_view json) {
  const Request request{.method = method,
                        .target = std::move(target),
                        .content_type = json.empty() ? "" : "application/json",
                        .body = as_bytes(json)};
  const Result<Response> reply = transport_.send(request, kMaxJsonBytes);
  if (!reply) return reply.error();
  if (reply->status < 200 || reply->status > 299) return error_of(*reply);
  return std::string(as_text(reply->body));
}

Result<Limits> Api::limits() {
  const Result<std::string> reply = ask(Method::kGet, "/v1/limits");
  if (!reply) return reply.error();
  return parse_one<Limits>(*reply, [](const nlohmann::json& object) {
    Limits limits;
    Fields fields(object);
    fields.count("max_object_bytes", limits.max_object_bytes, true);
    fields.count("max_chunk_bytes", limits.max_chunk_bytes, true);
    return fields.finish(limits);
  });
}

Result<std::string> Api::challenge(std::string_view identity) {
  const nlohmann::json body = {{"identity", identity}};
  const Result<std::string> reply = ask(Method::kPost, "/v1/sign-in/challenge", body.dump());
  if (!reply) return reply.error();
  return parse_one<std::string>(*reply, [](const nlohmann::json& object) {
    std::string challenge;
    Fields fields(object);
    fields.text("challenge", challenge, true);
    return fields.finish(challenge);
  });
}

Result<SignedIn> Api::sign_in(std::string_view identity, std::string_view challenge,
                              ByteView signature) {
  const nlohmann::json body = {
      {"identity", identity}, {"challenge", challenge}, {"signature", to_hex(signature)}};
  const Result<std::string> reply = ask(Method::kPost, "/v1/sign-in", body.dump());
  if (!reply) return reply.error();
  return parse_one<SignedIn>(*reply, [](const nlohmann::json& object) {
    SignedIn out;
    Fields fields(object);
    fields.text("token", out.token, true);
    fields.text("account", out.account);
    fields.text("expires_at", out.expires_at);
    return fields.finish(std::move(out));
  });
}

Status Api::sign_out() {
  const Result<std::string> reply = ask(Method::kDelete, "/v1/sign-in");
  if (!reply) return reply.error();
  return {};
}

Result<UploadState> Api::announce(const Digest& digest, std::uint64_t bytes, ObjectKind kind) {
  const nlohmann::json body = {{"digest", digest.hex()}, {"bytes", bytes}, {"kind", name(kind)}};
  const Result<std::string> reply = ask(Method::kPost, "/v1/objects", body.dump());
  if (!reply) return reply.error();
  return parse_upload_state(*reply);
}

Result<UploadState> Api::upload_status(const Digest& digest) {
  const Result<std::string> reply = ask(Method::kGet, "/v1/objects/" + digest.hex() + "/status");
  if (!reply) return reply.error();
  return parse_upload_state(*reply);
}

Result<UploadState> Api::put(const Digest& digest, std::uint64_t offset, ByteView chunk) {
  check(chunk.size() <= kMaxChunkBytes, "a chunk is bounded");
  const Request request{
      .method = Method::kPut,
      .target = "/v1/objects/" + digest.hex() + "?offset=" + std::to_string(offset),
      .content_type = "application/octet-stream",
      .body = chunk};
  const Result<Response> reply = transport_.send(request, kMaxJsonBytes);
  if (!reply) return reply.error();
  if (reply->status < 200 || reply->status > 299) return error_of(*reply);
  return parse_upload_state(as_text(reply->body));
}

Result<Twin> Api::create_twin(std::string_view name,
                              const std::map<std::string, Digest>& evaluation_keys,
                              const std::map<std::string, Digest>& features) {
  nlohmann::json body = {{"name", name}, {"evaluation_keys", nlohmann::json::object()}};
  for (const auto& [key, digest] : evaluation_keys) body["evaluation_keys"][key] = digest.hex();
  for (const auto& [input, digest] : features) body["features"][input] = digest.hex();
  const Result<std::string> reply = ask(Method::kPost, "/v1/twins", body.dump());
  if (!reply) return reply.error();
  return parse_twin(*reply);
}

Result<std::vector<Twin>> Api::twins() {
  const Result<std::string> reply = ask(Method::kGet, "/v1/twins");
  if (!reply) return reply.error();
  return parse_list(*reply, "twins", twin_of);
}

Result<Twin> Api::twin(std::string_view id) {
  const Result<std::string> reply = ask(Method::kGet, "/v1/twins/" + path_part(id));
  if (!reply) return reply.error();
  return parse_twin(*reply);
}

Status Api::erase_twin(std::string_view id) {
  const Result<std::string> reply = ask(Method::kDelete, "/v1/twins/" + path_part(id));
  if (!reply) return reply.error();
  return {};
}

Result<Run> Api::start_run(std::string_view twin, const Digest& program) {
  const nlohmann::json body = {{"twin", twin}, {"program", program.hex()}};
  const Result<std::string> reply = ask(Method::kPost, "/v1/runs", body.dump());
  if (!reply) return reply.error();
  return parse_run(*reply);
}

Result<std::vector<Run>> Api::runs() {
  const Result<std::string> reply = ask(Method::kGet, "/v1/runs");
  if (!reply) return reply.error();
  return parse_list(*reply, "runs", run_of);
}

Result<Run> Api::run(std::string_view id) {
  const Result<std::string> reply = ask(Method::kGet, "/v1/runs/" + path_part(id));
  if (!reply) return reply.error();
  return parse_run(*reply);
}

Status Api::cancel_run(std::string_view id) {
  const Result<std::string> reply = ask(Method::kDelete, "/v1/runs/" + path_part(id));
  if (!reply) return reply.error();
  return {};
}

Result<Bytes> Api::run_result(std::string_view id) {
  const Request request{.method = Method::kGet,
                        .target = "/v1/runs/" + path_part(id) + "/result",
                        .content_type = {},
                        .body = {}};
  Result<Response> reply = transport_.send(request, kMaxResultBytes);
  if (!reply) return reply.error();
  if (reply->status != 200) return error_of(*reply);
  return std::move(reply->body);
}

Result<std::string> Api::run_receipt(std::string_view id) {
  return ask(Method::kGet, "/v1/runs/" + path_part(id) + "/receipt");
}

Result<std::vector<LogEntry>> Api::twin_log(std::string_view id) {
  const Result<std::string> reply = ask(Method::kGet, "/v1/twins/" + path_part(id) + "/log");
  if (!reply) return reply.error();
  return parse_list(*reply, "entries", log_entry_of);
}

Result<std::string> Api::log_key() {
  Result<std::string> reply = ask(Method::kGet, "/v1/log/key");
  if (!reply) return reply.error();
  return reply->substr(0, reply->find('\n'));
}

Result<Bytes> Api::log_file(std::string_view path, std::uint64_t limit_bytes) {
  const std::string target = "/v1/log/" + std::string(path);
  Result<Response> reply = transport_.send(
      Request{.method = Method::kGet, .target = target, .content_type = {}, .body = {}},
      limit_bytes);
  if (!reply) return reply.error();
  if (reply->status != 200) return error_of(*reply);
  return std::move(reply->body);
}

Status Api::watch_run(std::string_view id, const std::function<bool(const Run&)>& on_change) {
  Status outcome;
  EventReader reader([&](const Event& event) {
    const Result<Run> run = parse_run(event.data);
    if (!run) return outcome = run.error(), false;
    return on_change(*run) && !run->ended();
  });
  const Request request{.method = Method::kGet,
                        .target = "/v1/runs/" + path_part(id) + "/events",
                        .content_type = {},
                        .body = {}};
  const Result<Response> reply = transport_.stream(request, [&](ByteView bytes) {
    const Result<bool> more = reader.feed(as_text(bytes));
    if (!more) outcome = more.error();
    return more && *more;
  });
  if (!outcome) return outcome;
  if (!reply) return reply.error();
  if (reply->status != 200) return error_of(*reply);
  return {};
}

}  // namespace salus::client
