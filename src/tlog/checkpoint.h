// Checkpoints: a log's name, size and root as the text of a signed note. Source: C2SP
// tlog-checkpoint v1.0.0 (without extension lines, which this build neither writes nor accepts) and
// tlog-cosignature.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tlog/merkle.h"
#include "tlog/note.h"

namespace salus::tlog {

struct Checkpoint {
  std::string origin;  ///< the log's name
  TreeHead head;
  bool operator==(const Checkpoint&) const = default;
};

/// "<origin>\n<size>\n<base64 of the root>\n".
std::string print_checkpoint(const Checkpoint& checkpoint);
/// print_checkpoint(*parse_checkpoint(t)) == t. Errors: kParse.
Result<Checkpoint> parse_checkpoint(std::string_view text);

/// print_checkpoint, signed.
std::string sign_checkpoint(const Signer& log, const Checkpoint& checkpoint);

/// The checkpoint in a note that `log` signed, whose name is the origin. Errors: of parse_note and
/// verify_note; kParse; kMismatch for another origin.
Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& log);

/// `note` with those of the signature lines `more` (a witness's answer) that are good and by one of
/// `witnesses`; others, and those that it has already, are left out. Errors: of parse_note,
/// parse_signatures and verify_note; kLimit.
Result<std::string> add_cosignatures(std::string_view note, std::string_view more,
                                     std::span<const VerifierKey> witnesses);

}  // namespace salus::tlog
