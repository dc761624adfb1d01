// salus identity: who somebody is, wrapped by a passphrase, and how it comes back when it is lost.
#include <fmt/format.h>

#include "client/identity_file.h"
#include "client/passphrase_source.h"
#include "client/recovery.h"
#include "command.h"
#include "terminal.h"

namespace salus::cli {
namespace {

namespace fs = std::filesystem;

struct IdentityOptions {
  std::string file;
  std::string output;
  std::string label;
  std::string passphrase_file;
  std::string new_passphrase_file;
  std::string code_file;
  std::vector<std::string> shares;
  int threshold = 2;
  int count = 3;
  std::uint64_t memory_mib = keys::PassphraseCost{}.memory_bytes >> 20;
  std::uint32_t passes = keys::PassphraseCost{}.passes;

  keys::PassphraseCost cost() const { return {memory_mib << 20, passes}; }
};

Answer describe(const std::string& path, const client::IdentityFile& file) {
  Answer answer;
  const std::string id = file.public_identity.id();
  answer.text = fmt::format(
      "identity {}\n  file    {} (wrapped by its passphrase: keep a copy, and the recovery code)\n"
      "  label   {}\n  made    {}\n  public  {}\n",
      id, path, file.label, file.created_at, file.public_identity.text());
  answer.json = {
      {"id", id},
      {"file", path},
      {"label", file.label},
      {"created_at", file.created_at},
      {"public", file.public_identity.text()},
      {"argon2id", {{"memory_bytes", file.cost.memory_bytes}, {"passes", file.cost.passes}}}};
  return answer;
}

Result<Answer> saved(const IdentityOptions& options, const Secret<std::byte>& root,
                     const std::string& label) {
  if (Status s = keys::check_cost(options.cost()); !s) return s.error();
  const std::string& from =
      options.new_passphrase_file.empty() ? options.passphrase_file : options.new_passphrase_file;
  const auto passphrase = client::read_passphrase(from, "New passphrase", true);
  if (!passphrase) return passphrase.error();
  const Status done = client::save_identity(options.output, root, label, utc_now(),
                                            client::text_of(*passphrase), options.cost());
  if (!done) return done.error();
  const auto file = client::load_identity(options.output);
  if (!file) return file.error();
  return describe(options.output, *file);
}

std::string label_of(const IdentityOptions& options) {
  return options.label.empty() ? fs::path(options.output).stem().string() : options.label;
}

Result<Answer> create(const IdentityOptions& options) {
  return saved(options, client::make_root(), label_of(options));
}

Result<Answer> show(const IdentityOptions& options) {
  const auto file = client::load_identity(options.file);
  if (!file) return file.error();
  return describe(options.file, *file);
}

struct Unlocked {
  client::IdentityFile file;
  Secret<std::byte> root;
};

Result<Unlocked> unlocked(const IdentityOptions& options) {
  auto file = client::load_identity(options.file);
  if (!file) return file.error();
  const auto passphrase = client::read_passphrase(options.passphrase_file, "Passphrase", false);
  if (!passphrase) return passphrase.error();
  auto root = client::unlock_root(*file, client::text_of(*passphrase));
  if (!root) return about(options.file, root.error());
  return Unlocked{std::move(*file), std::move(*root)};
}

Result<Answer> rewrap(const IdentityOptions& options) {
  const auto opened = unlocked(options);
  if (!opened) return opened.error();
  return saved(options, opened->root, opened->file.label);
}

Result<Answer> code(const IdentityOptions& options) {
  const auto opened = unlocked(options);
  if (!opened) return opened.error();
  const Secret<char> secret = client::recovery_code(opened->root);
  Answer answer;
  const std::string id = opened->file.public_identity.id();
  answer.text = fmt::format("{}\n", client::text_of(secret));
  answer.json = {{"id", id}, {"code", client::text_of(secret)}};
  fmt::print(stderr,
             "Recovery code of identity {}. Whoever has it is this identity: write it on paper.\n",
             id);
  return answer;
}

Result<Answer> split(const IdentityOptions& options) {
  const auto opened = unlocked(options);
  if (!opened) return opened.error();
  const auto files =
      client::save_shares(options.output, opened->root, options.threshold, options.count);
  if (!files) return files.error();
  Answer answer;
  const std::string id = opened->file.public_identity.id();
  answer.text = fmt::format(
      "{} shares of identity {} in {}; any {} of them give it back, fewer say nothing.\nGive each "
      "to another guardian and delete the files.\n",
      options.count, id, options.output, options.threshold);
  answer.json = {{"id", id}, {"threshold", options.threshold}, {"files", *files}};
  return answer;
}

Result<Answer> recover(const IdentityOptions& options) {
  if (options.code_file.empty() == options.shares.empty())
    return Error{ErrorCode::kInvalidArgument,
                 "give --code-file, or --share for each share that there is"};
  const auto root = options.shares.empty() ? client::recover_from_code(options.code_file)
                                           : client::recover_from_shares(options.shares);
  if (!root) return root.error();
  return saved(options, *root, label_of(options));
}

}  // namespace

void add_identity_commands(Commands& commands) {
  const auto options = std::make_shared<IdentityOptions>();
  CLI::App* noun = commands.noun("identity", "Who you are: one root for all your keys");
  const auto file = [&](CLI::App* verb) {
    verb->add_option("IDENTITY", options->file, "Identity file")->required();
  };
  const auto opens = [&](CLI::App* verb) {
    file(verb);
    verb->add_option("--passphrase-file", options->passphrase_file,
                     "File whose first line is the passphrase; default: typed");
  };
  const auto makes = [&](CLI::App* verb, const char* passphrase_option, std::string& from) {
    verb->add_option("-o,--output", options->output, "New identity file, NAME.identity")
        ->required();
    verb->add_option(passphrase_option, from,
                     "File whose first line is the new passphrase; default: typed twice");
    verb->add_option("--memory", options->memory_mib, "MiB that a guess takes, 19 to 1024");
    verb->add_option("--passes", options->passes, "Passes over them, 2 to 16");
  };

  CLI::App* verb = commands.verb(noun, "create", "Make an identity; never overwrites one",
                                 [=] { return create(*options); });
  makes(verb, "--passphrase-file", options->passphrase_file);
  verb->add_option("--label", options->label, "For people; default: the file's name");

  verb = commands.verb(noun, "show", "The public part of an identity file",
                       [=] { return show(*options); });
  file(verb);

  verb = commands.verb(noun, "rewrap", "The same identity under another passphrase, in a new file",
                       [=] { return rewrap(*options); });
  opens(verb);
  makes(verb, "--new-passphrase-file", options->new_passphrase_file);

  verb = commands.verb(noun, "code", "The recovery code, to be written on paper",
                       [=] { return code(*options); });
  opens(verb);

  verb = commands.verb(noun, "split", "Shares for guardians, of which some give the identity back",
                       [=] { return split(*options); });
  opens(verb);
  verb->add_option("--threshold", options->threshold, "How many are needed")->required();
  verb->add_option("--count", options->count, "How many there are, at most 100")->required();
  verb->add_option("-o,--output", options->output, "Folder for a file each")->required();

  verb = commands.verb(noun, "recover", "An identity from its recovery code or from shares",
                       [=] { return recover(*options); });
  makes(verb, "--passphrase-file", options->passphrase_file);
  verb->add_option("--label", options->label, "For people; default: the file's name");
  verb->add_option("--code-file", options->code_file, "File with the recovery code");
  verb->add_option("--share", options->shares, "File with a share; again for each");
}

}  // namespace salus::cli
