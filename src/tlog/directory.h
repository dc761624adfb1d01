// A log's files in a folder of this machine.
#pragma once

#include <filesystem>

#include "tlog/tile.h"

namespace salus::tlog {

/// Reads <directory>/<path>; of anything but a log's own paths it finds nothing.
class DirectoryReader : public TileReader {
 public:
  explicit DirectoryReader(std::filesystem::path directory) : directory_(std::move(directory)) {}
  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override;

 private:
  std::filesystem::path directory_;
};

}  // namespace salus::tlog
