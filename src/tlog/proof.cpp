#include "tlog/proof.h"

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Error parse_error(const std::string& why) { return Error{ErrorCode::kParse, "log proof: " + why}; }

}  // namespace

std::string print_proof(const LogProof& proof) {
  std::string out = std::string(kProofHeader) + "\n";
  if (proof.extra) out += std::string(kExtra) + encode_base64(*proof.extra) + "\n";
  out += std::string(kIndex) + std::to_string(proof.index) + "\n";
  for (const Digest& hash : proof.hashes) out += encode_digest(hash) + "\n";
  return out + "\n" + proof.checkpoint;
}

Result<LogProof> parse_proof(std::string_view text) {
  if (text.size() > kMaxProofBytes) {
    return Error{ErrorCode::kLimit, "log proof: " + std::to_string(text.size()) +
                                        " bytes; the limit is " + std::to_string(kMaxProofBytes)};
  }
  LineReader lines(text);
  if (lines.next() != kProofHeader) {
    return Error{ErrorCode::kVersion,
                 "log proof: the first line is not " + std::string(kProofHeader)};
  }
  LogProof proof;
  std::optional<std::string_view> line = lines.next();
  if (line && line->starts_with(kExtra)) {
    Result<Bytes> extra = decode_base64(line->substr(kExtra.size()));
    if (!extra) return parse_error("extra data: " + extra.error().message);
    if (extra->empty() || extra->size() > kMaxProofExtraBytes) {
      return parse_error("extra data of " + std::to_string(extra->size()) + " bytes, not 1 to " +
                         std::to_string(kMaxProofExtraBytes));
    }
    proof.extra = std::move(*extra);
    line = lines.next();
  }
  if (!line || !line->starts_with(kIndex)) return parse_error("no line \"index <number>\"");
  const Result<std::uint64_t> index = parse_decimal(line->substr(kIndex.size()), kMaxTreeSize);
  if (!index) return parse_error("index: " + index.error().message);
  proof.index = *index;
  for (line = lines.next(); line && !line->empty(); line = lines.next()) {
    if (proof.hashes.size() == kMaxProofHashes) {
      return Error{ErrorCode::kLimit,
                   "log proof: more than " + std::to_string(kMaxProofHashes) + " hashes"};
    }
    const Result<Digest> hash = decode_digest(*line);
    if (!hash) return parse_error(hash.error().message);
    proof.hashes.push_back(*hash);
  }
  if (!line) return parse_error("no empty line before the checkpoint");
  proof.checkpoint = lines.rest();
  const Result<Note> note = parse_note(proof.checkpoint);
  if (!note) return note.error();
  const Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return checkpoint.error();
  return proof;
}

Result<Checkpoint> verify_proof(const LogProof& proof, ByteView entry, const Policy& policy) {
  Result<Checkpoint> checkpoint = check_checkpoint(policy, proof.checkpoint);
  if (!checkpoint) return checkpoint;
  const Status included =
      verify_inclusion(leaf_hash(entry), proof.index, checkpoint->head, proof.hashes);
  if (!included) return included.error();
  return checkpoint;
}

}  // namespace salus::tlog
