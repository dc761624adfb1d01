// Uploads that resume: by digest, from the offset that the server has acknowledged.
#pragma once

#include <functional>

#include "client/api.h"

namespace salus::client {

/// Called before the first and after each chunk.
using UploadProgress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

struct UploadReport {
  std::uint64_t sent_bytes = 0;     ///< over the wire in this call
  std::uint64_t skipped_bytes = 0;  ///< the server had them already
};

inline constexpr std::uint64_t kDefaultChunkBytes = 4u << 20;
inline constexpr int kUploadRetries = 5;

/// Makes the server hold `object` of that kind under its SHA-256. What it has already is not sent;
/// a broken connection is picked up at the acknowledged offset, kUploadRetries times without
/// headway.
/// Errors: kLimit (object above the server's limit, with both numbers), kUnavailable, those of Api.
Result<UploadReport> upload(Api& api, const Limits& limits, ByteView object, ObjectKind kind,
                            const UploadProgress& progress = {});

}  // namespace salus::client
