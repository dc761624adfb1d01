// Bytes by digest: where ciphertexts, evaluation keys, programs and results lie. Drivers: files/.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::store {

/// An upload in progress is named by who uploads what: two accounts that send the same object never
/// touch each other's bytes, and nobody gains an object by knowing its digest.
struct UploadName {
  std::int64_t account = 0;
  Digest digest;
  auto operator<=>(const UploadName&) const = default;
};

/// An upload that is being written. Not safe for concurrent use; at most one per name.
class PartialObject {
 public:
  virtual ~PartialObject() = default;
  PartialObject(const PartialObject&) = delete;
  PartialObject& operator=(const PartialObject&) = delete;

  /// Appends; not durable before `sync`. Errors: kNoSpace, kIo.
  virtual Status write(ByteView bytes) = 0;
  /// Makes everything written so far survive a crash. Errors: kNoSpace, kIo.
  virtual Status sync() = 0;
  virtual std::uint64_t size() const = 0;

 protected:
  PartialObject() = default;
};

/// The bytes of a complete object; the view lives as long as this.
class ObjectBytes {
 public:
  virtual ~ObjectBytes() = default;
  ObjectBytes(const ObjectBytes&) = delete;
  ObjectBytes& operator=(const ObjectBytes&) = delete;
  virtual ByteView view() const = 0;

 protected:
  ObjectBytes() = default;
};

/// Content-addressed bytes. What it returned success for survives a crash at any later moment. Safe
/// for concurrent use, except that one upload name has one writer at a time.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  /// The upload, cut back to the acknowledged `offset` (bytes beyond it were never promised).
  /// Errors: kCorrupt when fewer than `offset` bytes are there, kNoSpace, kIo.
  virtual Result<std::unique_ptr<PartialObject>> resume(const UploadName& name,
                                                        std::uint64_t offset) = 0;
  /// The bytes of an upload so far. Errors: kNotFound, kIo.
  virtual Result<std::unique_ptr<ObjectBytes>> read_partial(const UploadName& name) const = 0;
  /// Durably gives the upload's bytes, which the caller has synced and checked, their digest as
  /// name. The upload stays until `discard`, so that a crash in between loses nothing.
  virtual Status publish(const UploadName& name) = 0;
  /// Removes an upload; fine when there is none.
  virtual Status discard(const UploadName& name) = 0;
  virtual Result<std::vector<UploadName>> partials() const = 0;

  /// Stores bytes that this process made, durably; idempotent. Errors: kNoSpace, kIo.
  virtual Result<Digest> put(ByteView bytes) = 0;
  /// Errors: kNotFound, kIo.
  virtual Result<std::unique_ptr<ObjectBytes>> read(const Digest& digest) const = 0;
  /// Fine when it is gone already.
  virtual Status remove(const Digest& digest) = 0;
  virtual Result<std::vector<Digest>> list() const = 0;

 protected:
  ObjectStore() = default;
};

}  // namespace salus::store
