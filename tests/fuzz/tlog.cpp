// links: salus_tlog
// Notes, checkpoints, keys, bundles, paths, proofs, policies and witness requests from anywhere are
// read or refused with a message, and what is accepted has one spelling: it prints as it was read.
#include <cstdint>
#include <string_view>

#include "tlog/policy.h"
#include "tlog/proof.h"
#include "tlog/text.h"
#include "tlog/tile.h"
#include "tlog/witness.h"

namespace {

using namespace salus;
using namespace salus::tlog;

template <class T>
bool accepted(const Result<T>& result) {
  check(result.has_value() || !result.error().message.empty(), "an error says why");
  return result.has_value();
}

void check_texts(std::string_view text) {
  if (const auto note = parse_note(text); accepted(note)) {
    check(print_note(*note) == text, "a note prints as it was read");
    check(!note->signatures.empty() && note->signatures.size() <= kMaxNoteSignatures, "limits");
    (void)accepted(parse_checkpoint(note->text));
  }
  if (const auto checkpoint = parse_checkpoint(text); accepted(checkpoint)) {
    check(print_checkpoint(*checkpoint) == text, "a checkpoint prints as it was read");
  }
  if (const auto key = VerifierKey::parse(text); accepted(key)) {
    check(key->text() == text, "a key prints as it was read");
  }
  if (const auto bytes = decode_base64(text); accepted(bytes)) {
    check(encode_base64(*bytes) == text, "base64 has one spelling");
  }
  if (const auto path = parse_tile_path(text); accepted(path)) {
    check((path->is_bundle ? bundle_path(path->tile) : tile_path(path->tile)) == text,
          "a path prints as it was read");
  }
  (void)accepted(Signer::parse(text));
}

void check_proofs(std::string_view text, const Policy& policy) {
  if (const auto proof = parse_proof(text); accepted(proof)) {
    check(print_proof(*proof) == text, "a proof prints as it was read");
    (void)accepted(verify_proof(*proof, as_bytes("entry"), policy));
  }
  if (const auto request = parse_witness_request(text); accepted(request)) {
    check(print_witness_request(*request) == text, "a request prints as it was read");
  }
}

/// The bytes as a policy, and a checkpoint of a listed log under it.
void check_policy(std::string_view text) {
  const auto policy = parse_policy(text);
  if (!accepted(policy)) return;
  for (std::size_t i = 0; i < policy->parties.size(); ++i) {
    const PolicyParty& party = policy->parties[i];
    for (const std::size_t member : party.members) check(member < i, "members stand before");
    check(party.key || (party.needed >= 1 && party.needed <= party.members.size()), "reachable");
  }
  const std::string origin = policy->logs.empty() ? "log" : policy->logs[0].key.name;
  const std::string text_of = print_checkpoint({origin, {0, empty_root()}});
  const Note note{text_of, {{origin, 0, Bytes(64)}}};
  check(!accepted(check_checkpoint(*policy, print_note(note))), "nobody signed this");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Policy kPolicy = must(parse_policy(
      "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\n"
      "quorum none\n"));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_texts(text);
  check_proofs(text, kPolicy);
  check_policy(text);
  for (const unsigned width : {1u, 2u, 3u, kTileWidth}) {
    if (const auto entries = parse_bundle(as_bytes(text), width); accepted(entries)) {
      check(as_text(print_bundle(*entries)) == text, "a bundle prints as it was read");
    }
    (void)accepted(parse_tile(as_bytes(text), width));
  }
  return 0;
}
