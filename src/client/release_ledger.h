// What of a key has been released, on disk: the count that a release gate may not exceed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/descriptor.h"
#include "ckks/flooding.h"

namespace salus::client {

/// Releases that one ledger has room for.
inline constexpr std::uint64_t kMostLedgerReleases = 65'536;

/// One file a key: "salus-releases 1 KEY S TAU\n", then a line of 64 hexadecimal digits for each
/// release. A line is on disk before `count` returns, so that a crash can lose a release and never
/// the count of one; a last line that a crash cut short is none. One process at a time has it open.
///
/// The file is as important as the key: without it the releases that were made are forgotten, and
/// more could be made than the noise was planned for. Keep both together, restore neither alone.
class ReleaseLedger {
 public:
  /// Opens or creates the ledger of key `key_id` (hexadecimal). Errors: kInvalidArgument (target,
  /// or more releases than kMostLedgerReleases), kConflict (open in another process; another target
  /// than the ledger was made with: the noise of releases that were made cannot be changed any
  /// more), kMismatch (another key's), kParse, kVersion, kIo, kNoSpace.
  static Result<ReleaseLedger> open(const std::filesystem::path& path, std::string_view key_id,
                                    const ckks::FloodingTarget& target);

  const std::string& key_id() const { return key_id_; }
  const ckks::FloodingTarget& target() const { return target_; }
  std::uint64_t used() const { return places_.size(); }

  /// The place of this release, 1 .. tau: its own again where it was counted before, otherwise the
  /// next. Errors: kDenied (none is left), kIo, kNoSpace; the count stays.
  Result<std::uint64_t> count(const Digest& release);

 private:
  ReleaseLedger(std::filesystem::path path, Descriptor file, std::string_view key_id,
                const ckks::FloodingTarget& target);
  Status load();
  Status begin(std::string_view first_line);

  std::filesystem::path path_;
  Descriptor file_;
  std::string key_id_;
  ckks::FloodingTarget target_;
  std::uint64_t bytes_ = 0;  // of whole lines
  std::map<Digest, std::uint64_t> places_;
};

}  // namespace salus::client
