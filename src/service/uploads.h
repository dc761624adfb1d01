// Objects come in: announced, appended, checked, kept. Objects go out.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "service/context.h"

namespace salus::service {

struct ObjectStatus {
  Digest digest;
  store::ObjectKind kind = store::ObjectKind::kCiphertext;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;  ///< acknowledged: survives a crash
  bool complete = false;
  bool is_new = false;  ///< of `announce`: this call made it
};

class Uploads;

/// One body that is being received. Used by one thread at a time; while it lives, nobody else
/// appends to the same object. Bytes count only after `finish` or `keep`.
class Append {
 public:
  ~Append();
  Append(const Append&) = delete;
  Append& operator=(const Append&) = delete;

  /// Errors: kLimit beyond the announced size, kNoSpace, kIo.
  Status write(ByteView bytes);

  /// Everything arrived: makes it durable and acknowledges it. With the last byte the digest is
  /// checked (kCorrupt: the upload starts again from 0) and the object is parsed against its kind
  /// (kParse, kVersion, ...: the upload is dropped), and only then complete.
  Result<ObjectStatus> finish();

  /// The sender went away: what came so far is made durable and acknowledged.
  Status keep();

 private:
  friend class Uploads;
  Append(Uploads& uploads, store::Upload upload, std::unique_ptr<store::PartialObject> partial);
  Result<ObjectStatus> complete();

  Uploads& uploads_;  // outlives every append: it is the service's
  store::Upload upload_;
  std::unique_ptr<store::PartialObject> partial_;
};

/// Safe for concurrent use.
class Uploads {
 public:
  explicit Uploads(Context& context) : context_(context) {}

  /// Idempotent. Errors: kInvalidArgument, kLimit, kConflict, kNoSpace (quota).
  Result<ObjectStatus> announce(store::AccountId account, const Digest& digest, std::uint64_t bytes,
                                store::ObjectKind kind);
  /// Errors: kNotFound.
  Result<ObjectStatus> status(store::AccountId account, const Digest& digest);
  /// Errors: kNotFound, kConflict (the offset is not the acknowledged one, complete, or another
  /// append is under way), kUnavailable (too many uploads of this account at once).
  Result<std::unique_ptr<Append>> append(store::AccountId account, const Digest& digest,
                                         std::uint64_t offset);
  /// Errors: kNotFound, also when only another account holds it.
  Result<std::unique_ptr<store::ObjectBytes>> read(store::AccountId account, const Digest& digest);

 private:
  friend class Append;
  Status enter(const store::UploadName& name);
  void leave(const store::UploadName& name);
  Status check_size(store::ObjectKind kind, const Digest& digest, std::uint64_t bytes) const;

  Context& context_;
  std::mutex turn_;
  std::set<store::UploadName> appending_;
};

}  // namespace salus::service
