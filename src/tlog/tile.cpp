#include "tlog/tile.h"

#include <algorithm>

#include "tlog/key.h"
#include "tlog/text.h"

namespace salus::tlog {
namespace {

constexpr unsigned kGroupDigits = 3;
constexpr std::uint64_t kGroup = 1000;
constexpr std::size_t kLengthBytes = 2;
constexpr std::uint64_t kMaxTileIndex = kMaxTreeSize / kTileWidth;
constexpr std::string_view kTilePrefix = "tile/";
constexpr std::string_view kBundleLevel = "entries";
constexpr std::string_view kPartial = ".p/";

std::string path_of(const std::string& level, const TileId& tile) {
  check(tile.width >= 1 && tile.width <= kTileWidth, "a tile is 1 to 256 wide");
  std::string groups;
  std::uint64_t rest = tile.index;
  do {
    std::string digits = std::to_string(rest % kGroup);
    digits.insert(0, kGroupDigits - digits.size(), '0');
    groups = groups.empty() ? digits : "x" + digits + "/" + groups;
    rest /= kGroup;
  } while (rest != 0);
  std::string out = std::string(kTilePrefix) + level + "/" + groups;
  if (tile.width < kTileWidth) out += std::string(kPartial) + std::to_string(tile.width);
  return out;
}

/// The number that groups such as x001/x234/067 spell; the caller holds it against its canonical
/// spelling.
Result<std::uint64_t> parse_groups(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != 'x' && c != '/') digits.push_back(c);
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (first == digits.npos) return parse_decimal(digits.empty() ? "" : "0", 0);
  return parse_decimal(std::string_view(digits).substr(first), kMaxTileIndex);
}

}  // namespace

std::string tile_path(TileId tile) { return path_of(std::to_string(tile.level), tile); }
std::string bundle_path(TileId bundle) { return path_of(std::string(kBundleLevel), bundle); }

Result<TilePath> parse_tile_path(std::string_view path) {
  const Error wrong{ErrorCode::kParse,
                    "not the path of a tile: tile/LEVEL/INDEX[.p/WIDTH], as in tile/0/x001/234"};
  constexpr std::size_t kMaxPath = 64;
  if (path.size() > kMaxPath || !path.starts_with(kTilePrefix)) return wrong;
  const std::size_t slash = path.find('/', kTilePrefix.size());
  if (slash == path.npos) return wrong;
  const std::string_view level = path.substr(kTilePrefix.size(), slash - kTilePrefix.size());
  const std::string_view rest = path.substr(slash + 1);
  const std::size_t partial = rest.find(kPartial);

  TilePath out;
  out.is_bundle = level == kBundleLevel;
  const Result<std::uint64_t> number =
      out.is_bundle ? Result<std::uint64_t>(0) : parse_decimal(level, kTileLevels - 1);
  const Result<std::uint64_t> index = parse_groups(rest.substr(0, partial));
  const Result<std::uint64_t> width =
      partial == rest.npos ? Result<std::uint64_t>(kTileWidth)
                           : parse_decimal(rest.substr(partial + kPartial.size()), kTileWidth - 1);
  if (!number || !index || !width || *width == 0) return wrong;
  out.tile = {static_cast<unsigned>(*number), *index, static_cast<unsigned>(*width)};
  if ((out.is_bundle ? bundle_path(out.tile) : tile_path(out.tile)) != path) return wrong;
  return out;
}

std::vector<TileRow> tile_rows(std::uint64_t size) {
  std::vector<TileRow> rows;
  for (std::uint64_t hashes = size; hashes != 0; hashes >>= kTileHeight) {
    rows.push_back({hashes / kTileWidth, static_cast<unsigned>(hashes % kTileWidth)});
  }
  return rows;
}

TileId tile_of(unsigned level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t hashes = level < kTileLevels ? size >> (kTileHeight * level) : 0;
  const std::uint64_t full = hashes / kTileWidth;
  if (index < full) return {level, index, kTileWidth};
  return {level, index, index == full ? static_cast<unsigned>(hashes % kTileWidth) : 0};
}

Bytes print_tile(std::span<const Digest> hashes) {
  Bytes out;
  out.reserve(hashes.size() * sizeof(Digest));
  for (const Digest& hash : hashes) append(out, hash.bytes);
  return out;
}

Result<std::vector<Digest>> parse_tile(ByteView bytes, unsigned width) {
  if (bytes.size() != width * sizeof(Digest)) {
    return Error{ErrorCode::kCorrupt, "a tile of " + std::to_string(width) + " hashes has " +
                                          std::to_string(bytes.size()) + " bytes"};
  }
  std::vector<Digest> hashes(width);
  for (std::size_t i = 0; i < width; ++i) {
    const ByteView hash = bytes.subspan(i * sizeof(Digest), sizeof(Digest));
    std::copy(hash.begin(), hash.end(), hashes[i].bytes.begin());
  }
  return hashes;
}

Bytes print_bundle(std::span<const Bytes> entries) {
  check(entries.size() <= kTileWidth, "a bundle has at most 256 entries");
  Bytes out;
  for (const Bytes& entry : entries) {
    check(entry.size() <= kMaxEntryBytes, "an entry's length has 16 bits");
    append_big_endian(out, entry.size(), kLengthBytes);
    append(out, entry);
  }
  return out;
}

Result<std::vector<Bytes>> parse_bundle(ByteView bytes, unsigned width) {
  std::vector<Bytes> entries;
  ByteReader reader(bytes);
  while (reader.remaining() > 0 && entries.size() <= width) {
    const std::uint64_t length = load_big_endian(reader.bytes(kLengthBytes));
    const ByteView entry = reader.bytes(reader.ok() ? length : 0);
    if (!reader.ok()) {
      return Error{ErrorCode::kCorrupt,
                   "an entry bundle is cut short in its entry " + std::to_string(entries.size())};
    }
    entries.push_back(to_bytes(entry));
  }
  if (entries.size() != width) {
    return Error{ErrorCode::kCorrupt, "an entry bundle has " +
                                          std::string(entries.size() > width ? "more" : "fewer") +
                                          " than its " + std::to_string(width) + " entries"};
  }
  return entries;
}

namespace {

/// Reads tile or bundle: `path_of_tile` and `parse` say which.
template <class T>
Result<std::vector<T>> read_part(const TileReader& reader, TileId tile, std::uint64_t limit_bytes,
                                 std::string (*path_of_tile)(TileId),
                                 Result<std::vector<T>> (*parse)(ByteView, unsigned)) {
  TileId there = tile;
  std::string path = path_of_tile(there);
  Result<Bytes> bytes = reader.read(path, limit_bytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound && tile.width < kTileWidth) {
    there.width = kTileWidth;
    const Result<Bytes> full = reader.read(path_of_tile(there), limit_bytes);
    if (full) {
      bytes = full;
      path = path_of_tile(there);
    }
  }
  if (!bytes) return bytes.error();
  Result<std::vector<T>> parts = parse(*bytes, there.width);
  if (!parts) return Error{parts.error().code, path + ": " + parts.error().message};
  parts->resize(tile.width);
  return parts;
}

}  // namespace

Result<std::vector<Digest>> read_tile(const TileReader& reader, TileId tile) {
  return read_part<Digest>(reader, tile, kMaxTileBytes, tile_path, parse_tile);
}

Result<std::vector<Bytes>> read_bundle(const TileReader& reader, TileId bundle) {
  return read_part<Bytes>(reader, bundle, kMaxBundleBytes, bundle_path, parse_bundle);
}

Result<Digest> TileHashReader::hash(NodeId node) const {
  constexpr unsigned kTreeLevels = 63;
  if (node.level >= kTreeLevels || node.index >= size_ >> node.level) {
    return Error{ErrorCode::kInvalidArgument, "no node " + std::to_string(node.index) +
                                                  " on level " + std::to_string(node.level) +
                                                  " of a tree of " + std::to_string(size_)};
  }
  // The node spans 2^above hashes of the tiles' level below it, from `first` on.
  const unsigned level = node.level / kTileHeight;
  const unsigned above = node.level % kTileHeight;
  const std::uint64_t first = node.index << above;
  const TileId tile = tile_of(level, first / kTileWidth, size_);
  const Result<std::vector<Digest>> hashes = read_tile(reader_, tile);
  if (!hashes) return hashes.error();
  return perfect_root(std::span(*hashes).subspan(first % kTileWidth, std::size_t{1} << above));
}

}  // namespace salus::tlog
