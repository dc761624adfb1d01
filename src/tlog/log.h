// An append-only log in a folder: the writing side.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tlog/files.h"
#include "tlog/proof.h"

namespace salus::tlog {

/// Entries of one append.
inline constexpr std::size_t kMaxBatchEntries = 4096;

/// The right edge of a tree: all that an append needs of the entries before it.
struct TreeEdge {
  std::uint64_t size = 0;
  std::vector<std::vector<Digest>> rows;  ///< the partial tile of each level, from level 0 on
  std::vector<Bytes> bundle;              ///< the entries of the partial bundle

  Digest root() const;
};

/// A log whose every signed checkpoint is a prefix of every later one, whatever happens to the
/// process or the machine. An append stores, each step durable before the next: entry bundles and
/// tiles, then the tree's new size and root (file "state"), then the signed checkpoint (file
/// "checkpoint"). Only what is in "state" is ever signed, and opening a log brings the checkpoint
/// up to it. Entries beyond it were promised to nobody and are overwritten.
///
/// Owns its files and its key. Not for concurrent use.
class Log {
 public:
  /// A new log, of no entries, named by the key: its checkpoint is signed. Errors: kConflict where
  /// there is a log already; kInvalidArgument for a cosigning key; of LogFiles.
  static Result<Log> create(std::unique_ptr<LogFiles> files, Signer signer);
  /// As it was left, also by a crash. Errors: kNotFound where there is none (a folder that is not
  /// mounted must not become a second history); kMismatch for another log's key; kCorrupt where
  /// tiles, state and signed checkpoint do not fit together: nothing is signed then.
  static Result<Log> open(std::unique_ptr<LogFiles> files, Signer signer);

  /// In a folder of this machine, which `create` makes. Errors also of open_log_files.
  static Result<Log> create(const std::filesystem::path& folder, Signer signer);
  static Result<Log> open(const std::filesystem::path& folder, Signer signer);

  struct Appended {
    std::uint64_t first_index = 0;
    std::string checkpoint;  ///< signed, with all of the entries in it
  };
  /// When it returns, the entries are durable and signed for. Cost: about four files, each synced
  /// twice, and four a full tile. Errors: kInvalidArgument for no entries; kLimit for more than
  /// kMaxBatchEntries, an entry above kMaxEntryBytes, or a tree above kMaxTreeSize; of LogFiles:
  /// after these the log may have the entries or not, and where it cannot know, it refuses to
  /// append (kConflict) until it is opened again.
  Result<Appended> append(std::span<const Bytes> entries);

  /// Replaces the checkpoint's file by one of the same tree with more signatures. Errors:
  /// kInvalidArgument for another text; of open_checkpoint; of LogFiles.
  Status publish(const std::string& cosigned);

  /// The signed checkpoint, as in its file.
  const std::string& checkpoint() const { return checkpoint_; }
  const VerifierKey& key() const { return signer_.key(); }
  /// One of its files, of at most `limit_bytes`. Errors: of LogFiles.
  Result<Bytes> file(const std::string& path, std::uint64_t limit_bytes) const {
    return files_->read(path, limit_bytes);
  }
  TreeHead head() const { return head_; }

  /// Out of the tiles, for the current checkpoint. Errors: kInvalidArgument for what the tree does
  /// not have; of LogFiles.
  Result<Bytes> entry(std::uint64_t index) const;
  Result<std::vector<Digest>> inclusion_proof(std::uint64_t index) const;
  Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size) const;
  /// What to hand out: the inclusion proof with the checkpoint.
  Result<LogProof> prove(std::uint64_t index) const;

 private:
  Log(std::unique_ptr<LogFiles> files, Signer signer);
  Status store(const std::string& path, ByteView content);
  Status make_parents(const std::string& path);
  Status store_state(const TreeHead& head);
  Status store_checkpoint(const std::string& note);
  Status store_full_tiles(TreeEdge& edge, std::vector<std::string>& superseded);
  Status store_partial_tiles(const TreeEdge& edge);
  Status load_edge(const TreeHead& head);
  Status load_checkpoint();

  std::unique_ptr<LogFiles> files_;
  Signer signer_;
  TreeEdge edge_;
  TreeHead head_;
  std::string checkpoint_;
  std::set<std::string> directories_;  // durable, made since the log was opened
  bool uncertain_ = false;             // whether "state" may be ahead of edge_
};

}  // namespace salus::tlog
