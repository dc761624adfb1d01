#include "tlog/witness.h"

#include <algorithm>

#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kOld = "old ";

Error parse_error(const std::string& why) {
  return Error{ErrorCode::kParse, "add-checkpoint: " + why};
}

/// The checkpoint of a request, signed by one of the logs' keys; otherwise why not.
std::variant<Checkpoint, Refusal> signed_checkpoint(std::string_view text,
                                                    const std::vector<VerifierKey>& logs) {
  const Result<Note> note = parse_note(text);
  if (!note) return Refusal{RefusalKind::kMalformed, note.error().message};
  Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return Refusal{RefusalKind::kMalformed, checkpoint.error().message};
  std::vector<VerifierKey> keys;
  std::copy_if(logs.begin(), logs.end(), std::back_inserter(keys),
               [&](const VerifierKey& key) { return key.name == checkpoint->origin; });
  if (keys.empty()) {
    return Refusal{RefusalKind::kUnknownLog,
                   "this witness does not know the log " + checkpoint->origin};
  }
  const auto verified = verify_note(*note, keys);
  if (!verified) return Refusal{RefusalKind::kNotSigned, verified.error().message};
  return std::move(*checkpoint);
}

Refusal conflict(const std::string& origin, std::uint64_t asked, std::uint64_t known) {
  return Refusal{RefusalKind::kConflict,
                 "of the log " + origin + " this witness cosigned " + std::to_string(known) +
                     " entries last, not " + std::to_string(asked) +
                     "; prove consistency from there",
                 known};
}

/// Whether the checkpoint continues what is remembered; nothing where it does.
std::optional<Refusal> refusal_of(const WitnessRequest& request, const Checkpoint& checkpoint,
                                  const TreeHead& known) {
  if (request.old_size > checkpoint.head.size) {
    return Refusal{RefusalKind::kMalformed, "old size " + std::to_string(request.old_size) +
                                                " is above the checkpoint's " +
                                                std::to_string(checkpoint.head.size)};
  }
  if (request.old_size != known.size) {
    return conflict(checkpoint.origin, request.old_size, known.size);
  }
  if (checkpoint.head.size == 0 && checkpoint.head.root != empty_root()) {
    return Refusal{RefusalKind::kBadProof,
                   "the checkpoint of no entries has another root than "
                   "the empty tree"};
  }
  const Status consistent = verify_consistency(known, checkpoint.head, request.proof);
  if (!consistent) return Refusal{RefusalKind::kBadProof, consistent.error().message};
  return {};
}

}  // namespace

std::string print_witness_request(const WitnessRequest& request) {
  std::string out = std::string(kOld) + std::to_string(request.old_size) + "\n";
  for (const Digest& hash : request.proof) out += encode_digest(hash) + "\n";
  return out + "\n" + request.checkpoint;
}

Result<WitnessRequest> parse_witness_request(std::string_view text) {
  if (text.size() > kMaxWitnessRequestBytes) {
    return Error{ErrorCode::kLimit, "add-checkpoint: " + std::to_string(text.size()) +
                                        " bytes; the limit is " +
                                        std::to_string(kMaxWitnessRequestBytes)};
  }
  LineReader lines(text);
  std::optional<std::string_view> line = lines.next();
  if (!line || !line->starts_with(kOld)) return parse_error("no line \"old <size>\"");
  const Result<std::uint64_t> size = parse_decimal(line->substr(kOld.size()), kMaxTreeSize);
  if (!size) return parse_error("old size: " + size.error().message);
  WitnessRequest request;
  request.old_size = *size;
  for (line = lines.next(); line && !line->empty(); line = lines.next()) {
    if (request.proof.size() == kMaxProofHashes) {
      return Error{ErrorCode::kLimit,
                   "add-checkpoint: more than " + std::to_string(kMaxProofHashes) + " hashes"};
    }
    const Result<Digest> hash = decode_digest(*line);
    if (!hash) return parse_error(hash.error().message);
    request.proof.push_back(*hash);
  }
  if (!line) return parse_error("no empty line before the checkpoint");
  request.checkpoint = lines.rest();
  const Result<Note> note = parse_note(request.checkpoint);
  if (!note) return note.error();
  const Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return checkpoint.error();
  return request;
}

Witness::Witness(Signer signer, std::vector<VerifierKey> logs, WitnessStore& memory)
    : signer_(std::move(signer)), logs_(std::move(logs)), memory_(memory) {
  check(signer_.key().type == KeyType::kCosignature, "a witness has a cosigning key");
}

Result<WitnessAnswer> Witness::add_checkpoint(const WitnessRequest& request,
                                              std::uint64_t time) const {
  std::variant<Checkpoint, Refusal> opened = signed_checkpoint(request.checkpoint, logs_);
  if (Refusal* refusal = std::get_if<Refusal>(&opened)) return WitnessAnswer(std::move(*refusal));
  const Checkpoint& checkpoint = std::get<Checkpoint>(opened);

  const Result<std::optional<TreeHead>> stored = memory_.load(checkpoint.origin);
  if (!stored) return stored.error();
  // Of a log never seen, the witness knows the empty tree.
  const TreeHead known = stored->value_or(TreeHead{0, empty_root()});
  std::optional<Refusal> refusal = refusal_of(request, checkpoint, known);
  if (refusal) return WitnessAnswer(std::move(*refusal));

  const Result<bool> replaced = memory_.replace(checkpoint.origin, *stored, checkpoint.head);
  if (!replaced) return replaced.error();
  if (!*replaced) {
    // Another request came between: what it stored is what counts now.
    const Result<std::optional<TreeHead>> newer = memory_.load(checkpoint.origin);
    if (!newer) return newer.error();
    const std::uint64_t size = newer->value_or(TreeHead{}).size;
    return WitnessAnswer(conflict(checkpoint.origin, request.old_size, size));
  }
  return WitnessAnswer(cosign_note(signer_, print_checkpoint(checkpoint), time));
}

Result<WitnessAnswer> Witness::add_checkpoint(std::string_view body, std::uint64_t time) const {
  const Result<WitnessRequest> request = parse_witness_request(body);
  if (!request) return WitnessAnswer(Refusal{RefusalKind::kMalformed, request.error().message});
  return add_checkpoint(*request, time);
}

}  // namespace salus::tlog
