// A witness: cosigns a log's checkpoints as long as each is consistent with all before it. Without
// HTTP and without a database. Source: C2SP tlog-witness v1.0.0, call add-checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tlog/checkpoint.h"

namespace salus::tlog {

/// The body of add-checkpoint: "old <size>\n<base64 of a hash>\n ... \n<checkpoint>".
struct WitnessRequest {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;  ///< of consistency, from old_size to the checkpoint's size
  std::string checkpoint;     ///< the signed note
  bool operator==(const WitnessRequest&) const = default;
};

inline constexpr std::size_t kMaxWitnessRequestBytes = kMaxNoteBytes + 64 * (kMaxProofHashes + 2);

std::string print_witness_request(const WitnessRequest& request);
/// print_witness_request(*parse_witness_request(t)) == t. Errors: kParse, kLimit.
Result<WitnessRequest> parse_witness_request(std::string_view text);

/// What a witness remembers of each log: the head that it cosigned last. The user of the witness
/// implements it; `replace` is atomic and durable when it returns.
class WitnessStore {
 public:
  virtual ~WitnessStore() = default;
  /// Nothing where none was stored. Errors: kIo and others that keep it from knowing.
  virtual Result<std::optional<TreeHead>> load(const std::string& origin) = 0;
  /// Stores `next` if what is stored is `expected`; whether it did. Errors: as load.
  virtual Result<bool> replace(const std::string& origin, const std::optional<TreeHead>& expected,
                               const TreeHead& next) = 0;
};

/// Why a checkpoint is not cosigned. Behind each the status of the HTTP answer.
enum class RefusalKind {
  kMalformed,   ///< 400: not a request, or an old size above the checkpoint's
  kNotSigned,   ///< 403: no signature by the log's key, or a wrong one
  kUnknownLog,  ///< 404
  kConflict,    ///< 409: the old size is not the one remembered, which the answer says
  kBadProof,    ///< 422: not consistent with what was cosigned before
};

struct Refusal {
  RefusalKind kind = RefusalKind::kMalformed;
  std::string message;
  std::uint64_t size = 0;  ///< of kConflict: the body of the answer, as "<size>\n"
};

/// The line to append to the checkpoint, or why there is none.
using WitnessAnswer = std::variant<NoteSignature, Refusal>;

/// Its memory outlives it. Safe to call concurrently if the memory is: of two requests at once, one
/// is a conflict.
class Witness {
 public:
  /// `logs`: the keys trusted for the origin that is each one's name; several may share one. A
  /// Defect unless the signer's type is kCosignature.
  Witness(Signer signer, std::vector<VerifierKey> logs, WitnessStore& memory);

  /// Remembers the checkpoint and only then cosigns it, at `time` in seconds since 1970 (1 to
  /// kMaxCosignatureTime). Errors: of the memory; nothing is cosigned then.
  Result<WitnessAnswer> add_checkpoint(const WitnessRequest& request, std::uint64_t time) const;
  /// The same from the body of a request.
  Result<WitnessAnswer> add_checkpoint(std::string_view body, std::uint64_t time) const;

 private:
  Signer signer_;
  std::vector<VerifierKey> logs_;
  WitnessStore& memory_;
};

}  // namespace salus::tlog
