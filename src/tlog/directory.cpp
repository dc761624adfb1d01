#include "tlog/directory.h"

#include "base/file.h"

namespace salus::tlog {

Result<Bytes> DirectoryReader::read(const std::string& path, std::uint64_t limit_bytes) const {
  const bool known = path == "checkpoint" || parse_tile_path(path).has_value();
  if (!known) return Error{ErrorCode::kNotFound, "a log has no file " + path};
  return read_file(directory_ / path, limit_bytes);
}

}  // namespace salus::tlog
