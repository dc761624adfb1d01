// Proof files (*.tlog-proof): that an entry is in a log, to be checked offline. Source: C2SP
// tlog-proof.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tlog/policy.h"

namespace salus::tlog {

inline constexpr std::size_t kMaxProofExtraBytes = 64 * 1024;
/// A note, the extra data as base64, and the lines between them.
inline constexpr std::size_t kMaxProofBytes = kMaxNoteBytes + 2 * kMaxProofExtraBytes;

struct LogProof {
  std::optional<Bytes> extra;  ///< not authenticated by anything; never empty
  std::uint64_t index = 0;
  std::vector<Digest> hashes;  ///< from the leaf's sibling upwards
  std::string checkpoint;      ///< the signed note, verbatim
  bool operator==(const LogProof&) const = default;
};

/// "c2sp.org/tlog-proof@v1\n[extra <base64>\n]index <n>\n<base64 of a hash>\n ... \n<checkpoint>".
std::string print_proof(const LogProof& proof);
/// print_proof(*parse_proof(t)) == t. Reads, and does not verify. Errors: kParse, kVersion, kLimit.
Result<LogProof> parse_proof(std::string_view text);

/// The checkpoint of a log and witnesses that the policy trusts, in whose tree `entry` is number
/// proof.index. Errors: of check_checkpoint and verify_inclusion.
Result<Checkpoint> verify_proof(const LogProof& proof, ByteView entry, const Policy& policy);

}  // namespace salus::tlog
