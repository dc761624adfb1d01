#include "service/uploads.h"

#include <algorithm>

namespace salus::service {
namespace {

ObjectStatus status_of(const store::Holding& holding) {
  return ObjectStatus{.digest = holding.digest,
                      .kind = holding.kind,
                      .bytes = holding.bytes,
                      .offset = holding.bytes,
                      .complete = true,
                      .is_new = false};
}

ObjectStatus status_of(const store::Upload& upload) {
  return ObjectStatus{.digest = upload.digest,
                      .kind = upload.kind,
                      .bytes = upload.bytes,
                      .offset = upload.offset,
                      .complete = false,
                      .is_new = false};
}

store::UploadName name_of(const store::Upload& upload) {
  return store::UploadName{.account = upload.account, .digest = upload.digest};
}

Error not_found(const Digest& digest) {
  return Error{ErrorCode::kNotFound,
               "no object " + digest.hex() + ": announce it by POST /v1/objects and upload it"};
}

/// The error with the object's name in front. Bytes that make no sense are the object's fault, not
/// the request's.
Error about(const Digest& digest, store::ObjectKind kind, const Error& error) {
  const bool senseless = error.code == ErrorCode::kInvalidArgument;
  return Error{senseless ? ErrorCode::kParse : error.code,
               std::string(store::name(kind)) + " " + digest.hex() + ": " + error.message};
}

/// What the sender is told when the disk failed: without the server's paths.
Error storage_failure(const store::Upload& upload, std::uint64_t written, const Error& error) {
  if (error.code != ErrorCode::kNoSpace) return error;
  return Error{error.code, std::string(store::name(upload.kind)) + " " + upload.digest.hex() +
                               ": the server's disk is full after " + std::to_string(written) +
                               " of " + std::to_string(upload.bytes) + " bytes; the first " +
                               std::to_string(upload.offset) +
                               " are kept: go on from there when it has space again"};
}

Status check_kind(store::ObjectKind kind) {
  const std::string spelt(store::name(kind));
  if (kind == store::ObjectKind::kEvaluationKeys) {
    return Error{ErrorCode::kInvalidArgument,
                 "an object of kind " + spelt +
                     " is of an earlier version: send each key as evaluation_key"};
  }
  if (kind == store::ObjectKind::kState || kind == store::ObjectKind::kResult) {
    return Error{ErrorCode::kInvalidArgument,
                 "an object of kind " + spelt + " is made by the server, not uploaded"};
  }
  return {};
}

}  // namespace

Append::Append(Uploads& uploads, store::Upload upload,
               std::unique_ptr<store::PartialObject> partial)
    : uploads_(uploads), upload_(std::move(upload)), partial_(std::move(partial)) {}

Append::~Append() { uploads_.leave(name_of(upload_)); }

Status Append::write(ByteView bytes) {
  if (bytes.size() > upload_.bytes - partial_->size()) {
    return Error{ErrorCode::kLimit, "object " + upload_.digest.hex() + " was announced with " +
                                        std::to_string(upload_.bytes) + " bytes; more arrived"};
  }
  const Status written = partial_->write(bytes);
  if (!written) return storage_failure(upload_, partial_->size(), written.error());
  return {};
}

Status Append::keep() {
  if (partial_->size() == upload_.offset) return {};
  if (const Status durable = partial_->sync(); !durable) {
    return storage_failure(upload_, partial_->size(), durable.error());
  }
  // The last byte is acknowledged by completion alone.
  const std::uint64_t kept = std::min(partial_->size(), upload_.bytes - 1);
  Context& context = uploads_.context_;
  return context.ledger->objects().acknowledge(upload_.account, upload_.digest, kept,
                                               context.now());
}

Result<ObjectStatus> Append::finish() {
  if (partial_->size() < upload_.bytes) {
    if (Status kept = keep(); !kept) return kept.error();
    upload_.offset = partial_->size();
    return status_of(upload_);
  }
  if (const Status durable = partial_->sync(); !durable) {
    return storage_failure(upload_, partial_->size(), durable.error());
  }
  return complete();
}

Result<ObjectStatus> Append::complete() {
  Context& context = uploads_.context_;
  store::ObjectLedger& ledger = context.ledger->objects();
  const store::UploadName name = name_of(upload_);
  Result<std::unique_ptr<store::ObjectBytes>> bytes = context.objects->read_partial(name);
  if (!bytes) return bytes.error();

  if (const Digest found = sha256((*bytes)->view()); found != upload_.digest) {
    const Status reset = ledger.acknowledge(name.account, name.digest, 0, context.now());
    if (!reset) return reset.error();
    return Error{ErrorCode::kCorrupt, "the " + std::to_string(upload_.bytes) +
                                          " bytes received have the digest " + found.hex() +
                                          ", announced was " + upload_.digest.hex() +
                                          ": send them again from offset 0"};
  }
  const Result<store::Facts> facts =
      context.executor->inspect(upload_.kind, upload_.digest, (*bytes)->view());
  if (!facts) {
    if (Status dropped = ledger.drop_upload(name.account, name.digest); !dropped) {
      return dropped.error();
    }
    if (Status gone = context.objects->discard(name); !gone) return gone.error();
    return about(upload_.digest, upload_.kind, facts.error());
  }
  {
    const std::lock_guard turn(context.references);
    if (Status published = context.objects->publish(name); !published) return published.error();
    const Status recorded =
        ledger.complete_upload(name.account, name.digest, *facts, context.now());
    if (!recorded) return recorded.error();
  }
  // The object is durable; a partial file that could not be removed is swept at the next start.
  (void)context.objects->discard(name);
  ObjectStatus done = status_of(upload_);
  done.offset = done.bytes;
  done.complete = true;
  return done;
}

Status Uploads::check_size(store::ObjectKind kind, const Digest& digest,
                           std::uint64_t bytes) const {
  const Limits& limits = context_.limits;
  std::uint64_t limit = limits.max_object_bytes;
  if (kind == store::ObjectKind::kProgram) limit = std::min(limit, limits.max_program_bytes);
  if (kind == store::ObjectKind::kCiphertext) limit = std::min(limit, limits.max_ciphertext_bytes);
  if (bytes == 0) {
    return Error{ErrorCode::kInvalidArgument, std::string(store::name(kind)) + " " + digest.hex() +
                                                  " has 0 bytes: nothing to upload"};
  }
  if (bytes > limit) {
    return Error{ErrorCode::kLimit, std::string(store::name(kind)) + " " + digest.hex() + " has " +
                                        std::to_string(bytes) + " bytes, the limit is " +
                                        std::to_string(limit)};
  }
  return {};
}

Result<ObjectStatus> Uploads::announce(store::AccountId account, const Digest& digest,
                                       std::uint64_t bytes, store::ObjectKind kind) {
  if (Status fine = check_kind(kind); !fine) return fine.error();
  if (Status fine = check_size(kind, digest, bytes); !fine) return fine.error();
  const Result<std::optional<store::Holding>> held =
      context_.ledger->objects().find(account, digest);
  if (!held) return held.error();
  if (*held) {
    if ((*held)->kind == kind && (*held)->bytes == bytes) return status_of(**held);
    return Error{ErrorCode::kConflict,
                 "object " + digest.hex() + " is kept as " +
                     std::string(store::name((*held)->kind)) + " of " +
                     std::to_string((*held)->bytes) + " bytes, now announced as " +
                     std::string(store::name(kind)) + " of " + std::to_string(bytes)};
  }
  const Result<std::optional<store::Upload>> standing =
      context_.ledger->objects().find_upload(account, digest);
  if (!standing) return standing.error();
  const Result<store::Upload> upload = context_.ledger->objects().begin_upload({.account = account,
                                                                                .digest = digest,
                                                                                .kind = kind,
                                                                                .bytes = bytes,
                                                                                .offset = 0,
                                                                                .updated_at = 0},
                                                                               context_.now());
  if (!upload) return upload.error();
  ObjectStatus status = status_of(*upload);
  status.is_new = !*standing;
  return status;
}

Result<ObjectStatus> Uploads::status(store::AccountId account, const Digest& digest) {
  const Result<std::optional<store::Holding>> held =
      context_.ledger->objects().find(account, digest);
  if (!held) return held.error();
  if (*held) return status_of(**held);
  const Result<std::optional<store::Upload>> upload =
      context_.ledger->objects().find_upload(account, digest);
  if (!upload) return upload.error();
  if (*upload) return status_of(**upload);
  return not_found(digest);
}

Status Uploads::enter(const store::UploadName& name) {
  const std::lock_guard turn(turn_);
  if (appending_.contains(name)) {
    return Error{ErrorCode::kConflict,
                 "object " + name.digest.hex() + " is being received over another connection"};
  }
  const auto same = [&](const store::UploadName& other) { return other.account == name.account; };
  const auto active = std::count_if(appending_.begin(), appending_.end(), same);
  if (active >= context_.limits.max_uploads_per_account) {
    return Error{ErrorCode::kUnavailable,
                 "this account has " + std::to_string(active) +
                     " uploads under way, the limit is " +
                     std::to_string(context_.limits.max_uploads_per_account) +
                     ": try again when one has ended"};
  }
  appending_.insert(name);
  return {};
}

void Uploads::leave(const store::UploadName& name) {
  const std::lock_guard turn(turn_);
  appending_.erase(name);
}

Result<std::unique_ptr<Append>> Uploads::append(store::AccountId account, const Digest& digest,
                                                std::uint64_t offset) {
  const store::UploadName name{.account = account, .digest = digest};
  if (Status entered = enter(name); !entered) return entered.error();
  const auto refuse = [&](Error error) -> Result<std::unique_ptr<Append>> {
    leave(name);
    return error;
  };
  const Result<ObjectStatus> found = status(account, digest);
  if (!found) return refuse(found.error());
  if (found->complete || found->offset != offset) {
    return refuse(
        Error{ErrorCode::kConflict, "object " + digest.hex() + ": bytes came for offset " +
                                        std::to_string(offset) + ", acknowledged are " +
                                        std::to_string(found->offset) + " of " +
                                        std::to_string(found->bytes) + ": go on from there"});
  }
  Result<std::unique_ptr<store::PartialObject>> partial = context_.objects->resume(name, offset);
  if (!partial) return refuse(partial.error());
  store::Upload upload{.account = account,
                       .digest = digest,
                       .kind = found->kind,
                       .bytes = found->bytes,
                       .offset = offset,
                       .updated_at = 0};
  return std::unique_ptr<Append>(new Append(*this, std::move(upload), std::move(*partial)));
}

Result<std::unique_ptr<store::ObjectBytes>> Uploads::read(store::AccountId account,
                                                          const Digest& digest) {
  const Result<std::optional<store::Holding>> held =
      context_.ledger->objects().find(account, digest);
  if (!held) return held.error();
  if (!*held) return not_found(digest);
  return context_.objects->read(digest);
}

}  // namespace salus::service
