#include "http/render.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace salus::http {
namespace {

using nlohmann::json;

std::string dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

json document(const std::map<std::string, Digest>& objects) {
  json named = json::object();
  for (const auto& [name, digest] : objects) named[name] = digest.hex();
  return named;
}

json document(const store::Twin& twin) {
  return json{{"id", twin.id},
              {"name", twin.name},
              {"version", twin.version},
              {"parameters", twin.parameters},
              {"evaluation_keys", document(twin.evaluation_keys)},
              {"features", document(twin.features)},
              {"pseudonym", twin.pseudonym.hex()},
              {"created_at", render_time(twin.created_at)}};
}

json document(const store::LogRow& row) {
  return json{{"number", row.number}, {"entry", row.entry}};
}

json document(const service::RunView& view) {
  const store::Run& run = view.run;
  json out{{"id", run.id},
           {"state", store::name(run.state)},
           {"twin", run.twin},
           {"twin_version", run.twin_version},
           {"program", run.program.hex()},
           {"progress", view.progress.fraction},
           {"stage", view.progress.stage},
           {"attempts", run.attempts},
           {"server_seconds", run.timing.server_seconds},
           {"encode_seconds", run.timing.encode_seconds},
           {"basis_seconds", run.timing.basis_seconds},
           {"readout_seconds", run.timing.readout_seconds},
           {"basis_reused", run.timing.basis_reused},
           {"result", nullptr},
           {"result_bytes", run.result_bytes},
           {"error", nullptr},
           {"error_code", nullptr},
           {"created_at", render_time(run.created_at)},
           {"updated_at", render_time(run.updated_at)}};
  if (run.result) out["result"] = run.result->hex();
  if (run.state == store::RunState::kFailed) {
    out["error"] = run.error_message;
    out["error_code"] = run.error_code;
  }
  return out;
}

template <class T>
std::string render_list(const char* key, const std::vector<T>& items) {
  json list = json::array();
  for (const T& item : items) list.push_back(document(item));
  return dump(json{{key, std::move(list)}});
}

}  // namespace

std::string render_time(store::TimeMs time) {
  const std::time_t seconds = time / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const std::string ms = std::to_string(1000 + time % 1000).substr(1);
  return std::string(text.data(), size) + "." + ms + "Z";
}

std::string render(const service::ObjectStatus& status) {
  return dump(json{{"digest", status.digest.hex()},
                   {"bytes", status.bytes},
                   {"kind", store::name(status.kind)},
                   {"offset", status.offset},
                   {"complete", status.complete}});
}

std::string render(const store::Twin& twin) { return dump(document(twin)); }
std::string render(const std::vector<store::Twin>& twins) { return render_list("twins", twins); }
std::string render(const service::RunView& run) { return dump(document(run)); }
std::string render(const std::vector<service::RunView>& runs) { return render_list("runs", runs); }

std::string render(const service::SignIn::Challenge& challenge) {
  return dump(
      json{{"challenge", challenge.text}, {"expires_at", render_time(challenge.expires_at)}});
}

std::string render(const service::SignIn::Opened& session) {
  return dump(json{{"token", session.token},
                   {"account", session.account.name},
                   {"expires_at", render_time(session.expires_at)}});
}

std::string render(const std::vector<store::LogRow>& rows) { return render_list("entries", rows); }

std::string render(const service::Limits& limits) {
  return dump(json{{"max_object_bytes", limits.max_object_bytes},
                   {"max_program_bytes", limits.max_program_bytes},
                   {"max_ciphertext_bytes", limits.max_ciphertext_bytes},
                   {"max_chunk_bytes", limits.max_chunk_bytes},
                   {"max_json_bytes", limits.max_json_bytes},
                   {"max_header_bytes", limits.max_header_bytes},
                   {"max_name_bytes", limits.max_name_bytes},
                   {"max_features", limits.max_features},
                   {"max_evaluation_keys", limits.max_evaluation_keys},
                   {"max_uploads_per_account", limits.max_uploads_per_account},
                   {"max_connections", limits.max_connections},
                   {"max_event_streams", limits.max_event_streams},
                   {"max_queued_runs", limits.max_queued_runs},
                   {"max_sessions_per_identity", limits.max_sessions_per_identity},
                   {"challenge_ms", limits.challenge_ms},
                   {"session_ms", limits.session_ms},
                   {"max_run_bytes", limits.max_run_bytes},
                   {"max_attempts", limits.max_attempts},
                   {"max_states_per_twin", limits.max_states_per_twin},
                   {"read_timeout_ms", limits.read_timeout_ms},
                   {"write_timeout_ms", limits.write_timeout_ms},
                   {"stale_upload_ms", limits.stale_upload_ms}});
}

std::string render_health() { return dump(json{{"status", "ok"}, {"version", SALUS_VERSION}}); }

}  // namespace salus::http
