// What a client checks before it decrypts.
#pragma once

#include "receipt/entry.h"
#include "tlog/proof.h"

namespace salus::receipt {

/// What the owner of a twin knows of a run without asking the server.
struct Expectation {
  std::string run;
  Digest twin;  ///< the pseudonym that the server gave when the twin was made
  std::uint64_t twin_version = 0;
  Digest content;  ///< twin_content of what was uploaded
  Digest program;
  Digest result;  ///< SHA-256 of the bytes that came as the result
};

/// Why a receipt does not say what is expected; empty if it does.
std::string difference(const Receipt& receipt, const Expectation& expected);

/// The proof's extra data as a receipt that is in a log which the policy trusts, and that says what
/// is expected. Errors: kParse (no receipt in it), of parse_receipt and tlog::verify_proof;
/// kCorrupt naming the first field that differs: the server computed something else, or for
/// somebody else.
Result<Receipt> verify_receipt(const tlog::LogProof& proof, const tlog::Policy& policy,
                               const Expectation& expected);

}  // namespace salus::receipt
