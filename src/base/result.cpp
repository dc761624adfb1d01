#include "base/result.h"

namespace salus {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kParse: return "parse";
    case ErrorCode::kVersion: return "version";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kOutsideBox: return "outside_box";
    case ErrorCode::kUnsafeParameters: return "unsafe_parameters";
    case ErrorCode::kMismatch: return "mismatch";
    case ErrorCode::kLevelExhausted: return "level_exhausted";
    case ErrorCode::kScaleMismatch: return "scale_mismatch";
    case ErrorCode::kMissingKey: return "missing_key";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kDenied: return "denied";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kNoSpace: return "no_space";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kNotBuilt: return "not_built";
  }
  return "unknown";
}

void throw_defect(std::string_view why, std::source_location where) {
  throw Defect(std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " +
               std::string(why));
}

}  // namespace salus
