#include "service/journal.h"

#include "base/file.h"
#include "base/random.h"
#include "tlog/auditor.h"
#include "tlog/directory.h"
#include "tlog/log.h"
#include "tlog/tile.h"

namespace salus::service {
namespace {

constexpr int kBatch = 512;

/// Whether a tree of `size` entries has this tile, whole or as far as it goes.
bool is_covered(const tlog::TilePath& path, std::uint64_t size) {
  if (path.tile.level >= tlog::kTileLevels) return false;
  const tlog::TileId now = tlog::tile_of(path.tile.level, path.tile.index, size);
  return path.tile.width <= now.width;
}

}  // namespace

Journal::Journal(store::LogLedger& ledger, OpenLog open)
    : ledger_(ledger), open_(std::move(open)) {}

Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::start(store::LogLedger& ledger, OpenLog open) {
  std::unique_ptr<Journal> journal(new Journal(ledger, std::move(open)));
  if (Status ready = journal->reopen(); !ready) return ready.error();
  if (Status flushed = journal->flush(); !flushed) return flushed.error();
  return journal;
}

Status Journal::reopen() {
  if (log_) return {};
  Result<std::unique_ptr<tlog::Log>> log = open_();
  if (!log) return log.error();
  log_ = std::move(*log);
  key_ = log_->key().text();
  return {};
}

Status Journal::append_batch(bool& done) {
  const std::uint64_t size = log_->head().size;
  const Result<std::uint64_t> count = ledger_.count();
  if (!count) return count.error();
  if (size > *count) {
    return Error{ErrorCode::kCorrupt, "the transparency log has " + std::to_string(size) +
                                          " entries, the database knows of " +
                                          std::to_string(*count) +
                                          ": one of them is an old copy. Restore both together"};
  }
  const Result<std::vector<store::LogRow>> rows = ledger_.from(size, kBatch);
  if (!rows) return rows.error();
  done = rows->empty();
  if (done) return {};
  std::vector<Bytes> entries;
  for (const store::LogRow& row : *rows) entries.push_back(to_bytes(as_bytes(row.entry)));
  const auto appended = log_->append(entries);
  if (appended) return {};
  log_.reset();
  return appended.error();
}

Status Journal::flush() {
  const std::lock_guard turn(turn_);
  Status outcome = reopen();
  for (bool done = false; outcome && !done;) outcome = append_batch(done);
  if (outcome) return {};
  return Error{outcome.error().code,
               "the transparency log cannot be written: " + outcome.error().message};
}

Result<std::string> Journal::proof_of_run(const std::string& run) {
  const Result<std::optional<store::LogRow>> row = ledger_.of_run(run);
  if (!row) return row.error();
  if (!*row) {
    return Error{ErrorCode::kNotFound,
                 "run " + run + " has no receipt: it has no result, or is from before receipts"};
  }
  if (Status flushed = flush(); !flushed) return flushed.error();
  const std::lock_guard turn(turn_);
  if (Status ready = reopen(); !ready) return ready.error();
  Result<tlog::LogProof> proof = log_->prove((*row)->number);
  if (!proof) return proof.error();
  proof->extra = to_bytes(as_bytes((*row)->entry));
  return tlog::print_proof(*proof);
}

Result<std::vector<store::LogRow>> Journal::of_twin(const Digest& pseudonym) {
  if (Status flushed = flush(); !flushed) return flushed.error();
  return ledger_.of_twin(pseudonym);
}

Result<Bytes> Journal::file(const std::string& path) {
  const std::lock_guard turn(turn_);
  if (Status ready = reopen(); !ready) return ready.error();
  if (path == "checkpoint") return to_bytes(as_bytes(log_->checkpoint()));
  const Result<tlog::TilePath> tile = tlog::parse_tile_path(path);
  if (!tile || !is_covered(*tile, log_->head().size)) {
    return Error{ErrorCode::kNotFound, "the log has no file of this name"};
  }
  return log_->file(path, tile->is_bundle ? tlog::kMaxBundleBytes : tlog::kMaxTileBytes);
}

std::string Journal::key() {
  const std::lock_guard turn(turn_);
  return key_;
}

Journal::OpenLog log_in_folder(const std::filesystem::path& folder, std::string origin,
                               store::LogLedger& ledger) {
  return [folder, origin = std::move(origin), &ledger]() -> Result<std::unique_ptr<tlog::Log>> {
    const std::filesystem::path key = folder / "log.key";
    const std::filesystem::path files = folder / "log";
    const Result<std::uint64_t> entries = ledger.count();
    if (!entries) return entries.error();
    std::error_code unknown;
    if (*entries == 0 && !std::filesystem::exists(key, unknown)) {
      const Seed random = random_seed();
      const std::string chosen =
          origin.empty() ? "salusd-" + to_hex(ByteView(random).first(4)) : origin;
      Result<tlog::Signer> made = tlog::Signer::generate(chosen, tlog::KeyType::kEd25519);
      if (!made) return made.error();
      if (Status saved = made->save(key); !saved) return saved.error();
    }
    Result<tlog::Signer> signer = tlog::Signer::load(key);
    if (!signer) return signer.error();
    if (!origin.empty() && signer->key().name != origin) {
      return Error{ErrorCode::kMismatch, "the log in " + folder.string() + " is named " +
                                             signer->key().name + ", not " + origin +
                                             ": a log keeps its name"};
    }
    const bool there = *entries > 0 || std::filesystem::exists(files / "state", unknown);
    Result<tlog::Log> log = there ? tlog::Log::open(files, std::move(*signer))
                                  : tlog::Log::create(files, std::move(*signer));
    if (!log) return log.error();
    return std::make_unique<tlog::Log>(std::move(*log));
  };
}

Result<std::uint64_t> check_log(const std::filesystem::path& folder, store::LogLedger& ledger) {
  const Result<std::uint64_t> count = ledger.count();
  if (!count) return count.error();
  std::error_code unknown;
  if (*count == 0 && !std::filesystem::exists(folder / "log", unknown)) return 0;
  const Result<tlog::Signer> signer = tlog::Signer::load(folder / "log.key");
  if (!signer) return signer.error();
  const tlog::DirectoryReader reader(folder / "log");
  const Result<tlog::Checkpoint> checkpoint = tlog::audit_log(reader, signer->key());
  if (!checkpoint) return checkpoint.error();
  tlog::Frontier tree;
  while (tree.size() < checkpoint->head.size) {
    const auto rows = ledger.from(tree.size(), kBatch);
    if (!rows) return rows.error();
    if (rows->empty()) break;
    for (const store::LogRow& row : *rows) {
      if (tree.size() < checkpoint->head.size) tree.append(tlog::leaf_hash(as_bytes(row.entry)));
    }
  }
  if (tree.size() == checkpoint->head.size && tree.root() == checkpoint->head.root) {
    return checkpoint->head.size;
  }
  return Error{ErrorCode::kCorrupt,
               "the transparency log holds other entries than the database: one of them was"
               " changed, or is an old copy"};
}

}  // namespace salus::service
