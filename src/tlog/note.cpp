#include "tlog/note.h"

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kSignaturePrefix = "\xe2\x80\x94 ";  // em dash, space
constexpr std::string_view kSeparator = "\n\n";
constexpr std::size_t kIdBytes = 4;

Error parse_error(const std::string& why) {
  return Error{ErrorCode::kParse, "signed note: " + why};
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) {
    return parse_error("a signature line does not start with an em dash and a space");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  NoteSignature out;
  out.name = line.substr(0, space);
  if (space == line.npos || !is_key_name(out.name)) {
    return parse_error("a signature line without a key name of 1 to " +
                       std::to_string(kMaxNameBytes) + " bytes");
  }
  const Result<Bytes> blob = decode_base64(line.substr(space + 1));
  if (!blob) return parse_error("signature of " + out.name + ": " + blob.error().message);
  if (blob->size() <= kIdBytes || blob->size() > kIdBytes + kMaxSignatureBytes) {
    return parse_error("the signature of " + out.name + " has " + std::to_string(blob->size()) +
                       " bytes; a key id and up to " + std::to_string(kMaxSignatureBytes) +
                       " bytes are allowed");
  }
  out.key_id = static_cast<std::uint32_t>(load_big_endian(ByteView(*blob).first(kIdBytes)));
  out.signature.assign(blob->begin() + kIdBytes, blob->end());
  return out;
}

}  // namespace

Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines) {
  std::vector<NoteSignature> out;
  LineReader reader(lines);
  while (const std::optional<std::string_view> line = reader.next()) {
    if (out.size() == kMaxNoteSignatures) {
      return Error{ErrorCode::kLimit,
                   "signed note: more than " + std::to_string(kMaxNoteSignatures) + " signatures"};
    }
    Result<NoteSignature> signature = parse_signature(*line);
    if (!signature) return signature.error();
    out.push_back(std::move(*signature));
  }
  if (!reader.rest().empty()) return parse_error("the last line does not end in a newline");
  if (out.empty()) return parse_error("no signature");
  return out;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) {
    return Error{ErrorCode::kLimit, "signed note: " + std::to_string(bytes.size()) +
                                        " bytes; the limit is " + std::to_string(kMaxNoteBytes)};
  }
  if (!is_note_text(bytes)) {
    return parse_error("not UTF-8, or with a control character other than newline");
  }
  const std::size_t split = bytes.rfind(kSeparator);
  if (split == bytes.npos) return parse_error("no empty line between text and signatures");
  Result<std::vector<NoteSignature>> signatures =
      parse_signatures(bytes.substr(split + kSeparator.size()));
  if (!signatures) return signatures.error();
  return Note{std::string(bytes.substr(0, split + 1)), std::move(*signatures)};
}

std::string print_signature(const NoteSignature& signature) {
  Bytes blob;
  append_big_endian(blob, signature.key_id, kIdBytes);
  append(blob, signature.signature);
  return std::string(kSignaturePrefix) + signature.name + " " + encode_base64(blob) + "\n";
}

std::string print_note(const Note& note) {
  std::string out = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) out += print_signature(signature);
  return out;
}

NoteSignature sign_note(const Signer& signer, std::string_view text) {
  return {signer.key().name, signer.key().id(), signer.sign(text)};
}

NoteSignature cosign_note(const Signer& signer, std::string_view text, std::uint64_t time) {
  return {signer.key().name, signer.key().id(), signer.cosign(text, time)};
}

Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys) {
  std::vector<std::uint32_t> ids;
  for (const VerifierKey& key : keys) ids.push_back(key.id());
  std::vector<VerifiedSignature> out;
  for (std::size_t i = 0; i < note.signatures.size(); ++i) {
    const NoteSignature& signature = note.signatures[i];
    bool known = false;
    bool good = false;
    // Several keys may share name and id, which have only 32 bits: one that verifies will do.
    for (std::size_t k = 0; k < keys.size(); ++k) {
      if (ids[k] != signature.key_id || keys[k].name != signature.name) continue;
      known = true;
      if (!verify_signature(keys[k], note.text, signature.signature)) continue;
      good = true;
      const bool timed = keys[k].type == KeyType::kCosignature;
      out.push_back({k, i, timed ? cosignature_time(signature.signature) : 0});
    }
    if (known && !good) {
      return Error{ErrorCode::kCorrupt, "signed note: the signature of the known key " +
                                            signature.name + " is wrong; do not trust the note"};
    }
  }
  if (out.empty()) {
    return Error{ErrorCode::kDenied,
                 "signed note: none of its " + std::to_string(note.signatures.size()) +
                     " signatures is by one of the " + std::to_string(keys.size()) + " known keys"};
  }
  return out;
}

}  // namespace salus::tlog
