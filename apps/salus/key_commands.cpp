// salus key: one secret a twin, in one file; and what its evaluation keys will cost.
#include <fmt/format.h>

#include "client/key_file.h"
#include "client/twin.h"
#include "command.h"
#include "plan_text.h"
#include "terminal.h"

namespace salus::cli {
namespace {

struct KeyOptions {
  std::string file;
  std::string program;
  std::vector<std::string> programs;
};

Answer describe(const std::string& file, const client::KeyFile& key) {
  Answer answer;
  answer.json = nlohmann::json::parse(client::describe(key));
  answer.json["file"] = file;
  answer.text = fmt::format(
      "key {}\n  file        {} (secret: whoever has it reads the twin; keep a copy)\n  label      "
      " "
      "{}\n  made        {}\n  parameters  N = {}, {} + {} primes\n",
      key.id, file, key.label, key.created_at, 1 << key.chain.log_n, key.chain.q.size(),
      key.chain.p.size());
  return answer;
}

Result<Answer> create(const KeyOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.program);
  if (!loaded) return loaded.error();
  const std::string label = std::filesystem::path(options.file).stem().string();
  const Result<client::KeyFile> key =
      client::make_key(label, loaded->program.basis.circuit.chain, utc_now());
  if (!key) return key.error();
  if (const Status saved = client::save_key(options.file, *key); !saved) return saved.error();
  return describe(options.file, *key);
}

Result<Answer> show(const KeyOptions& options) {
  const Result<client::KeyFile> key = client::load_key(options.file);
  if (!key) return key.error();
  return describe(options.file, *key);
}

Result<Answer> plan(const KeyOptions& options) {
  const Result<std::vector<program::Program>> programs = load_programs(options.programs);
  if (!programs) return programs.error();
  const Result<circuit::KeyRequirements> needed = client::key_requirements(*programs);
  if (!needed) return needed.error();
  const auto params = client::parameters_of(programs->front().basis.circuit.chain);
  if (!params) return params.error();
  Result<client::KeyPlan> keys = client::plan_keys(**params, *needed);
  if (!keys) return keys.error();
  if (const Status timed = client::estimate(*keys, *params); !timed) return timed.error();
  return Answer{plan_table(*keys), plan_json(*keys)};
}

}  // namespace

void add_key_commands(Commands& commands) {
  const auto options = std::make_shared<KeyOptions>();
  CLI::App* noun = commands.noun("key", "Secret keys: one for each twin");

  CLI::App* verb = commands.verb(noun, "create", "Make a key; never overwrites one",
                                 [=] { return create(*options); });
  verb->add_option("--program", options->program, "Program whose parameters it is for")->required();
  verb->add_option("-o,--output", options->file, "Key file, NAME.secret")->required();

  verb = commands.verb(noun, "plan", "Evaluation keys that programs need: sizes and time, measured",
                       [=] { return plan(*options); });
  verb->add_option("PROGRAM", options->programs, "Programs that one twin shall answer")->required();

  verb =
      commands.verb(noun, "show", "The public part of a key file", [=] { return show(*options); });
  verb->add_option("KEY", options->file, "Key file")->required();
}

}  // namespace salus::cli
