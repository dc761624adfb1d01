// Features and a key become the encrypted objects of a twin, and the twin on a server.
#pragma once

#include <functional>
#include <string_view>

#include "client/api.h"
#include "client/key_file.h"
#include "client/key_plan.h"
#include "client/upload.h"
#include "client/workspace.h"
#include "program/program.h"

namespace salus::client {

/// The evaluation keys that all stages of some programs need together: what a twin that shall
/// answer all of them uploads. Errors: kInvalidArgument (no program); kMismatch for a program of
/// another basis than the first one, whose encrypted inputs would not fit.
Result<circuit::KeyRequirements> key_requirements(const std::vector<program::Program>& programs);

/// Bytes of the encrypted inputs, before anything is made.
struct InputSizes {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
};
InputSizes input_sizes(const program::Program& program, const ckks::Parameters& params);

/// The keys that need not be made again for the next version of twin `name` under `key_id`: those
/// that an interrupted preparation left staged, and those of the version that the server has, which
/// it is asked for. Without `api` what this workspace remembers is taken to be there.
/// Errors: those of Api::twin, but a twin that is gone has no keys.
Result<KeyRecords> known_keys(const Workspace& workspace, Api* api, const std::string& name,
                              const std::string& server, const std::string& key_id);

/// Stage by stage: what is being done and the fraction of it; false stops with kCancelled.
using TwinProgress = std::function<bool(std::string_view stage, double fraction)>;

struct TwinRequest {
  std::string name;
  std::string server;
  /// Of the program's parameters, in their units: one patient's, or those of a cohort.
  std::vector<std::vector<program::NamedValue>> patients;
  KeyPlan plan;      ///< of all programs that the twin shall answer
  KeyRecords known;  ///< of known_keys; the new version keeps them all
};

/// Checks the values against the program's box, encrypts them, makes the evaluation keys that no
/// known one serves for and stages everything in the workspace, each key as it is made. An earlier
/// staging of the same values under the same key for the same program and server is taken up again,
/// so that an interruption costs one key and an interrupted upload goes on where it stopped.
/// Encryption is seeded: half of each ciphertext and key is a 32-byte seed. Errors: kOutsideBox,
/// kInvalidArgument (ciphertext_slots), kMismatch (key of other parameters), kNoSpace,
/// kCancelled.
Result<TwinRecord> prepare_twin(const Workspace& workspace, const KeyFile& key,
                                const program::Program& program, const TwinRequest& request,
                                const TwinProgress& progress);

/// Uploads what the server lacks and creates the twin (or its next version); afterwards the staged
/// copies are gone and `record` is complete and saved. Errors: those of upload and Api.
Result<UploadReport> send_twin(const Workspace& workspace, Api& api, TwinRecord& record,
                               const TwinProgress& progress);

}  // namespace salus::client
