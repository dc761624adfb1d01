// Every limit of the server, named. `GET /v1/limits` prints them.
#pragma once

#include <cstdint>

#include "program/program.h"
#include "store/rows.h"
#include "wire/limits.h"

namespace salus::service {

struct Limits {
  std::uint64_t max_object_bytes = 512u << 20;
  std::uint64_t max_program_bytes = program::kMaxProgramBytes;
  std::uint64_t max_ciphertext_bytes = 64u << 20;
  std::uint64_t max_chunk_bytes = 64u << 20;  ///< of one PUT
  std::uint64_t max_json_bytes = 256u << 10;  ///< of one JSON body
  std::uint64_t max_header_bytes = 16u << 10;
  std::uint64_t default_quota_bytes = 8ull << 30;  ///< of a new account
  int max_name_bytes = 128;                        ///< of twins, features, accounts
  int max_features = 256;
  int max_evaluation_keys = static_cast<int>(wire::kMaxGaloisKeys) + 2;  ///< of one twin
  int max_uploads_per_account = 4;  ///< bodies being received at once
  int max_connections = 256;
  int max_event_streams = 128;
  int max_sessions_per_identity = 16;     ///< the oldest ends when one more signs in
  int max_used_challenges = 65'536;       ///< signed in with during challenge_ms
  std::int64_t challenge_ms = 60'000;     ///< to sign in after asking
  std::int64_t session_ms = 15 * 60'000;  ///< then it is signed in again
  int max_queued_runs = 256;
  int max_attempts = 200;                           ///< of one run, each ended by a dying server
  int max_states_per_twin = 4;                      ///< cached stage outputs
  std::uint64_t max_run_bytes = 8ull << 30;         ///< keys, tables and values of one run
  std::uint64_t prepared_cache_bytes = 1ull << 30;  ///< parsed programs and keys in memory
  std::int64_t read_timeout_ms = 30'000;
  std::int64_t write_timeout_ms = 30'000;
  std::int64_t keep_alive_ms = 15'000;  ///< between comments of an event stream
  std::int64_t stale_upload_ms = 7ll * 24 * 3'600'000;
  store::TimeMs lease_ms = 30'000;
};

}  // namespace salus::service
