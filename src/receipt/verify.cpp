#include "receipt/verify.h"

namespace salus::receipt {
namespace {

std::string differs(std::string_view what, const std::string& said, const std::string& expected) {
  return "it is about " + std::string(what) + " " + said + ", not " + expected;
}

}  // namespace

std::string difference(const Receipt& r, const Expectation& e) {
  if (r.run != e.run) return differs("run", r.run, e.run);
  if (r.twin != e.twin) return differs("the twin with pseudonym", r.twin.hex(), e.twin.hex());
  if (r.twin_version != e.twin_version) {
    return differs("version", std::to_string(r.twin_version), std::to_string(e.twin_version));
  }
  if (r.content != e.content) {
    return differs("keys and features that together have the digest", r.content.hex(),
                   e.content.hex() + ", those that were uploaded");
  }
  if (r.program != e.program) return differs("program", r.program.hex(), e.program.hex());
  if (r.result != e.result) {
    return differs("the result", r.result.hex(), e.result.hex() + ", the one that came");
  }
  return {};
}

Result<Receipt> verify_receipt(const tlog::LogProof& proof, const tlog::Policy& policy,
                               const Expectation& expected) {
  if (!proof.extra) {
    return Error{ErrorCode::kParse, "the proof has no receipt beside it (its extra data)"};
  }
  Result<Receipt> receipt = parse_receipt(as_text(*proof.extra));
  if (!receipt) return receipt.error();
  if (const auto logged = tlog::verify_proof(proof, *proof.extra, policy); !logged) {
    return logged.error();
  }
  const std::string why = difference(*receipt, expected);
  if (why.empty()) return receipt;
  return Error{ErrorCode::kCorrupt, "the receipt is logged, but " + why};
}

}  // namespace salus::receipt
