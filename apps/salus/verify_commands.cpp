// salus verify: what anybody can check of a log without asking its server.
#include <fmt/format.h>

#include "base/file.h"
#include "command.h"
#include "tlog/auditor.h"
#include "tlog/directory.h"
#include "tlog/proof.h"

namespace salus::cli {
namespace {

struct VerifyOptions {
  std::string file;
  std::string key;
  std::vector<std::string> older;
  std::string entry;
  std::string policy;
};

nlohmann::json to_json(const tlog::Checkpoint& c) {
  return {{"log", c.origin}, {"entries", c.head.size}, {"root", c.head.root.hex()}};
}

/// The key itself, or a file that holds it.
Result<tlog::VerifierKey> verifier_key(const std::string& given) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(given, ignored)) return tlog::VerifierKey::parse(given);
  const auto text = read_text_file(given, tlog::kMaxNoteBytes);
  if (!text) return text.error();
  const auto key = tlog::VerifierKey::parse(text->substr(0, text->find_first_of("\r\n")));
  if (!key) return about(given, key.error());
  return key;
}

Result<Answer> log(const VerifyOptions& options) {
  const auto key = verifier_key(options.key);
  if (!key) return key.error();
  std::vector<std::string> older;
  for (const std::string& file : options.older) {
    auto text = read_text_file(file, tlog::kMaxNoteBytes);
    if (!text) return text.error();
    older.push_back(std::move(*text));
  }
  const auto checked = tlog::audit_log(tlog::DirectoryReader(options.file), *key, older);
  if (!checked) return about(options.file, checked.error());
  Answer answer;
  answer.text = fmt::format(
      "log {}: verified\n  {} entries hashed again, all tiles, the root {}\n  signed by {}\n  "
      "continues {} older checkpoint{}\n",
      checked->origin, checked->head.size, checked->head.root.hex(), key->text(), older.size(),
      older.size() == 1 ? "" : "s");
  answer.json = to_json(*checked);
  answer.json["older"] = older.size();
  return answer;
}

Result<Answer> proof(const VerifyOptions& options) {
  const auto text = read_text_file(options.file, tlog::kMaxProofBytes);
  if (!text) return text.error();
  const auto read = tlog::parse_proof(*text);
  if (!read) return about(options.file, read.error());
  const auto entry = read_file(options.entry, tlog::kMaxEntryBytes);
  if (!entry) return entry.error();
  const auto rules = read_text_file(options.policy, tlog::kMaxPolicyBytes);
  if (!rules) return rules.error();
  const auto policy = tlog::parse_policy(*rules);
  if (!policy) return about(options.policy, policy.error());
  const auto checked = tlog::verify_proof(*read, *entry, *policy);
  if (!checked) return about(options.file, checked.error());
  Answer answer;
  answer.text =
      fmt::format("entry {} of log {}: verified, among {} entries, root {}\n", read->index,
                  checked->origin, checked->head.size, checked->head.root.hex());
  answer.json = to_json(*checked);
  answer.json["index"] = read->index;
  return answer;
}

}  // namespace

void add_verify_commands(Commands& commands) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* noun = commands.noun("verify", "Check a log offline; no server is asked");

  CLI::App* verb = commands.verb(noun, "log", "Hash every entry again, up to the signed root",
                                 [=] { return log(*options); });
  verb->add_option("FOLDER", options->file, "The log: checkpoint and tiles")->required();
  verb->add_option("--key", options->key, "Its verifier key, NAME+ID+KEY, or a file with it")
      ->required();
  verb->add_option("--older", options->older,
                   "A checkpoint seen before, which the log has to continue; again for each");

  verb = commands.verb(noun, "proof", "That an entry is in a log that a policy trusts",
                       [=] { return proof(*options); });
  verb->add_option("PROOF", options->file, "Proof file (c2sp.org/tlog-proof@v1)")->required();
  verb->add_option("--entry", options->entry, "File with the entry's bytes")->required();
  verb->add_option("--policy", options->policy, "Logs and witnesses to trust (C2SP tlog-policy)")
      ->required();
}

}  // namespace salus::cli
