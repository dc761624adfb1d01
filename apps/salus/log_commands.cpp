// salus log: the server's transparency log, and which key of it this workspace trusts.
#include <fmt/format.h>

#include "client/verification.h"
#include "command.h"
#include "receipt/entry.h"
#include "terminal.h"
#include "tlog/tile.h"

namespace salus::cli {
namespace {

struct LogOptions {
  std::string key;
  std::string twin;
};

Result<Answer> check(const Common& common) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const bool first = !workspace->log(server->server).has_value();
  const Result<Bytes> note = server->api.log_file("checkpoint", tlog::kMaxNoteBytes);
  if (!note) return note.error();
  if (Status fine = client::follow_log(*workspace, server->api, server->server, as_text(*note));
      !fine) {
    return fine.error();
  }
  const Result<client::LogRecord> record = workspace->log(server->server);
  if (!record) return record.error();
  const Result<tlog::VerifierKey> key = tlog::VerifierKey::parse(record->key);
  if (!key) return key.error();
  const Result<tlog::Checkpoint> seen = tlog::open_checkpoint(record->checkpoint, *key);
  if (!seen) return seen.error();
  Answer answer;
  answer.text = fmt::format("log {} of {}: {} entries, root {}\n", key->name, server->server,
                            seen->head.size, seen->head.root.hex());
  answer.text += first ? "first contact: this key is trusted from now on; compare it with what the"
                         " operator published\n"
                       : "it continues what was seen before\n";
  answer.text += "key " + record->key + "\n";
  answer.json = {{"log", key->name},
                 {"key", record->key},
                 {"entries", seen->head.size},
                 {"root", seen->head.root.hex()},
                 {"first_contact", first}};
  return answer;
}

/// Pins a key. Another one than is pinned starts over: what was remembered was of another log.
Result<Answer> trust(const Common& common, const LogOptions& options) {
  const Result<tlog::VerifierKey> key = tlog::VerifierKey::parse(options.key);
  if (!key) return key.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<Connection> server = connect_as_nobody(common);
  if (!server) return server.error();
  const Result<client::LogRecord> known = workspace->log(server->server);
  if (!known && known.error().code != ErrorCode::kNotFound) return known.error();
  const bool same = known && known->key == options.key;
  if (!same) {
    const Status saved =
        workspace->save(client::LogRecord{server->server, options.key, std::string()});
    if (!saved) return saved.error();
  }
  const std::string text = same ? "this key is trusted already\n"
                           : known
                               ? fmt::format("trusted from now on, in place of {}\n", known->key)
                               : std::string("trusted from now on\n");
  return Answer{text,
                {{"server", server->server}, {"log", key->name}, {"replaced", known && !same}}};
}

std::string line_of(const client::LogEntry& row) {
  const Result<receipt::Entry> entry = receipt::parse_entry(row.entry);
  if (!entry) return fmt::format("{:>8}  an entry that this version cannot read\n", row.number);
  if (const auto* run = std::get_if<receipt::Receipt>(&*entry)) {
    return fmt::format("{:>8}  {}  run of program {} on version {}, {}\n", row.number,
                       utc_time(run->time_ms), run->program.hex().substr(0, 16), run->twin_version,
                       run->run);
  }
  const auto& event = std::get<receipt::Event>(*entry);
  std::string what(name(event.type));
  if (event.twin_version > 0) what += fmt::format(" {}", event.twin_version);
  return fmt::format("{:>8}  {}  {}\n", row.number, utc_time(event.time_ms), what);
}

Result<Answer> show(const Common& common, const LogOptions& options) {
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::TwinRecord> twin = workspace->twin(options.twin);
  if (!twin) return twin.error();
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const auto rows = server->api.twin_log(twin->id);
  if (!rows) return rows.error();
  Answer answer{fmt::format("{:>8}  {:<20}  what happened to twin {} ({})\n", "entry", "when",
                            twin->name, twin->pseudonym.substr(0, 16)),
                {{"pseudonym", twin->pseudonym}, {"entries", nlohmann::json::array()}}};
  for (const client::LogEntry& row : *rows) {
    answer.text += line_of(row);
    answer.json["entries"].push_back({{"number", row.number}, {"entry", row.entry}});
  }
  return answer;
}

}  // namespace

void add_log_commands(Commands& commands) {
  const auto options = std::make_shared<LogOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("log", "The server's transparency log");

  CLI::App* verb = commands.verb(noun, "check", "That the log continues what was seen of it before",
                                 [&common] { return check(common); });
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "trust", "Trust this key of a server's log, and no other",
                       [=, &common] { return trust(common, *options); });
  verb->add_option("KEY", options->key, "Verifier key, NAME+ID+KEY, as the operator publishes it")
      ->required();
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "show", "What the log says of a twin",
                       [=, &common] { return show(common, *options); });
  verb->add_option("TWIN", options->twin, "Name of the twin")->required();
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);
}

}  // namespace salus::cli
