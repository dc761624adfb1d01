#include "tlog/checkpoint.h"

#include <algorithm>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

Error parse_error(const std::string& why) { return Error{ErrorCode::kParse, "checkpoint: " + why}; }

}  // namespace

std::string print_checkpoint(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.head.size) + "\n" +
         encode_digest(checkpoint.head.root) + "\n";
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  LineReader lines(text);
  const std::optional<std::string_view> origin = lines.next();
  const std::optional<std::string_view> size = lines.next();
  const std::optional<std::string_view> root = lines.next();
  if (!root || !lines.rest().empty()) {
    return parse_error("not the three lines origin, size and root (extension lines are not taken)");
  }
  if (origin->empty() || !is_note_text(*origin)) {
    return parse_error("the origin is empty or not UTF-8 text");
  }
  const Result<std::uint64_t> entries = parse_decimal(*size, kMaxTreeSize);
  if (!entries) return parse_error("size: " + entries.error().message);
  const Result<Digest> hash = decode_digest(*root);
  if (!hash) return parse_error("root: " + hash.error().message);
  return Checkpoint{std::string(*origin), {*entries, *hash}};
}

std::string sign_checkpoint(const Signer& log, const Checkpoint& checkpoint) {
  const std::string text = print_checkpoint(checkpoint);
  return print_note({text, {sign_note(log, text)}});
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& log) {
  const Result<Note> parsed = parse_note(note);
  if (!parsed) return parsed.error();
  const auto verified = verify_note(*parsed, std::span(&log, 1));
  if (!verified) return verified.error();
  Result<Checkpoint> checkpoint = parse_checkpoint(parsed->text);
  if (checkpoint && checkpoint->origin != log.name) {
    return Error{ErrorCode::kMismatch,
                 "checkpoint: signed by the log " + log.name + ", but about " + checkpoint->origin};
  }
  return checkpoint;
}

Result<std::string> add_cosignatures(std::string_view note, std::string_view more,
                                     std::span<const VerifierKey> witnesses) {
  Result<Note> out = parse_note(note);
  if (!out) return out.error();
  Result<std::vector<NoteSignature>> offered = parse_signatures(more);
  if (!offered) return offered.error();
  const Note answer{out->text, std::move(*offered)};
  const auto verified = verify_note(answer, witnesses);
  if (!verified) return verified.error();
  for (const VerifiedSignature& good : *verified) {
    const NoteSignature& signature = answer.signatures[good.signature];
    const bool there = std::find(out->signatures.begin(), out->signatures.end(), signature) !=
                       out->signatures.end();
    if (!there) out->signatures.push_back(signature);
  }
  if (out->signatures.size() > kMaxNoteSignatures) {
    return Error{ErrorCode::kLimit, "checkpoint: " + std::to_string(out->signatures.size()) +
                                        " signatures; the limit is " +
                                        std::to_string(kMaxNoteSignatures)};
  }
  return print_note(*out);
}

}  // namespace salus::tlog
