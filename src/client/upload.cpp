#include "client/upload.h"

#include <algorithm>

namespace salus::client {
namespace {

bool worth_retrying(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kConflict ||
         code == ErrorCode::kCorrupt;
}

/// Announces and reports where to go on; an announcement is idempotent.
Result<UploadState> state_of(Api& api, const Digest& digest, ByteView object, ObjectKind kind) {
  Result<UploadState> state = api.announce(digest, object.size(), kind);
  if (!state) return state;
  if (state->offset > object.size()) {
    return Error{ErrorCode::kParse, "upload of " + digest.hex() + ": server claims offset " +
                                        std::to_string(state->offset) + " of " +
                                        std::to_string(object.size()) + " bytes"};
  }
  return state;
}

}  // namespace

Result<UploadReport> upload(Api& api, const Limits& limits, ByteView object, ObjectKind kind,
                            const UploadProgress& progress) {
  if (object.empty() || object.size() > limits.max_object_bytes) {
    return Error{ErrorCode::kLimit,
                 "upload: " + std::string(name(kind)) + " of " + std::to_string(object.size()) +
                     " bytes, the server takes 1 to " + std::to_string(limits.max_object_bytes)};
  }
  const Digest digest = sha256(object);
  const std::uint64_t chunk_bytes =
      std::max<std::uint64_t>(1, std::min(kDefaultChunkBytes, limits.max_chunk_bytes));
  UploadReport report;
  Result<UploadState> state = state_of(api, digest, object, kind);
  if (!state) return state.error();
  report.skipped_bytes = state->complete ? object.size() : state->offset;

  int failures = 0;
  std::uint64_t best = state->offset;
  while (!state->complete) {
    const std::uint64_t offset = state->offset;
    if (progress) progress(offset, object.size());
    const ByteView chunk = object.subspan(offset, std::min(chunk_bytes, object.size() - offset));
    state = api.put(digest, offset, chunk);
    report.sent_bytes += chunk.size();
    if (state && (state->complete || state->offset > offset)) {
      if (state->offset > best) best = state->offset, failures = 0;
      continue;
    }
    if (!state && !worth_retrying(state.error().code)) return state.error();
    if (++failures > kUploadRetries) {
      if (!state) return state.error();
      return Error{ErrorCode::kUnavailable,
                   "upload of " + digest.hex() + " makes no headway at byte " +
                       std::to_string(offset) + "; repeat the command to resume"};
    }
    const Error failed = state ? Error{ErrorCode::kUnavailable, {}} : state.error();
    state = state_of(api, digest, object, kind);
    if (!state) return failed.message.empty() ? state.error() : failed;
  }
  if (progress) progress(object.size(), object.size());
  return report;
}

}  // namespace salus::client
