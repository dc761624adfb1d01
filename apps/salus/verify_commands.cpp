// salus verify: what anybody can check of a log without asking its server.
#include <fmt/format.h>

#include "base/file.h"
#include "client/verification.h"
#include "command.h"
#include "terminal.h"
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
  std::string proof;
  std::string program;
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

/// Those of --policy, or the one log of --key.
Result<tlog::Policy> trusted(const VerifyOptions& options) {
  if (options.policy.empty() == options.key.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "give either --key, the log's verifier key, or --policy FILE"};
  }
  if (options.policy.empty()) {
    const auto key = verifier_key(options.key);
    if (!key) return key.error();
    tlog::Policy policy;
    policy.logs.push_back({.key = *key, .url = {}});
    return policy;
  }
  const auto rules = read_text_file(options.policy, tlog::kMaxPolicyBytes);
  if (!rules) return rules.error();
  auto policy = tlog::parse_policy(*rules);
  if (!policy) return about(options.policy, policy.error());
  return policy;
}

/// What an auditor can say of a result without its key: that the log has its receipt, and that the
/// receipt is of these bytes and this program.
Result<Answer> result(const VerifyOptions& options) {
  const auto bytes = read_file(options.file, 1u << 30);
  if (!bytes) return bytes.error();
  const std::string path =
      options.proof.empty() ? client::receipt_file(options.file) : options.proof;
  const auto text = read_text_file(path, tlog::kMaxProofBytes);
  if (!text) return text.error();
  const auto read = tlog::parse_proof(*text);
  if (!read) return about(path, read.error());
  const auto policy = trusted(options);
  if (!policy) return policy.error();
  const Bytes entry = read->extra.value_or(Bytes());
  const auto receipt = receipt::parse_receipt(as_text(entry));
  if (!receipt) return about(path, receipt.error());
  const auto checkpoint = tlog::verify_proof(*read, entry, *policy);
  if (!checkpoint) return about(path, checkpoint.error());
  const Digest digest = sha256(*bytes);
  if (receipt->result != digest) {
    return Error{ErrorCode::kCorrupt, options.file + " has the digest " + digest.hex() +
                                          ", the receipt is of " + receipt->result.hex()};
  }
  if (!options.program.empty()) {
    const Result<LoadedProgram> program = load_program(options.program);
    if (!program) return program.error();
    if (receipt->program != program->digest) {
      return Error{ErrorCode::kCorrupt, options.program + " has the digest " +
                                            program->digest.hex() + ", the receipt is of program " +
                                            receipt->program.hex()};
    }
  }
  Answer answer;
  answer.text = fmt::format(
      "{}: its receipt is entry {} of log {}\n  run {}, ended {}\n  program {}\n  twin {} "
      "(pseudonym), "
      "version {}\n  keys and features {}\n  computed by {}; that it was computed rightly is not "
      "proved\n",
      options.file, read->index, checkpoint->origin, receipt->run, utc_time(receipt->time_ms),
      receipt->program.hex(), receipt->twin.hex(), receipt->twin_version, receipt->content.hex(),
      receipt->software);
  answer.json = to_json(*checkpoint);
  answer.json["index"] = read->index;
  answer.json["run"] = receipt->run;
  answer.json["program"] = receipt->program.hex();
  answer.json["twin"] = receipt->twin.hex();
  answer.json["version"] = receipt->twin_version;
  answer.json["content"] = receipt->content.hex();
  answer.json["result"] = digest.hex();
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

  verb = commands.verb(noun, "result", "That the log has a result's receipt; nothing is decrypted",
                       [=] { return result(*options); });
  verb->add_option("RESULT", options->file, "Ciphertext, from run fetch")->required();
  verb->add_option("--proof", options->proof, "Its receipt; default: RESULT.tlog-proof");
  verb->add_option("--key", options->key, "The log's verifier key, NAME+ID+KEY, or a file with it");
  verb->add_option("--policy", options->policy, "Logs and witnesses to trust, instead of a key");
  verb->add_option("--program", options->program, "Program that has to be the receipt's");

  verb = commands.verb(noun, "proof", "That an entry is in a log that a policy trusts",
                       [=] { return proof(*options); });
  verb->add_option("PROOF", options->file, "Proof file (c2sp.org/tlog-proof@v1)")->required();
  verb->add_option("--entry", options->entry, "File with the entry's bytes")->required();
  verb->add_option("--policy", options->policy, "Logs and witnesses to trust (C2SP tlog-policy)")
      ->required();
}

}  // namespace salus::cli
