// salus twin: a person's features, encrypted, on a server.
#include <fmt/format.h>

#include "catalogue.h"
#include "client/key_file.h"
#include "client/twin.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct TwinOptions {
  std::string name;
  std::string key;
  std::vector<std::string> programs;
  std::string features;
  bool dry_run = false;
};

json to_json(const client::TwinRecord& t) {
  return {{"name", t.name},
          {"id", t.id},
          {"version", t.version},
          {"server", t.server},
          {"key_id", t.key_id},
          {"evaluation_key_bytes", t.evaluation_key_bytes},
          {"ciphertext_bytes", t.ciphertext_bytes},
          {"upload_bytes", t.upload_bytes()}};
}

std::string sizes_text(const client::TwinSizes& sizes) {
  return fmt::format("{} of evaluation keys ({}) and {} of ciphertexts ({})",
                     human_bytes(sizes.evaluation_key_bytes), sizes.evaluation_key_count,
                     human_bytes(sizes.ciphertext_bytes), sizes.ciphertext_count);
}

/// Everything that can be refused is, before anything is made or sent.
Result<Answer> dry_run(const program::Program& program, const client::TwinSizes& sizes,
                       const std::vector<program::NamedValue>& values, const std::string& name) {
  const Result<std::vector<double>> inputs = program::normalise(program, values);
  if (!inputs) return inputs.error();
  return Answer{
      fmt::format("twin {}: would send {}; nothing was made or sent\n", name, sizes_text(sizes)),
      {{"dry_run", true},
       {"name", name},
       {"evaluation_key_bytes", sizes.evaluation_key_bytes},
       {"ciphertext_bytes", sizes.ciphertext_bytes},
       {"upload_bytes", sizes.total()}}};
}

Result<Answer> create(const Common& common, const TwinOptions& options) {
  std::vector<program::Program> programs;
  for (const std::string& path : options.programs) {
    Result<LoadedProgram> loaded = load_program(path);
    if (!loaded) return loaded.error();
    programs.push_back(std::move(loaded->program));
  }
  const Result<circuit::KeyRequirements> keys = client::key_requirements(programs);
  if (!keys) return keys.error();
  const program::Program& first = programs.front();
  const Result<ingest::Features> features = load_features(options.features);
  if (!features) return features.error();
  const auto values = ingest::to_parameters(*features, first.parameters);
  if (!values) return about(options.features, values.error());
  const Result<client::TwinSizes> sizes = client::sizes_of(first, *keys);
  if (!sizes) return sizes.error();
  const Result<client::KeyFile> key = client::load_key(options.key);
  if (!key) return key.error();
  if (options.dry_run) return dry_run(first, *sizes, *values, options.name);

  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  if (!common.silent()) fmt::print(stderr, "twin {}: {}\n", options.name, sizes_text(*sizes));
  Progress making("encrypt " + options.name, common.silent());
  Result<client::TwinRecord> record =
      client::prepare_twin(*workspace, *key, first, {options.name, server->server, *values, *keys},
                           [&](std::string_view stage, double fraction) {
                             making.show(fraction, stage);
                             return !interrupted().load();
                           });
  if (!record) return record.error();
  making.finish(human_bytes(record->upload_bytes()) + " encrypted and keyed");

  Progress sending("upload " + options.name, common.silent());
  const Result<client::UploadReport> sent =
      client::send_twin(*workspace, server->api, *record, [&](std::string_view, double fraction) {
        sending.show(fraction, human_bytes(record->upload_bytes()));
        return true;
      });
  if (!sent) return sent.error();
  sending.finish(fmt::format("{} sent, {} were there", human_bytes(sent->sent_bytes),
                             human_bytes(sent->skipped_bytes)));
  Answer answer{fmt::format("twin {} is {} version {} on {}\n", record->name, record->id,
                            record->version, record->server),
                to_json(*record)};
  answer.json["sent_bytes"] = sent->sent_bytes;
  answer.json["skipped_bytes"] = sent->skipped_bytes;
  return answer;
}

Result<Answer> list(const Common& common) {
  Answer answer{{}, {{"twins", json::array()}}};
  if (!common.server.empty()) {
    Result<Connection> server = connect(common);
    if (!server) return server.error();
    const auto twins = server->api.twins();
    if (!twins) return twins.error();
    for (const client::Twin& twin : *twins) {
      answer.text += fmt::format("{:<20} {} version {} {}\n", twin.name, twin.id, twin.version,
                                 twin.created_at);
      answer.json["twins"].push_back(json::parse(client::print_twin(twin)));
    }
    return answer;
  }
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const auto records = workspace->twins();
  if (!records) return records.error();
  for (const client::TwinRecord& record : *records) {
    answer.text +=
        fmt::format("{:<20} {} on {}\n", record.name,
                    record.id.empty() ? std::string("(not sent)")
                                      : fmt::format("{} version {}", record.id, record.version),
                    record.server);
    answer.json["twins"].push_back(to_json(record));
  }
  return answer;
}

Result<Answer> show(const Common& common, const TwinOptions& options) {
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::TwinRecord> record = workspace->twin(options.name);
  if (!record) return record.error();
  return Answer{
      fmt::format("twin {}\n  server   {}\n  id       {} version {}\n  key      {}\n"
                  "  upload   {} ({} keys, {} ciphertexts)\n",
                  record->name, record->server, record->id, record->version, record->key_id,
                  human_bytes(record->upload_bytes()), human_bytes(record->evaluation_key_bytes),
                  human_bytes(record->ciphertext_bytes)),
      to_json(*record)};
}

Result<Answer> erase(const Common& common, const TwinOptions& options) {
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  const Result<client::TwinRecord> record = workspace->twin(options.name);
  if (!record) return record.error();
  if (options.dry_run) {
    return Answer{fmt::format("twin {}: {} on {} would be erased with its runs and states\n",
                              record->name, record->id, record->server),
                  {{"dry_run", true}, {"name", record->name}, {"id", record->id}}};
  }
  Result<Connection> server = connect(common);
  if (!server) return server.error();
  if (!record->id.empty()) {
    const Status erased = server->api.erase_twin(record->id);
    if (!erased && erased.error().code != ErrorCode::kNotFound) return erased.error();
  }
  if (const Status forgotten = workspace->forget_twin(options.name); !forgotten) {
    return forgotten.error();
  }
  return Answer{fmt::format("twin {} is erased on {}; its key file is yours to keep or remove\n",
                            record->name, record->server),
                {{"erased", record->name}, {"id", record->id}}};
}

}  // namespace

void add_twin_commands(Commands& commands) {
  const auto options = std::make_shared<TwinOptions>();
  const Common& common = commands.common();
  CLI::App* noun = commands.noun("twin", "Twins: encrypted features on a server");

  CLI::App* verb =
      commands.verb(noun, "create", "Encrypt features and send them; repeat it to resume",
                    [=, &common] { return create(common, *options); });
  verb->add_option("--key", options->key, "The twin's key file")->required();
  verb->add_option("--program", options->programs,
                   "Program that the twin shall answer; repeat for more of one model")
      ->required();
  verb->add_option("--features", options->features, "Features (JSON, from model fit)")->required();
  verb->add_option("--name", options->name, "Name of the twin")->required();
  verb->add_flag("--dry-run", options->dry_run, "Check everything, print sizes, send nothing");
  commands.add_server_options(verb, false);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "list", "Twins of this workspace, or of a server with --server",
                       [&common] { return list(common); });
  commands.add_server_options(verb, false);
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "show", "What this workspace knows about a twin",
                       [=, &common] { return show(common, *options); });
  verb->add_option("NAME", options->name, "Name of the twin")->required();
  commands.add_workspace_option(verb);

  verb = commands.verb(noun, "erase", "Destroy a twin on its server, with runs and cached states",
                       [=, &common] { return erase(common, *options); });
  verb->add_option("NAME", options->name, "Name of the twin")->required();
  verb->add_flag("--dry-run", options->dry_run, "Say what would be erased");
  commands.add_server_options(verb);
  commands.add_workspace_option(verb);
}

}  // namespace salus::cli
