// Tiles and entry bundles: the files that a log consists of. Source: C2SP tlog-tiles.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tlog/merkle.h"

namespace salus::tlog {

inline constexpr unsigned kTileHeight = 8;
inline constexpr unsigned kTileWidth = 1u << kTileHeight;
/// A tree of kMaxTreeSize entries has tiles on levels 0 to 7.
inline constexpr unsigned kTileLevels = 8;
inline constexpr std::size_t kMaxTileBytes = kTileWidth * sizeof(Digest);
/// Entries lie in bundles behind a length of 16 bits.
inline constexpr std::size_t kMaxEntryBytes = 65'535;
inline constexpr std::size_t kMaxBundleBytes = kTileWidth * (2 + kMaxEntryBytes);

/// Hash i of a tile is MTH(D[(index * 256 + i) * 256^level : (index * 256 + i + 1) * 256^level]). A
/// bundle holds the entries below the tile of level 0 with its index.
struct TileId {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  ///< hashes or entries in it, 1 to 256
  bool operator==(const TileId&) const = default;
};

/// "tile/<level>/<index>[.p/<width>]", the index in groups of three digits: 1234067 is
/// x001/x234/067.
std::string tile_path(TileId tile);
/// "tile/entries/<index>[.p/<width>]"; the level is 0.
std::string bundle_path(TileId bundle);

/// What a path of either kind names. tile_path or bundle_path of it is the path. Errors: kParse.
struct TilePath {
  bool is_bundle = false;
  TileId tile;
};
Result<TilePath> parse_tile_path(std::string_view path);

/// The tiles of one level of a tree of `size` entries.
struct TileRow {
  std::uint64_t full = 0;
  unsigned partial_width = 0;  ///< of the one behind them; 0: there is none
  bool operator==(const TileRow&) const = default;
};
/// The rows from level 0 on; none is empty, except that of an empty tree, which has no row.
std::vector<TileRow> tile_rows(std::uint64_t size);
/// The tile of that level and index in a tree of `size` entries; width 0 where there is none.
TileId tile_of(unsigned level, std::uint64_t index, std::uint64_t size);

Bytes print_tile(std::span<const Digest> hashes);
/// Errors: kCorrupt unless `bytes` are `width` hashes.
Result<std::vector<Digest>> parse_tile(ByteView bytes, unsigned width);

/// Each entry behind its length (16 bits, big-endian). A Defect above kMaxEntryBytes or kTileWidth.
Bytes print_bundle(std::span<const Bytes> entries);
/// Errors: kCorrupt unless `bytes` are `width` entries and nothing more.
Result<std::vector<Bytes>> parse_bundle(ByteView bytes, unsigned width);

/// Where tiles, bundles and checkpoints come from: a folder, a server, a cache.
class TileReader {
 public:
  virtual ~TileReader() = default;
  /// The file of that path, of at most `limit_bytes`. Errors: kNotFound, kIo, kLimit, kUnavailable.
  virtual Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const = 0;
};

/// The first tile.width hashes or entries of a tile or bundle: from the partial file where the tile
/// is partial, and where there is none any more, from the full one. Errors: the reader's, kCorrupt.
Result<std::vector<Digest>> read_tile(const TileReader& reader, TileId tile);
Result<std::vector<Bytes>> read_bundle(const TileReader& reader, TileId bundle);

/// The hashes of a tree of `size` entries out of its tiles. They are what the tiles say: a root or
/// a proof made of them counts after it is verified. Does not keep tiles; the reader outlives it.
class TileHashReader : public HashReader {
 public:
  TileHashReader(const TileReader& reader, std::uint64_t size) : reader_(reader), size_(size) {}
  Result<Digest> hash(NodeId node) const override;

 private:
  const TileReader& reader_;
  std::uint64_t size_;
};

}  // namespace salus::tlog
