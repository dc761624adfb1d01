// Policy files: which logs and witnesses are trusted, and how many witnesses a checkpoint needs.
// Source: C2SP tlog-policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tlog/checkpoint.h"

namespace salus::tlog {

inline constexpr std::size_t kMaxPolicyBytes = 256 * 1024;
inline constexpr std::size_t kMaxPolicyLogs = 64;
/// As many cosignatures as a note holds beside the log's own.
inline constexpr std::size_t kMaxPolicyWitnesses = 64;
inline constexpr std::size_t kMaxPolicyGroups = 64;

struct PolicyLog {
  VerifierKey key;
  std::string url;  ///< may be empty
};

/// A witness, or a group of what stands before it in Policy::parties.
struct PolicyParty {
  std::string name;
  std::optional<VerifierKey> key;    ///< of a witness; none: a group
  std::string url;                   ///< of a witness; may be empty
  std::size_t needed = 0;            ///< of a group: how many of its members
  std::vector<std::size_t> members;  ///< of a group: indices below its own
};

struct Policy {
  std::vector<PolicyLog> logs;
  std::vector<PolicyParty> parties;
  std::optional<std::size_t> quorum;  ///< a party; none: "quorum none"
};

/// Errors: kParse or kLimit, as "policy line N: ...", and of VerifierKey::parse.
Result<Policy> parse_policy(std::string_view text);

/// The checkpoint in a note that one of the policy's logs signed and a quorum of its witnesses
/// cosigned. Errors: of parse_note, verify_note and parse_checkpoint; kDenied for a log that the
/// policy does not list, and where cosignatures are missing: the message says whose.
Result<Checkpoint> check_checkpoint(const Policy& policy, std::string_view note);

}  // namespace salus::tlog
