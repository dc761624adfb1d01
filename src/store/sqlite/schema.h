// The tables of the embedded ledger and the steps from one version of them to the next.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace salus::store {

/// The version that this build writes (PRAGMA user_version).
inline constexpr int kSchemaVersion = 3;

/// Brings an empty or older database to `version`, one transaction a step. Errors: kVersion when it
/// was written by a newer build.
Status migrate(Database& database, int version = kSchemaVersion);

}  // namespace salus::store
