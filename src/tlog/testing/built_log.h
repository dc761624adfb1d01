// A log in memory for tests: its tiles and bundles made by the recursive definition.
#pragma once

#include <map>
#include <string>

#include "tlog/checkpoint.h"
#include "tlog/testing/naive_tree.h"
#include "tlog/tile.h"

namespace salus::tlog::test {

class MapReader : public TileReader {
 public:
  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override {
    const auto found = files.find(path);
    if (found == files.end()) return Error{ErrorCode::kNotFound, "no file " + path};
    if (found->second.size() > limit_bytes) return Error{ErrorCode::kLimit, path + " is too large"};
    return found->second;
  }
  std::map<std::string, Bytes> files;
};

/// Tiles and bundles of numbered entries; partial ones for `size` only.
inline MapReader built_log(std::uint64_t size) {
  MapReader out;
  std::vector<Digest> row = numbered_leaves(size);
  const std::vector<TileRow> rows = tile_rows(size);
  for (unsigned level = 0; level < rows.size(); ++level) {
    std::vector<Digest> above;
    for (std::uint64_t n = 0; n * kTileWidth < row.size(); ++n) {
      const TileId tile = tile_of(level, n, size);
      const Leaves hashes = Leaves(row).subspan(n * kTileWidth, tile.width);
      out.files[tile_path(tile)] = print_tile(hashes);
      if (tile.width == kTileWidth) above.push_back(naive_root(hashes));
      if (level > 0) continue;
      std::vector<Bytes> entries;
      for (unsigned i = 0; i < tile.width; ++i) {
        entries.push_back(numbered_entry(n * kTileWidth + i));
      }
      out.files[bundle_path(tile)] = print_bundle(entries);
    }
    row = above;
  }
  return out;
}

inline Checkpoint built_checkpoint(const std::string& origin, std::uint64_t size) {
  return {origin, {size, naive_root(numbered_leaves(size))}};
}

}  // namespace salus::tlog::test
