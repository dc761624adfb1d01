// The auditor: a whole log, checked offline from its files.
#pragma once

#include <span>
#include <string>

#include "tlog/checkpoint.h"
#include "tlog/tile.h"

namespace salus::tlog {

/// The log's checkpoint (file "checkpoint"), after everything below it has been computed again:
/// every entry is hashed and held against its tile, every tile against the tiles below it, the root
/// against the checkpoint that `log` signed, and the roots on the way against the signed
/// checkpoints in `older`. Cost: reads every entry once; memory of two tiles a level. Errors:
/// kCorrupt naming the first entry, tile or checkpoint that differs; kMismatch where an older
/// checkpoint is larger than the log; the reader's; of open_checkpoint.
Result<Checkpoint> audit_log(const TileReader& reader, const VerifierKey& log,
                             std::span<const std::string> older = {});

}  // namespace salus::tlog
