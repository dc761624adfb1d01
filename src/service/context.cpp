#include "service/context.h"

#include <chrono>
#include <set>

namespace salus::service {
namespace {

Status sweep_uploads(Context& context) {
  const Result<std::vector<store::Upload>> uploads = context.ledger->objects().uploads();
  if (!uploads) return uploads.error();
  std::set<store::UploadName> known;
  for (const store::Upload& upload : *uploads) {
    if (context.now() - upload.updated_at > context.limits.stale_upload_ms) {
      const Status dropped = context.ledger->objects().drop_upload(upload.account, upload.digest);
      if (!dropped) return dropped;
    } else {
      known.insert(store::UploadName{upload.account, upload.digest});
    }
  }
  const Result<std::vector<store::UploadName>> partials = context.objects->partials();
  if (!partials) return partials.error();
  for (const store::UploadName& name : *partials) {
    if (known.contains(name)) continue;
    if (Status gone = context.objects->discard(name); !gone) return gone;
  }
  return {};
}

Status sweep_objects(Context& context) {
  const Result<std::vector<store::ObjectRow>> rows = context.ledger->objects().objects();
  if (!rows) return rows.error();
  std::set<Digest> known;
  for (const store::ObjectRow& row : *rows) known.insert(row.digest);
  const Result<std::vector<Digest>> present = context.objects->list();
  if (!present) return present.error();
  for (const Digest& digest : *present) {
    if (known.contains(digest)) continue;
    if (Status gone = context.objects->remove(digest); !gone) return gone;
  }
  return {};
}

}  // namespace

store::TimeMs system_time_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Status collect_garbage(Context& context) {
  const Result<std::vector<Digest>> garbage = context.ledger->objects().garbage();
  if (!garbage) return garbage.error();
  for (const Digest& digest : *garbage) {
    if (Status gone = context.objects->remove(digest); !gone) return gone;
    if (Status gone = context.ledger->objects().forget(digest); !gone) return gone;
  }
  return {};
}

Status recover(Context& context) {
  const std::lock_guard turn(context.references);
  if (Status swept = sweep_uploads(context); !swept) return swept;
  if (Status collected = collect_garbage(context); !collected) return collected;
  if (Status swept = sweep_objects(context); !swept) return swept;
  const Result<int> queued = context.ledger->runs().requeue_all(context.now());
  if (!queued) return queued.error();
  return {};
}

}  // namespace salus::service
