#include "tlog/log.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/file.h"

namespace salus::tlog {
namespace {

constexpr std::string_view kStatePath = "state";
constexpr std::string_view kCheckpointPath = "checkpoint";
constexpr std::uint64_t kMaxStateBytes = 4096;
constexpr std::size_t kMaxKnownDirectories = 1024;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

Error corrupt(const std::string& log, const std::string& why) {
  return Error{ErrorCode::kCorrupt, "log " + log + ": " + why +
                                        "; nothing was signed. Restore the folder from its newest "
                                        "copy, and audit it"};
}

bool exists(const LogFiles& files, std::string_view path) {
  const Result<Bytes> bytes = files.read(std::string(path), kMaxNoteBytes);
  return bytes || bytes.error().code != ErrorCode::kNotFound;
}

/// The folder of a tile's or bundle's partial files.
std::string partial_folder(const std::string& full_path) { return full_path + ".p"; }

Status check_batch(std::span<const Bytes> entries, std::uint64_t size) {
  if (entries.empty()) return Error{ErrorCode::kInvalidArgument, "nothing to append to the log"};
  if (entries.size() > kMaxBatchEntries) {
    return Error{ErrorCode::kLimit, std::to_string(entries.size()) +
                                        " entries at once; the limit is " +
                                        std::to_string(kMaxBatchEntries)};
  }
  for (const Bytes& entry : entries) {
    if (entry.size() <= kMaxEntryBytes) continue;
    return Error{ErrorCode::kLimit, "a log entry of " + std::to_string(entry.size()) +
                                        " bytes; the limit is " + std::to_string(kMaxEntryBytes) +
                                        ": log digests, not contents"};
  }
  if (entries.size() > kMaxTreeSize - size) return Error{ErrorCode::kLimit, "the log is full"};
  return {};
}

}  // namespace

Digest TreeEdge::root() const {
  std::optional<Digest> root;
  // From the right: level 0 first, and on each level the smallest perfect subtree first.
  for (const std::vector<Digest>& row : rows) {
    std::size_t end = row.size();
    while (end != 0) {
      const std::size_t count = end & (~end + 1);
      end -= count;
      const Digest part = perfect_root(std::span(row).subspan(end, count));
      root = root ? node_hash(part, *root) : part;
    }
  }
  return root.value_or(empty_root());
}

Log::Log(std::unique_ptr<LogFiles> files, Signer signer)
    : files_(std::move(files)), signer_(std::move(signer)), head_{0, empty_root()} {
  edge_.rows.resize(kTileLevels);
}

Status Log::make_parents(const std::string& path) {
  if (directories_.size() > kMaxKnownDirectories) directories_.clear();
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const std::string directory = path.substr(0, slash);
    if (directories_.contains(directory)) continue;
    const Status made = files_->make_directory(directory);
    if (!made) return made;
    const Status durable = files_->sync_directory(parent_of(directory));
    if (!durable) return durable;
    directories_.insert(directory);
  }
  return {};
}

// One temporary name a file: what a crash leaves is overwritten by the next attempt.
Status Log::store(const std::string& path, ByteView content) {
  const Status parents = make_parents(path);
  if (!parents) return parents;
  const std::string temporary = path + ".tmp";
  if (const Status done = files_->write(temporary, content); !done) return done;
  if (const Status done = files_->rename(temporary, path); !done) return done;
  return files_->sync_directory(parent_of(path));
}

Status Log::store_state(const TreeHead& head) {
  return store(std::string(kStatePath), as_bytes(print_checkpoint({signer_.key().name, head})));
}

Status Log::store_checkpoint(const std::string& note) {
  const Status stored = store(std::string(kCheckpointPath), as_bytes(note));
  if (stored) checkpoint_ = note;
  return stored;
}

Result<Log> Log::create(std::unique_ptr<LogFiles> files, Signer signer) {
  if (signer.key().type != KeyType::kEd25519) {
    return Error{ErrorCode::kInvalidArgument, "a log signs with a key of type 1 (Ed25519)"};
  }
  if (exists(*files, kStatePath) || exists(*files, kCheckpointPath)) {
    return Error{ErrorCode::kConflict, "there is a log in this folder already; open it"};
  }
  Log log(std::move(files), std::move(signer));
  const Status state = log.store_state(log.head_);
  if (!state) return state.error();
  const Status signed_head =
      log.store_checkpoint(sign_checkpoint(log.signer_, {log.signer_.key().name, log.head_}));
  if (!signed_head) return signed_head.error();
  return log;
}

Result<Log> Log::open(std::unique_ptr<LogFiles> files, Signer signer) {
  if (signer.key().type != KeyType::kEd25519) {
    return Error{ErrorCode::kInvalidArgument, "a log signs with a key of type 1 (Ed25519)"};
  }
  const std::string name = signer.key().name;
  Log log(std::move(files), std::move(signer));
  const Result<Bytes> bytes = log.files_->read(std::string(kStatePath), kMaxStateBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    if (exists(*log.files_, kCheckpointPath)) {
      return corrupt(name, "the file \"state\" is gone, without which signing is unsafe");
    }
    return Error{ErrorCode::kNotFound, "no log " + name + " in this folder; create it first"};
  }
  if (!bytes) return bytes.error();
  const Result<Checkpoint> state = parse_checkpoint(as_text(*bytes));
  if (!state) return corrupt(name, "the file \"state\": " + state.error().message);
  if (state->origin != name) {
    return Error{ErrorCode::kMismatch,
                 "this folder holds the log " + state->origin + ", the key is that of " + name};
  }
  if (const Status edge = log.load_edge(state->head); !edge) return edge.error();
  if (const Status signed_head = log.load_checkpoint(); !signed_head) return signed_head.error();
  return log;
}

// The right edge of the tree that "state" speaks of, held against its root.
Status Log::load_edge(const TreeHead& head) {
  const std::string& name = signer_.key().name;
  edge_.size = head.size;
  const std::vector<TileRow> rows = tile_rows(head.size);
  for (unsigned level = 0; level < rows.size(); ++level) {
    if (rows[level].partial_width == 0) continue;
    const TileId tile{level, rows[level].full, rows[level].partial_width};
    Result<std::vector<Digest>> hashes = read_tile(*files_, tile);
    if (!hashes) return corrupt(name, hashes.error().message);
    edge_.rows[level] = std::move(*hashes);
    if (level > 0) continue;
    Result<std::vector<Bytes>> entries = read_bundle(*files_, tile);
    if (!entries) return corrupt(name, entries.error().message);
    edge_.bundle = std::move(*entries);
    for (std::size_t i = 0; i < edge_.bundle.size(); ++i) {
      if (leaf_hash(edge_.bundle[i]) == edge_.rows[0][i]) continue;
      return corrupt(name, "entry " + std::to_string(tile.index * kTileWidth + i) + " in " +
                               bundle_path(tile) + " is not what " + tile_path(tile) + " says");
    }
  }
  if (edge_.root() != head.root) {
    return corrupt(name, "the tiles of " + std::to_string(head.size) +
                             " entries do not have the root that \"state\" says");
  }
  head_ = head;
  return {};
}

// The signed checkpoint has to be a prefix of the tree; where the tree is ahead, the crash came
// before its head was signed, and that is done now.
Status Log::load_checkpoint() {
  const std::string& name = signer_.key().name;
  const Result<Bytes> note = files_->read(std::string(kCheckpointPath), kMaxNoteBytes);
  const bool never_signed = !note && note.error().code == ErrorCode::kNotFound && head_.size == 0;
  if (!note && !never_signed) {
    return corrupt(name, "no signed checkpoint, though there are " + std::to_string(head_.size) +
                             " entries: " + note.error().message);
  }
  if (note) {
    const Result<Checkpoint> before = open_checkpoint(as_text(*note), signer_.key());
    if (!before) return corrupt(name, "the signed checkpoint: " + before.error().message);
    if (before->head.size > head_.size) {
      return corrupt(name, "a checkpoint of " + std::to_string(before->head.size) +
                               " entries is signed, but only " + std::to_string(head_.size) +
                               " are here");
    }
    const TileHashReader reader(*files_, head_.size);
    const Result<Digest> root = tree_root(reader, before->head.size);
    if (!root) return corrupt(name, root.error().message);
    if (*root != before->head.root) {
      return corrupt(name, "the signed checkpoint of " + std::to_string(before->head.size) +
                               " entries is not a prefix of the tree of " +
                               std::to_string(head_.size));
    }
    if (before->head.size == head_.size) {
      checkpoint_ = as_text(*note);
      return {};
    }
  }
  // The crash may have come between the renaming of "state" and the step that makes it durable.
  const Status durable = files_->sync_directory("");
  if (!durable) return durable;
  return store_checkpoint(sign_checkpoint(signer_, {name, head_}));
}

Result<Log> Log::create(const std::filesystem::path& folder, Signer signer) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return io_error("cannot make", folder, error.value());
  const std::filesystem::path whole = std::filesystem::absolute(folder, error);
  if (error) return io_error("cannot find", folder, error.value());
  const Status durable = sync_directory(whole.parent_path());
  if (!durable) return durable.error();
  Result<std::unique_ptr<LogFiles>> files = open_log_files(whole);
  if (!files) return files.error();
  return create(std::move(*files), std::move(signer));
}

Result<Log> Log::open(const std::filesystem::path& folder, Signer signer) {
  Result<std::unique_ptr<LogFiles>> files = open_log_files(folder);
  if (!files) return files.error();
  return open(std::move(*files), std::move(signer));
}

// The bundle and the tiles that the last entry has made full, and their hashes one level up.
Status Log::store_full_tiles(TreeEdge& edge, std::vector<std::string>& superseded) {
  std::uint64_t index = edge.size / kTileWidth - 1;
  const std::string bundle = bundle_path({0, index, kTileWidth});
  if (const Status done = store(bundle, print_bundle(edge.bundle)); !done) return done;
  superseded.push_back(partial_folder(bundle));
  edge.bundle.clear();
  for (unsigned level = 0; edge.rows[level].size() == kTileWidth; ++level, index /= kTileWidth) {
    const std::string tile = tile_path({level, index, kTileWidth});
    if (const Status done = store(tile, print_tile(edge.rows[level])); !done) return done;
    superseded.push_back(partial_folder(tile));
    check(level + 1 < kTileLevels, "a tree below 2^63 has eight levels of tiles");
    edge.rows[level + 1].push_back(perfect_root(edge.rows[level]));
    edge.rows[level].clear();
  }
  return {};
}

// Those that are not the same as before the append.
Status Log::store_partial_tiles(const TreeEdge& edge) {
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = edge.size >> (kTileHeight * level);
    if (edge.rows[level].empty() || hashes == edge_.size >> (kTileHeight * level)) continue;
    const TileId tile = tile_of(level, hashes / kTileWidth, edge.size);
    if (const Status done = store(tile_path(tile), print_tile(edge.rows[level])); !done) {
      return done;
    }
    if (level > 0) continue;
    if (const Status done = store(bundle_path(tile), print_bundle(edge.bundle)); !done) return done;
  }
  return {};
}

Result<Log::Appended> Log::append(std::span<const Bytes> entries) {
  if (uncertain_) {
    return Error{
        ErrorCode::kConflict,
        "log " + signer_.key().name + ": an earlier append failed halfway; open the log again"};
  }
  const Status allowed = check_batch(entries, edge_.size);
  if (!allowed) return allowed.error();

  TreeEdge edge = edge_;
  std::vector<std::string> superseded;
  for (const Bytes& entry : entries) {
    edge.bundle.push_back(entry);
    edge.rows[0].push_back(leaf_hash(entry));
    ++edge.size;
    if (edge.size % kTileWidth != 0) continue;
    const Status full = store_full_tiles(edge, superseded);
    if (!full) return full.error();
  }
  const Status partial = store_partial_tiles(edge);
  if (!partial) return partial.error();

  // From here on the new head may be the durable one, whatever a failing step says.
  const TreeHead head{edge.size, edge.root()};
  uncertain_ = true;
  const Status state = store_state(head);
  if (!state) return state.error();
  const Status signed_head = store_checkpoint(sign_checkpoint(signer_, {signer_.key().name, head}));
  if (!signed_head) return signed_head.error();
  uncertain_ = false;
  const std::uint64_t first_index = edge_.size;
  edge_ = std::move(edge);
  head_ = head;

  // Full tiles say the same. What cannot be removed only takes space.
  for (const std::string& folder : superseded) {
    directories_.erase(folder);
    (void)files_->remove_directory(folder);
  }
  return Appended{first_index, checkpoint_};
}

Status Log::publish(const std::string& cosigned) {
  const Result<Checkpoint> checkpoint = open_checkpoint(cosigned, signer_.key());
  if (!checkpoint) return checkpoint.error();
  if (checkpoint->head != head_ || uncertain_) {
    return Error{ErrorCode::kInvalidArgument,
                 "log " + signer_.key().name + ": a checkpoint of " +
                     std::to_string(checkpoint->head.size) + " entries, not of the current " +
                     std::to_string(head_.size) + "; ask the witnesses for the current one"};
  }
  return store_checkpoint(cosigned);
}

Result<Bytes> Log::entry(std::uint64_t index) const {
  if (index >= head_.size) {
    return Error{ErrorCode::kInvalidArgument, "no entry " + std::to_string(index) +
                                                  " in a log of " + std::to_string(head_.size)};
  }
  Result<std::vector<Bytes>> entries =
      read_bundle(*files_, tile_of(0, index / kTileWidth, head_.size));
  if (!entries) return entries.error();
  return std::move((*entries)[index % kTileWidth]);
}

Result<std::vector<Digest>> Log::inclusion_proof(std::uint64_t index) const {
  return tlog::inclusion_proof(TileHashReader(*files_, head_.size), index, head_.size);
}

Result<std::vector<Digest>> Log::consistency_proof(std::uint64_t old_size) const {
  return tlog::consistency_proof(TileHashReader(*files_, head_.size), old_size, head_.size);
}

Result<LogProof> Log::prove(std::uint64_t index) const {
  Result<std::vector<Digest>> hashes = inclusion_proof(index);
  if (!hashes) return hashes.error();
  return LogProof{{}, index, std::move(*hashes), checkpoint_};
}

}  // namespace salus::tlog
