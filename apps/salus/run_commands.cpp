// salus run: ask a program of a twin, follow it, fetch the encrypted answer.
#include <fmt/format.h>

#include "base/file.h"
#include "client/upload.h"
#include "client/verification.h"
#include "command.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct RunOptions {
  std::string id;
  std::string twin;
  std::string program;
  std::string output;
  bool dry_run = false;
  bool unverified = false;
};

constexpr int kWatchRetries = 20;

std::string line_of(const client::Run& run) {
  std::string text = fmt::format("{} {:<9} {:3.0f} %", run.id, run.state, 100 * run.progress);
  if (run.state == "done") {
    text += fmt::format(
        "  {:.2f} s (basis {}, readout {:.2f} s)", run.server_seconds,
        run.basis_reused ? std::string("re-used") : fmt::format("{:.2f} s", run.basis_seconds),
        run.readout_seconds);
  }
  if (!run.error.empty()) text += "  " + run.error;
  return text + "\n";
}

Answer answer_of(const client::Run& run) {
  return {line_of(run), json::parse(client::print_run(run))};
}

/// Remembers what the server said, if this workspace started the run.
Status remember(const Common& common, const client::Run& run) {
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  Result<client::RunRecord> record = workspace->run(run.id);
  if (!record) return {};
  record->last = run;
  return workspace->save(*record);
}

Result<Answer> start(const Common& common, const RunOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.program);
  if (!loaded) return loaded.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::TwinRecord> twin = workspace->twin(options.twin);
  if (!twin) return twin.error();
  if (twin->id.empty()) {
    return Error{ErrorCode::kNotFound,
                 "twin " + twin->name + " is not sent yet; repeat salus twin create"};
  }
  if (options.dry_run) {
    return Answer{fmt::format("would ask {} of twin {} on {}\n", loaded->program.name, twin->name,
                              twin->server),
                  {{"dry_run", true}, {"twin", twin->id}, {"program", loaded->digest.hex()}}};
  }
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Run> run = server->api.start_run(twin->id, loaded->digest);
  if (!run && run.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, run.error().message +
                                           "; upload the program first: salus program upload " +
                                           options.program};
  }
  if (!run) return run.error();
  const Status saved = workspace->save(client::RunRecord{.server = server->server,
                                                         .twin = twin->name,
                                                         .key_id = twin->key_id,
                                                         .program = loaded->digest.hex(),
                                                         .pseudonym = twin->pseudonym,
                                                         .twin_version = twin->version,
                                                         .content = twin->content,
                                                         .last = *run});
  if (!saved) return saved.error();
  Answer answer = answer_of(*run);
  answer.text = run->id + "\n";  // for scripts: the id and nothing else
  return answer;
}

Result<Answer> show(const Common& common, const RunOptions& options) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Run> run = server->api.run(options.id);
  if (!run) return run.error();
  if (const Status saved = remember(common, *run); !saved) return saved.error();
  return answer_of(*run);
}

Result<Answer> list(const Common& common) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const auto runs = server->api.runs();
  if (!runs) return runs.error();
  Answer answer{{}, {{"runs", json::array()}}};
  for (const client::Run& run : *runs) {
    answer.text += line_of(run);
    answer.json["runs"].push_back(json::parse(client::print_run(run)));
  }
  return answer;
}

/// Follows the events; a broken stream is taken up again from the run's present state.
Result<client::Run> follow(client::Api& api, const std::string& id, Progress& progress) {
  Result<client::Run> run = api.run(id);
  double furthest = 0;  // a server that starts a run again does not turn the bar back
  for (int broken = 0; run && !run->ended(); ++broken) {
    if (broken > kWatchRetries) {
      return Error{ErrorCode::kUnavailable, "run " + id +
                                                ": the server keeps breaking off; ask "
                                                "again with salus run watch " +
                                                id};
    }
    const Status watched = api.watch_run(id, [&](const client::Run& now) {
      furthest = std::max(furthest, now.progress);
      progress.show(furthest, now.stage.empty() ? now.state : now.stage);
      run = now;
      return true;
    });
    if (!watched && watched.error().code != ErrorCode::kUnavailable) return watched.error();
    if (!run->ended()) run = api.run(id);
  }
  return run;
}

Result<Answer> watch(const Common& common, const RunOptions& options) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  Progress progress("run " + options.id.substr(0, 12), common.silent());
  const Result<client::Run> run = follow(server->api, options.id, progress);
  if (!run) return run.error();
  if (const Status saved = remember(common, *run); !saved) return saved.error();
  progress.finish(run->state);
  if (run->state == "failed") {
    return Error{ErrorCode::kUnavailable, "run " + run->id + " failed: " + run->error};
  }
  return answer_of(*run);
}

Result<Answer> cancel(const Common& common, const RunOptions& options) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  if (const Status done = server->api.cancel_run(options.id); !done) return done.error();
  return Answer{"run " + options.id + " is cancelled\n", {{"cancelled", options.id}}};
}

/// Nothing is written unless the receipt is good, or nobody wants it.
Result<Answer> fetch(const Common& common, const RunOptions& options) {
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  Result<client::RunRecord> record = workspace->run(options.id);
  if (!record && !options.unverified) {
    return Error{record.error().code, record.error().message +
                                          ": what its receipt has to say is not known here;"
                                          " --unverified fetches the result without it"};
  }
  const Result<Bytes> result = server->api.run_result(options.id);
  if (!result) return result.error();
  const Digest digest = sha256(*result);
  std::string said = "without its receipt: unverified";
  if (!options.unverified) {
    const auto proof = client::fetch_receipt(*workspace, server->api, *record, digest);
    if (!proof) return proof.error();
    const Status saved = write_file(client::receipt_file(options.output), as_bytes(*proof));
    if (!saved) return saved.error();
    said = "its receipt is logged and fits: " + client::receipt_file(options.output);
  }
  if (const Status saved = write_file(options.output, *result); !saved) return saved.error();
  const Result<client::Run> run = server->api.run(options.id);
  if (!run) return run.error();
  if (record) {
    record->last = *run;
    record->result_bytes = result->size();
    if (const Status saved = workspace->save(*record); !saved) return saved.error();
  }
  return Answer{
      fmt::format("{}: {} of ciphertext, {}\n", options.output, human_bytes(result->size()), said),
      {{"file", options.output},
       {"bytes", result->size()},
       {"digest", digest.hex()},
       {"verified", !options.unverified}}};
}

}  // namespace

void add_run_commands(Commands& commands) {
  const auto options = std::make_shared<RunOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("run", "Runs: one program on one twin");

  CLI::App* verb = commands.verb(noun, "start", "Ask a program of a twin; prints the run's id",
                                 [=, &common] { return start(common, *options); });
  verb->add_option("--twin", options->twin, "Name of the twin")->required();
  verb->add_option("--program", options->program, "Program file (uploaded before)")->required();
  verb->add_flag("--dry-run", options->dry_run, "Say what would be asked");
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "list", "All runs of the account", [&common] { return list(common); });
  commands.add_server_options(verb);

  const auto one = [&](const std::string& name, const std::string& words,
                       Result<Answer> (*act)(const Common&, const RunOptions&)) {
    CLI::App* made =
        commands.verb(noun, name, words, [=, &common] { return act(common, *options); });
    made->add_option("RUN", options->id, "The run's id")->required();
    commands.add_server_options(made);
    commands.add_workspace_option(made);
    return made;
  };
  one("show", "State and cost of a run", show);
  one("watch", "Follow a run to its end", watch);
  one("cancel", "Stop a run", cancel);
  verb = one("fetch", "Download the encrypted result and its receipt", fetch);
  verb->add_option("-o,--output", options->output,
                   "Write the ciphertext here, and the receipt beside it (.tlog-proof)")
      ->required();
  verb->add_flag("--unverified", options->unverified, "Go on without a receipt");
}

}  // namespace salus::cli
