// The steps by which a log changes its folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "tlog/tile.h"

namespace salus::tlog {

/// One step each, so that tests can stop between any two. Paths are relative to the log's folder;
/// "" is the folder itself. Errors: kIo, kNoSpace; of read also kNotFound, kLimit.
class LogFiles : public TileReader {
 public:
  /// A new file, or an old one's new content, which is durable afterwards; the file's name is not.
  virtual Status write(const std::string& path, ByteView content) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// Fine where it is there already. Its parent is there.
  virtual Status make_directory(const std::string& path) = 0;
  /// What the directory contains, by name, is durable.
  virtual Status sync_directory(const std::string& path) = 0;
  /// With all that is in it; fine where it is not there.
  virtual Status remove_directory(const std::string& path) = 0;
};

/// A folder of this machine, locked for this process as long as the object lives. Errors:
/// kNotFound, kIo; kConflict where another process, or another object, has it open.
Result<std::unique_ptr<LogFiles>> open_log_files(const std::filesystem::path& folder);

}  // namespace salus::tlog
