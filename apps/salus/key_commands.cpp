// salus key: one secret a twin, in one file; and what its evaluation keys will cost.
#include <fmt/format.h>

#include "client/identity_file.h"
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
  std::string identity;
  std::string passphrase_file;
  std::string twin;
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

// The identity's own key for a twin of that name: it can be made again from the identity alone.
Result<client::KeyFile> derived(const KeyOptions& options, const std::string& label,
                                const circuit::Chain& chain) {
  const auto identity = client::open_identity(options.identity, options.passphrase_file);
  if (!identity) return identity.error();
  const std::string twin = options.twin.empty() ? label : options.twin;
  return client::make_key(label, chain, utc_now(), identity->twin_seed(twin));
}

Result<Answer> create(const KeyOptions& options) {
  const Result<LoadedProgram> loaded = load_program(options.program);
  if (!loaded) return loaded.error();
  const std::string label = std::filesystem::path(options.file).stem().string();
  const circuit::Chain& chain = loaded->program.basis.circuit.chain;
  const Result<client::KeyFile> key = options.identity.empty()
                                          ? client::make_key(label, chain, utc_now())
                                          : derived(options, label, chain);
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
  verb->add_option("--identity", options->identity,
                   "Identity file: the key follows from it and can be made again");
  verb->add_option("--twin", options->twin,
                   "Name of the twin among the identity's; default: the key file's name");
  verb->add_option("--passphrase-file", options->passphrase_file,
                   "File whose first line is the identity's passphrase; default: typed");

  verb = commands.verb(noun, "plan", "Evaluation keys that programs need: sizes and time, measured",
                       [=] { return plan(*options); });
  verb->add_option("PROGRAM", options->programs, "Programs that one twin shall answer")->required();

  verb =
      commands.verb(noun, "show", "The public part of a key file", [=] { return show(*options); });
  verb->add_option("KEY", options->file, "Key file")->required();
}

}  // namespace salus::cli
