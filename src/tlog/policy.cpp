#include "tlog/policy.h"

#include <algorithm>
#include <map>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kNoQuorum = "none";

/// The words between spaces and tabs.
std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kBlank = " \t";
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(kBlank); at != line.npos;
       at = line.find_first_not_of(kBlank, at)) {
    const std::size_t end = std::min(line.find_first_of(kBlank, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

/// Of the allowed octets 0x09, 0x20 to 0x7e and 0x80 to 0xff.
bool is_policy_line(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
  });
}

using Words = std::vector<std::string_view>;

/// Takes a policy's lines one after the other.
class PolicyReader {
 public:
  Status take(const Words& words) {
    if (words[0] == "log") return take_log(words);
    if (words[0] == "witness") return take_witness(words);
    if (words[0] == "group") return take_group(words);
    if (words[0] == "quorum") return take_quorum(words);
    return wrong("a line starts with log, witness, group or quorum");
  }

  Result<Policy> finish() {
    if (!has_quorum_) return wrong("no quorum line; add \"quorum NAME\" or \"quorum none\"");
    return std::move(policy_);
  }

 private:
  static Error wrong(const std::string& why) { return Error{ErrorCode::kParse, why}; }

  static Error too_many(const std::string& what, std::size_t limit) {
    return Error{ErrorCode::kLimit, "more than " + std::to_string(limit) + " " + what};
  }

  /// The name for a new party. It has to be free.
  Status define(std::string_view name) {
    if (name == kNoQuorum) return wrong("the name \"none\" is taken");
    const bool fresh = places_.emplace(name, policy_.parties.size()).second;
    if (!fresh) return wrong("the name \"" + std::string(name) + "\" is there twice");
    return {};
  }

  Result<std::size_t> find(std::string_view name) const {
    const auto found = places_.find(name);
    if (found == places_.end()) {
      return wrong("\"" + std::string(name) + "\" is not defined above this line");
    }
    return found->second;
  }

  Status take_log(const Words& words) {
    if (words.size() < 2 || words.size() > 3) return wrong("write: log KEY [URL]");
    if (policy_.logs.size() == kMaxPolicyLogs) return too_many("logs", kMaxPolicyLogs);
    Result<VerifierKey> key = VerifierKey::parse(words[1]);
    if (!key) return key.error();
    if (key->type != KeyType::kEd25519) return wrong("a log's key has type 1 (Ed25519)");
    for (const PolicyLog& log : policy_.logs) {
      if (log.key.public_key == key->public_key) return wrong("this log's key is there twice");
    }
    policy_.logs.push_back({std::move(*key), std::string(words.size() > 2 ? words[2] : "")});
    return {};
  }

  Status take_witness(const Words& words) {
    if (words.size() < 3 || words.size() > 4) return wrong("write: witness NAME KEY [URL]");
    if (witnesses_++ == kMaxPolicyWitnesses) return too_many("witnesses", kMaxPolicyWitnesses);
    Result<VerifierKey> key = VerifierKey::parse(words[2]);
    if (!key) return key.error();
    if (key->type != KeyType::kCosignature)
      return wrong("a witness's key has type 4 (cosignature)");
    for (const PolicyParty& party : policy_.parties) {
      if (party.key && party.key->public_key == key->public_key) {
        return wrong("this witness's key is there twice");
      }
    }
    const Status defined = define(words[1]);
    if (!defined) return defined;
    PolicyParty witness;
    witness.name = words[1];
    witness.key = std::move(*key);
    if (words.size() > 3) witness.url = words[3];
    add(std::move(witness));
    return {};
  }

  Status take_group(const Words& words) {
    constexpr std::size_t kFirstMember = 3;
    if (words.size() <= kFirstMember) return wrong("write: group NAME all|any|NUMBER MEMBER ...");
    if (groups_++ == kMaxPolicyGroups) return too_many("groups", kMaxPolicyGroups);
    PolicyParty group;
    group.name = words[1];
    for (std::size_t i = kFirstMember; i < words.size(); ++i) {
      const Result<std::size_t> member = find(words[i]);
      if (!member) return member.error();
      if (in_group_[*member]) {
        return wrong("\"" + std::string(words[i]) + "\" is a member already; once is enough");
      }
      in_group_[*member] = true;
      group.members.push_back(*member);
    }
    const std::size_t count = group.members.size();
    if (words[2] == "all" || words[2] == "any") {
      group.needed = words[2] == "all" ? count : 1;
    } else {
      const Result<std::uint64_t> needed = parse_decimal(words[2], count);
      if (!needed || *needed == 0) {
        return wrong("a group needs all, any, or 1 to " + std::to_string(count) +
                     " of its members");
      }
      group.needed = *needed;
    }
    const Status defined = define(words[1]);
    if (!defined) return defined;
    add(std::move(group));
    return {};
  }

  Status take_quorum(const Words& words) {
    if (words.size() != 2) return wrong("write: quorum NAME, or quorum none");
    if (has_quorum_) return wrong("a second quorum line");
    has_quorum_ = true;
    if (words[1] == kNoQuorum) return {};
    const Result<std::size_t> party = find(words[1]);
    if (!party) return party.error();
    policy_.quorum = *party;
    return {};
  }

  void add(PolicyParty party) {
    policy_.parties.push_back(std::move(party));
    in_group_.push_back(false);
  }

  Policy policy_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::vector<bool> in_group_;
  std::size_t witnesses_ = 0;
  std::size_t groups_ = 0;
  bool has_quorum_ = false;
};

/// Which parties have witnessed a checkpoint that the witnesses in `good` cosigned. Members stand
/// before their groups, so that one pass suffices.
std::vector<bool> witnessed_by(const Policy& policy, const std::vector<bool>& good) {
  std::vector<bool> out = good;
  for (std::size_t i = 0; i < policy.parties.size(); ++i) {
    const PolicyParty& party = policy.parties[i];
    if (party.key) continue;
    const auto have = std::count_if(party.members.begin(), party.members.end(),
                                    [&](std::size_t member) { return out[member]; });
    out[i] = static_cast<std::size_t>(have) >= party.needed;
  }
  return out;
}

/// What keeps the quorum from being reached: the parties below it that have not witnessed.
std::string missing(const Policy& policy, const std::vector<bool>& witnessed) {
  std::vector<bool> wanted(policy.parties.size(), false);
  wanted[*policy.quorum] = true;
  std::string out;
  for (std::size_t i = policy.parties.size(); i-- > 0;) {
    if (!wanted[i] || witnessed[i]) continue;
    const PolicyParty& party = policy.parties[i];
    if (party.key) {
      if (i == *policy.quorum) out += "; no cosignature of " + party.name;
      continue;
    }
    std::string names;
    std::size_t have = 0;
    for (const std::size_t member : party.members) {
      wanted[member] = true;
      if (witnessed[member]) {
        ++have;
      } else {
        names += (names.empty() ? "" : ", ") + policy.parties[member].name;
      }
    }
    out += "; " + party.name + " needs " + std::to_string(party.needed) + " of " +
           std::to_string(party.members.size()) + " and has " + std::to_string(have) +
           ", missing: " + names;
  }
  return out;
}

}  // namespace

Result<Policy> parse_policy(std::string_view text) {
  if (text.size() > kMaxPolicyBytes) {
    return Error{ErrorCode::kLimit, "policy: " + std::to_string(text.size()) +
                                        " bytes; the limit is " + std::to_string(kMaxPolicyBytes)};
  }
  const auto at = [](std::size_t line, const Error& error) {
    return Error{error.code, "policy line " + std::to_string(line) + ": " + error.message};
  };
  PolicyReader reader;
  LineReader lines(text);
  std::size_t number = 0;
  while (const std::optional<std::string_view> line = lines.next()) {
    ++number;
    if (!is_policy_line(*line)) {
      return at(number, {ErrorCode::kParse, "a control character other than tab"});
    }
    const Words words = words_of(*line);
    if (words.empty() || words[0].starts_with('#')) continue;
    const Status taken = reader.take(words);
    if (!taken) return at(number, taken.error());
  }
  if (!lines.rest().empty()) {
    return at(number + 1, {ErrorCode::kParse, "the last line does not end in a newline"});
  }
  Result<Policy> policy = reader.finish();
  if (!policy) return at(number, policy.error());
  return policy;
}

Result<Checkpoint> check_checkpoint(const Policy& policy, std::string_view note) {
  const Result<Note> parsed = parse_note(note);
  if (!parsed) return parsed.error();
  Result<Checkpoint> checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint) return checkpoint;
  const std::string name =
      "checkpoint " + std::to_string(checkpoint->head.size) + " of " + checkpoint->origin;

  std::vector<VerifierKey> log_keys;
  for (const PolicyLog& log : policy.logs) {
    if (log.key.name == checkpoint->origin) log_keys.push_back(log.key);
  }
  if (log_keys.empty()) {
    return Error{ErrorCode::kDenied, name + ": the policy lists no log of that name"};
  }
  const auto by_log = verify_note(*parsed, log_keys);
  if (!by_log) return Error{by_log.error().code, name + ": " + by_log.error().message};

  std::vector<VerifierKey> witness_keys;
  std::vector<std::size_t> witness_places;
  for (std::size_t i = 0; i < policy.parties.size(); ++i) {
    if (!policy.parties[i].key) continue;
    witness_keys.push_back(*policy.parties[i].key);
    witness_places.push_back(i);
  }
  const auto by_witnesses = verify_note(*parsed, witness_keys);
  std::vector<bool> good(policy.parties.size(), false);
  if (by_witnesses) {
    for (const VerifiedSignature& each : *by_witnesses) good[witness_places[each.key]] = true;
  } else if (by_witnesses.error().code != ErrorCode::kDenied) {
    return Error{by_witnesses.error().code, name + ": " + by_witnesses.error().message};
  }
  const std::vector<bool> witnessed = witnessed_by(policy, good);
  if (policy.quorum && !witnessed[*policy.quorum]) {
    return Error{ErrorCode::kDenied, name + " has too few cosignatures for the quorum " +
                                         policy.parties[*policy.quorum].name +
                                         missing(policy, witnessed)};
  }
  return checkpoint;
}

}  // namespace salus::tlog
