// What every use case stands on.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "service/executor.h"
#include "service/journal.h"
#include "service/limits.h"
#include "store/ledger.h"
#include "store/object_store.h"

namespace salus::service {

using Clock = std::function<store::TimeMs()>;

/// The system's clock in milliseconds UTC.
store::TimeMs system_time_ms();

/// Shared by the use cases, which hold references to it: it outlives them.
struct Context {
  std::unique_ptr<store::Ledger> ledger;
  std::unique_ptr<Journal> journal;  ///< of this ledger
  std::unique_ptr<store::ObjectStore> objects;
  std::shared_ptr<const Executor> executor;
  Limits limits;
  Clock now = system_time_ms;

  /// Held while an object gains its first reference or loses its last one, from looking to done, so
  /// that garbage collection never removes bytes that are being named.
  std::mutex references;
};

/// Removes the bytes and rows of objects that nothing refers to. The caller holds
/// `context.references`.
Status collect_garbage(Context& context);

/// At the start of the only server of a data folder: uploads and objects that a dead server left
/// without a row are removed, stale uploads dropped, running runs queued again.
Status recover(Context& context);

}  // namespace salus::service
