#include "service/service.h"

namespace salus::service {

Service::Service(std::unique_ptr<Context> context, WorkerPool::Options workers)
    : context_(std::move(context)),
      sign_in_(*context_),
      uploads_(*context_),
      twins_(*context_),
      runs_(*context_, board_) {
  pool_ = std::make_unique<WorkerPool>(*context_, board_, std::move(workers));
  runs_.on_queued = [this] { pool_->wake(); };
  runs_.on_cancelled = [this](const std::string& run) { pool_->cancel(run); };
}

Result<std::unique_ptr<Service>> Service::start(std::unique_ptr<Context> context,
                                                WorkerPool::Options workers) {
  if (Status recovered = recover(*context); !recovered) return recovered.error();
  return std::unique_ptr<Service>(new Service(std::move(context), std::move(workers)));
}

Result<std::size_t> check_data(store::Ledger& ledger, const store::ObjectStore& objects) {
  if (Status sound = ledger.check_integrity(); !sound) return sound.error();
  const Result<std::vector<store::ObjectRow>> rows = ledger.objects().objects();
  if (!rows) return rows.error();
  for (const store::ObjectRow& row : *rows) {
    const Result<std::unique_ptr<store::ObjectBytes>> bytes = objects.read(row.digest);
    if (!bytes) return bytes.error();
    const ByteView view = (*bytes)->view();
    if (view.size() == row.bytes && sha256(view) == row.digest) continue;
    return Error{ErrorCode::kCorrupt, "object " + row.digest.hex() + " of " +
                                          std::to_string(row.bytes) + " bytes has " +
                                          std::to_string(view.size()) +
                                          " bytes of another digest on disk: restore it from a"
                                          " backup"};
  }
  const Result<std::vector<store::Upload>> uploads = ledger.objects().uploads();
  if (!uploads) return uploads.error();
  for (const store::Upload& upload : *uploads) {
    if (upload.offset == 0) continue;
    const auto bytes = objects.read_partial({.account = upload.account, .digest = upload.digest});
    if (bytes && (*bytes)->view().size() >= upload.offset) continue;
    return Error{ErrorCode::kCorrupt, "upload " + upload.digest.hex() + ": " +
                                          std::to_string(upload.offset) +
                                          " bytes were acknowledged and are not on disk: restore"
                                          " them from a backup"};
  }
  return rows->size();
}

}  // namespace salus::service
