// salus twin: a person's features, encrypted, on a server.
#include <fmt/format.h>

#include "catalogue.h"
#include "client/cohort.h"
#include "client/key_file.h"
#include "client/twin.h"
#include "plan_text.h"
#include "terminal.h"

namespace salus::cli {
namespace {

using nlohmann::json;

struct TwinOptions {
  std::string name;
  std::string key;
  std::vector<std::string> programs;
  std::string features;
  std::string patients;
  bool dry_run = false;
};

json to_json(const client::TwinRecord& t) {
  return {{"name", t.name},
          {"id", t.id},
          {"version", t.version},
          {"server", t.server},
          {"key_id", t.key_id},
          {"evaluation_key_count", t.keys.size()},
          {"evaluation_key_bytes", t.key_bytes()},
          {"ciphertext_bytes", t.ciphertext_bytes},
          {"upload_bytes", t.upload_bytes()}};
}

/// What `create` is about to do, checked as far as this machine can.
struct Intent {
  client::TwinRequest request;
  program::Program program;  // whose basis all programs share
  client::KeyFile key;
  ckks::ParametersPtr params;
  client::InputSizes inputs;
};

std::string intent_text(const Intent& intent) {
  return fmt::format("{}; {} of ciphertexts ({})", plan_summary(intent.request.plan),
                     human_bytes(intent.inputs.bytes), intent.inputs.count);
}

/// One patient's features, or a table of a cohort's.
Result<std::vector<std::vector<program::NamedValue>>> people_of(const TwinOptions& options,
                                                                const program::Program& program) {
  if (options.features.empty() == options.patients.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "give --features FILE for one patient or --patients FILE for a cohort"};
  }
  if (!options.patients.empty()) {
    Result<ingest::Patients> patients = load_patients(options.patients, program);
    if (!patients) return patients.error();
    return std::move(patients->values);
  }
  const Result<ingest::Features> features = load_features(options.features);
  if (!features) return features.error();
  auto values = ingest::to_parameters(*features, program.parameters);
  if (!values) return about(options.features, values.error());
  return std::vector<std::vector<program::NamedValue>>{std::move(*values)};
}

/// Everything that can be refused is, before anything is made or sent.
Result<Intent> intent_of(const TwinOptions& options) {
  Result<std::vector<program::Program>> programs = load_programs(options.programs);
  if (!programs) return programs.error();
  const Result<circuit::KeyRequirements> needed = client::key_requirements(*programs);
  if (!needed) return needed.error();
  program::Program& first = programs->front();
  Result<std::vector<std::vector<program::NamedValue>>> people = people_of(options, first);
  if (!people) return people.error();
  const auto slots = client::ciphertext_slots(first, *people);
  if (!slots) return slots.error();
  const Result<ckks::ParametersPtr> params = client::parameters_of(first.basis.circuit.chain);
  if (!params) return params.error();
  Result<client::KeyPlan> plan = client::plan_keys(**params, *needed);
  if (!plan) return plan.error();
  Result<client::KeyFile> key = client::load_key(options.key);
  if (!key) return key.error();
  const client::InputSizes inputs = client::input_sizes(first, **params);
  return Intent{.request = {.name = options.name,
                            .server = {},
                            .patients = std::move(*people),
                            .plan = std::move(*plan),
                            .known = {}},
                .program = std::move(first),
                .key = std::move(*key),
                .params = *params,
                .inputs = inputs};
}

/// Looks for keys that serve again, and measures how long the others take.
Status plan_the_rest(Intent& intent, const client::Workspace& workspace, client::Api* api) {
  client::TwinRequest& request = intent.request;
  Result<client::KeyRecords> known =
      client::known_keys(workspace, api, request.name, request.server, intent.key.id);
  if (!known) return known.error();
  request.known = std::move(*known);
  request.plan.reuse(request.known);
  return client::estimate(request.plan, intent.params);
}

Result<Answer> dry_run(const Common& common, Intent intent) {
  intent.request.server = common.server;
  // A workspace that is not there has no keys to use again, and is not made for asking.
  std::error_code ignored;
  if (std::filesystem::is_directory(common.workspace, ignored)) {
    const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
    if (!workspace) return workspace.error();
    const Status planned = plan_the_rest(intent, *workspace, nullptr);
    if (!planned) return planned.error();
  } else if (const Status timed = client::estimate(intent.request.plan, intent.params); !timed) {
    return timed.error();
  }
  const std::string& name = intent.request.name;
  Answer answer{plan_table(intent.request.plan) +
                    fmt::format("twin {}: would send {}; nothing was made or sent\n", name,
                                intent_text(intent)),
                plan_json(intent.request.plan)};
  answer.json["dry_run"] = true;
  answer.json["name"] = name;
  answer.json["ciphertext_bytes"] = intent.inputs.bytes;
  answer.json["upload_bytes"] = intent.request.plan.made_bytes() + intent.inputs.bytes;
  return answer;
}

Result<Answer> create(const Common& common, const TwinOptions& options) {
  Result<Intent> intent = intent_of(options);
  if (!intent) return intent.error();
  if (options.dry_run) return dry_run(common, std::move(*intent));

  Result<Connection> server = connect(common);
  if (!server) return server.error();
  const Result<client::Workspace> workspace = client::Workspace::open(common.workspace);
  if (!workspace) return workspace.error();
  intent->request.server = server->server;
  if (const Status planned = plan_the_rest(*intent, *workspace, &server->api); !planned) {
    return planned.error();
  }
  if (!common.silent()) fmt::print(stderr, "twin {}: {}\n", options.name, intent_text(*intent));
  Progress making("encrypt " + options.name, common.silent());
  Result<client::TwinRecord> record =
      client::prepare_twin(*workspace, intent->key, intent->program, intent->request,
                           [&](std::string_view stage, double fraction) {
                             making.show(fraction, stage);
                             return !interrupted().load();
                           });
  if (!record) return record.error();
  making.finish(human_bytes(intent->request.plan.made_bytes() + intent->inputs.bytes) +
                " encrypted and keyed");

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
  answer.json["made_count"] = intent->request.plan.made_count();
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
                  "  upload   {} (keys {}, ciphertexts {})\n",
                  record->name, record->server, record->id, record->version, record->key_id,
                  human_bytes(record->upload_bytes()),
                  fmt::format("{}: {}", record->keys.size(), human_bytes(record->key_bytes())),
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
  verb->add_option("--features", options->features, "Features (JSON, from model fit)");
  verb->add_option("--patients", options->patients,
                   "A cohort instead: CSV with a column id and for each parameter \"name [unit]\"");
  verb->add_option("--name", options->name, "Name of the twin")->required();
  verb->add_flag("--dry-run", options->dry_run,
                 "Check everything, print keys, sizes and time, send nothing");
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
