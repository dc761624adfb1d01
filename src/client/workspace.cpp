#include "client/workspace.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"

namespace salus::client {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRecordBytes = 1u << 20;

constexpr std::string_view kTwinFormat = "salus-twin 3";
constexpr std::string_view kSecondTwinFormat = "salus-twin 2";
constexpr std::string_view kFirstTwinFormat = "salus-twin 1";
constexpr std::initializer_list<std::string_view> kTwinFormats = {kTwinFormat, kSecondTwinFormat,
                                                                  kFirstTwinFormat};
constexpr std::string_view kRunFormat = "salus-run 2";
constexpr std::string_view kFirstRunFormat = "salus-run 1";
constexpr std::string_view kLogFormat = "salus-server-log 1";

json to_json(const TwinRecord& t) {
  json keys = json::object();
  for (const auto& [name, key] : t.keys) {
    keys[name] = {{"digest", key.digest}, {"level", key.level}, {"bytes", key.bytes}};
  }
  return {{"format", kTwinFormat},
          {"name", t.name},
          {"server", t.server},
          {"id", t.id},
          {"version", t.version},
          {"created", t.created},
          {"key_id", t.key_id},
          {"source", t.source},
          {"keys", keys},
          {"features", t.features},
          {"pseudonym", t.pseudonym},
          {"content", t.content},
          {"ciphertext_bytes", t.ciphertext_bytes}};
}

json to_json(const RunRecord& r) {
  return {{"format", kRunFormat},
          {"server", r.server},
          {"twin", r.twin},
          {"key_id", r.key_id},
          {"program", r.program},
          {"pseudonym", r.pseudonym},
          {"twin_version", r.twin_version},
          {"content", r.content},
          {"last", json::parse(print_run(r.last))},
          {"result_bytes", r.result_bytes}};
}

json to_json(const LogRecord& r) {
  return {
      {"format", kLogFormat}, {"server", r.server}, {"key", r.key}, {"checkpoint", r.checkpoint}};
}

/// In the first format all keys were one object: the next version makes them anew. The second knew
/// of no log.
TwinRecord twin_from(const json& node) {
  const bool first = node.at("format") == kFirstTwinFormat;
  TwinRecord twin{.name = node.at("name"),
                  .server = node.at("server"),
                  .id = node.at("id"),
                  .version = node.at("version"),
                  .created = {},
                  .key_id = node.at("key_id"),
                  .source = node.at("source"),
                  .keys = {},
                  .features = node.at("features"),
                  .pseudonym = node.value("pseudonym", ""),
                  .content = node.value("content", ""),
                  .ciphertext_bytes = node.at("ciphertext_bytes")};
  twin.created = first ? !twin.id.empty() : node.at("created").get<bool>();
  if (first) return twin;
  for (const auto& [name, key] : node.at("keys").items()) {
    twin.keys[name] = {
        .digest = key.at("digest"), .level = key.at("level"), .bytes = key.at("bytes")};
  }
  return twin;
}

RunRecord run_from(const json& node) {
  return {.server = node.at("server"),
          .twin = node.at("twin"),
          .key_id = node.at("key_id"),
          .program = node.at("program"),
          .pseudonym = node.value("pseudonym", ""),
          .twin_version = node.value("twin_version", std::uint64_t{0}),
          .content = node.value("content", ""),
          .last = must(parse_run(node.at("last").dump())),
          .result_bytes = node.at("result_bytes")};
}

LogRecord log_from(const json& node) {
  return {.server = node.at("server"), .key = node.at("key"), .checkpoint = node.at("checkpoint")};
}

/// Servers have characters that file names have not.
std::string log_file_name(const std::string& server) {
  return sha256(as_bytes(server)).hex().substr(0, 32) + ".json";
}

Status write_json(const fs::path& path, const json& node) {
  return write_file(path, as_bytes(node.dump(1) + "\n"));
}

template <class T>
Result<T> read_json(const fs::path& path, std::initializer_list<std::string_view> formats,
                    T (*read)(const json&)) {
  const Result<std::string> text = read_text_file(path, kMaxRecordBytes);
  if (!text) return text.error();
  try {
    const json node = json::parse(*text);
    const std::string format = node.at("format");
    if (std::ranges::find(formats, format) == formats.end()) {
      return Error{ErrorCode::kVersion,
                   path.string() + ": expected format \"" + std::string(*formats.begin()) + "\""};
    }
    return read(node);
  } catch (const std::exception&) {  // not JSON, or not with these fields
    return Error{ErrorCode::kParse, path.string() + " is damaged; remove it and repeat"};
  }
}

}  // namespace

std::uint64_t TwinRecord::key_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [key, record] : keys) sum += record.bytes;
  return sum;
}

Status require_plain_name(std::string_view what, std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 128 && name.front() != '.' &&
                     std::ranges::all_of(name, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
                     });
  if (plain) return {};
  return Error{ErrorCode::kInvalidArgument,
               std::string(what) + " \"" + std::string(name.substr(0, 64)) +
                   "\": use 1 to 128 letters, digits, - _ . and no leading dot"};
}

Result<Workspace> Workspace::open(const fs::path& folder) {
  std::error_code failed;
  for (const char* part : {"twins", "runs", "logs", "staged", "cache"}) {
    fs::create_directories(folder / part, failed);
    if (failed) return io_error("cannot create workspace", folder / part, failed.value());
  }
  return Workspace(folder);
}

Status Workspace::save(const TwinRecord& twin) const {
  if (const Status fine = require_plain_name("twin", twin.name); !fine) return fine;
  return write_json(folder_ / "twins" / (twin.name + ".json"), to_json(twin));
}

Status Workspace::save(const RunRecord& run) const {
  if (const Status fine = require_plain_name("run", run.last.id); !fine) return fine;
  return write_json(folder_ / "runs" / (run.last.id + ".json"), to_json(run));
}

Result<TwinRecord> Workspace::twin(const std::string& name) const {
  if (const Status fine = require_plain_name("twin", name); !fine) return fine.error();
  Result<TwinRecord> record =
      read_json(folder_ / "twins" / (name + ".json"), kTwinFormats, twin_from);
  if (!record && record.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "no twin \"" + name + "\" in workspace " + folder_.string() +
                                           "; see salus twin list"};
  }
  return record;
}

Result<RunRecord> Workspace::run(const std::string& id) const {
  if (const Status fine = require_plain_name("run", id); !fine) return fine.error();
  Result<RunRecord> record =
      read_json(folder_ / "runs" / (id + ".json"), {kRunFormat, kFirstRunFormat}, run_from);
  if (!record && record.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "no run \"" + id + "\" in workspace " + folder_.string() +
                                           "; it was started elsewhere"};
  }
  return record;
}

Status Workspace::save(const LogRecord& log) const {
  return write_json(folder_ / "logs" / log_file_name(log.server), to_json(log));
}

Result<LogRecord> Workspace::log(const std::string& server) const {
  Result<LogRecord> record =
      read_json(folder_ / "logs" / log_file_name(server), {kLogFormat}, log_from);
  if (!record && record.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "workspace " + folder_.string() +
                                           " knows no log of server " + server +
                                           "; fetch a result from it, or give its key to salus log"
                                           " trust"};
  }
  return record;
}

Result<std::vector<TwinRecord>> Workspace::twins() const {
  std::vector<TwinRecord> all;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder_ / "twins", failed)) {
    if (entry.path().extension() != ".json") continue;
    Result<TwinRecord> record = read_json(entry.path(), kTwinFormats, twin_from);
    if (!record) return record.error();
    all.push_back(std::move(record).value());
  }
  if (failed) return io_error("cannot list", folder_ / "twins", failed.value());
  std::ranges::sort(all, {}, &TwinRecord::name);
  return all;
}

Status Workspace::forget_twin(const std::string& name) const {
  if (const Status fine = require_plain_name("twin", name); !fine) return fine;
  std::error_code failed;
  fs::remove(folder_ / "twins" / (name + ".json"), failed);
  if (failed) return io_error("cannot remove", folder_ / "twins" / name, failed.value());
  return sync_directory(folder_ / "twins");
}

Status Workspace::stage(const Digest& digest, ByteView object) const {
  return write_file(folder_ / "staged" / digest.hex(), object, FileMode::kOwnerOnly);
}

std::optional<Bytes> Workspace::staged(const Digest& digest) const {
  Result<Bytes> object = read_file(folder_ / "staged" / digest.hex(), kMaxStagedBytes);
  if (!object || sha256(*object) != digest) return std::nullopt;
  return std::move(object).value();
}

void Workspace::unstage(const Digest& digest) const {
  std::error_code ignored;
  fs::remove(folder_ / "staged" / digest.hex(), ignored);
}

}  // namespace salus::client
