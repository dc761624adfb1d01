// Features and a key become the encrypted objects of a twin, and the twin on a server.
#pragma once

#include <functional>
#include <string_view>

#include "client/api.h"
#include "client/key_file.h"
#include "client/upload.h"
#include "client/workspace.h"
#include "program/program.h"

namespace salus::client {

/// The evaluation keys that all stages of some programs need together: what a twin that shall
/// answer all of them uploads. Errors: kInvalidArgument (no program); kMismatch for a program of
/// another basis than the first one, whose encrypted inputs would not fit.
Result<circuit::KeyRequirements> key_requirements(const std::vector<program::Program>& programs);

/// Bytes of what would be uploaded, before anything is made.
struct TwinSizes {
  std::uint64_t evaluation_key_bytes = 0;
  std::size_t evaluation_key_count = 0;
  std::uint64_t ciphertext_bytes = 0;  ///< of all inputs together
  std::size_t ciphertext_count = 0;
  std::uint64_t total() const { return evaluation_key_bytes + ciphertext_bytes; }
};
/// Errors: those of ckks::Parameters::create.
Result<TwinSizes> sizes_of(const program::Program& program, const circuit::KeyRequirements& keys);

/// Stage by stage: what is being done and the fraction of it; false stops with kCancelled.
using TwinProgress = std::function<bool(std::string_view stage, double fraction)>;

struct TwinRequest {
  std::string name;
  std::string server;
  std::vector<program::NamedValue> values;  ///< of the program's parameters, in their units
  circuit::KeyRequirements keys;            ///< of all programs that the twin shall answer
};

/// Checks the values against the program's box, encrypts them, makes the evaluation keys and stages
/// everything in the workspace. An earlier staging of the same values under the same key for the
/// same program and server is taken up again, so that an interrupted upload goes on where it
/// stopped. Encryption is seeded: half of each ciphertext and key is a 32-byte seed. Errors:
/// kOutsideBox, kInvalidArgument (program::normalise), kMismatch (key of other parameters),
/// kNoSpace, kCancelled.
Result<TwinRecord> prepare_twin(const Workspace& workspace, const KeyFile& key,
                                const program::Program& program, const TwinRequest& request,
                                const TwinProgress& progress);

/// Uploads what the server lacks and creates the twin (or its next version); afterwards the staged
/// copies are gone and `record` is complete and saved. Errors: those of upload and Api.
Result<UploadReport> send_twin(const Workspace& workspace, Api& api, TwinRecord& record,
                               const TwinProgress& progress);

}  // namespace salus::client
