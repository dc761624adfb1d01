// Content-addressed files.
//
//   <root>/objects/ab/cdef...          a complete object, named by its SHA-256, read-only
//   <root>/partial/<account>-<digest>  an upload; its acknowledged length is in the ledger
//   <root>/temporary/<random>          an object that is being written; emptied when opened
//
// A name appears under objects/ only when its bytes are synced: link or rename, then fsync of the
// directory.
#pragma once

#include <filesystem>

#include "store/files/disk.h"
#include "store/object_store.h"

namespace salus::store {

/// Creates what is missing below `root` and empties temporary/. One process at a time may hold a
/// root. `disk`, when given, is used instead of the system's calls. Errors: kNoSpace, kIo.
Result<std::unique_ptr<ObjectStore>> open_file_object_store(
    const std::filesystem::path& root, std::shared_ptr<Disk> disk = std::make_shared<Disk>());

}  // namespace salus::store
