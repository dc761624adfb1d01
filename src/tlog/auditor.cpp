#include "tlog/auditor.h"

#include <algorithm>
#include <array>

namespace salus::tlog {
namespace {

/// Computes a tree's tiles from its entries, from left to right, and holds each against its file.
class Auditor {
 public:
  Auditor(const TileReader& reader, std::uint64_t size, std::vector<TreeHead> older)
      : reader_(reader), size_(size), older_(std::move(older)) {}

  Status run() {
    for (std::uint64_t n = 0; n * kTileWidth < size_; ++n) {
      const Status taken = take_bundle(tile_of(0, n, size_));
      if (!taken) return taken;
    }
    for (unsigned level = 1; level < kTileLevels; ++level) {
      if (rows_[level].empty()) continue;
      const Status same = compare(level);
      if (!same) return same;
    }
    return {};
  }

  Digest root() const { return frontier_.root(); }

  /// Those of the older heads whose size the tree has now.
  Status check_older() {
    for (; passed_ < older_.size() && older_[passed_].size == frontier_.size(); ++passed_) {
      if (older_[passed_].root == frontier_.root()) continue;
      return Error{ErrorCode::kCorrupt, "the log's first " + std::to_string(frontier_.size()) +
                                            " entries are not those of the earlier checkpoint of "
                                            "that size: history was rewritten"};
    }
    return {};
  }

 private:
  Status take_bundle(TileId bundle) {
    const Result<std::vector<Bytes>> entries = read_bundle(reader_, bundle);
    if (!entries) return entries.error();
    for (const Bytes& entry : *entries) {
      rows_[0].push_back(leaf_hash(entry));
      frontier_.append(rows_[0].back());
      const Status older = check_older();
      if (!older) return older;
    }
    return close_rows();
  }

  /// Level 0 after every bundle, and each level above it when it has become full.
  Status close_rows() {
    for (unsigned level = 0; level < kTileLevels; ++level) {
      const bool full = rows_[level].size() == kTileWidth;
      if (!full && level > 0) return {};
      const Status same = compare(level);
      if (!same) return same;
      if (!full) return {};
      check(level + 1 < kTileLevels, "a tree below 2^63 has eight levels of tiles");
      rows_[level + 1].push_back(perfect_root(rows_[level]));
      rows_[level].clear();
      ++done_[level];
    }
    return {};
  }

  /// The computed hashes of a level against the tile's.
  Status compare(unsigned level) {
    const std::vector<Digest>& computed = rows_[level];
    const TileId tile{level, done_[level], static_cast<unsigned>(computed.size())};
    const Result<std::vector<Digest>> stored = read_tile(reader_, tile);
    if (!stored) return stored.error();
    const auto [ours, theirs] = std::mismatch(computed.begin(), computed.end(), stored->begin());
    if (ours == computed.end()) return {};
    const auto place = static_cast<std::uint64_t>(ours - computed.begin());
    const std::string what =
        level == 0 ? "entry " + std::to_string(tile.index * kTileWidth + place) + " in " +
                         bundle_path(tile)
                   : "the tile " + tile_path({level - 1, tile.index * kTileWidth + place});
    return Error{ErrorCode::kCorrupt, what + " hashes to " + ours->hex() + ", but " +
                                          tile_path(tile) + " says " + theirs->hex()};
  }

  const TileReader& reader_;
  std::uint64_t size_;
  std::vector<TreeHead> older_;  // by size
  std::size_t passed_ = 0;       // of them
  Frontier frontier_;
  std::array<std::vector<Digest>, kTileLevels>
      rows_;                                       // the tile of each level that is being filled
  std::array<std::uint64_t, kTileLevels> done_{};  // full tiles before it
};

}  // namespace

Result<Checkpoint> audit_log(const TileReader& reader, const VerifierKey& log,
                             std::span<const std::string> older) {
  const Result<Bytes> note = reader.read("checkpoint", kMaxNoteBytes);
  if (!note) return note.error();
  Result<Checkpoint> checkpoint = open_checkpoint(as_text(*note), log);
  if (!checkpoint) return checkpoint;

  std::vector<TreeHead> heads;
  for (const std::string& each : older) {
    const Result<Checkpoint> before = open_checkpoint(each, log);
    if (!before) return before;
    if (before->head.size > checkpoint->head.size) {
      return Error{ErrorCode::kMismatch,
                   "the log " + log.name + " has " + std::to_string(checkpoint->head.size) +
                       " entries, but signed a checkpoint of " + std::to_string(before->head.size) +
                       " earlier: entries are gone"};
    }
    heads.push_back(before->head);
  }
  std::sort(heads.begin(), heads.end(),
            [](const TreeHead& a, const TreeHead& b) { return a.size < b.size; });

  Auditor auditor(reader, checkpoint->head.size, std::move(heads));
  const Status empty = auditor.check_older();
  if (!empty) return empty.error();
  const Status run = auditor.run();
  if (!run) return run.error();
  if (auditor.root() != checkpoint->head.root) {
    return Error{ErrorCode::kCorrupt, "the " + std::to_string(checkpoint->head.size) +
                                          " entries have the root " + auditor.root().hex() +
                                          ", but the checkpoint says " +
                                          checkpoint->head.root.hex()};
  }
  return checkpoint;
}

}  // namespace salus::tlog
