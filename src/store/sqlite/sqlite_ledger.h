// The embedded ledger: one SQLite file.
#pragma once

#include <filesystem>

#include "store/ledger.h"

namespace salus::store {

/// Opens or creates the database and brings its tables up to date. Several processes may hold it
/// (the server, and `salusd account add` beside it). Errors: kNoSpace, kIo, kCorrupt, kVersion.
Result<std::unique_ptr<Ledger>> open_sqlite_ledger(const std::filesystem::path& path);

}  // namespace salus::store
