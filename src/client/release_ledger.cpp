#include "client/release_ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "salus-releases ";
constexpr std::string_view kVersion = "1 ";
constexpr std::size_t kLine = 2 * sizeof(Digest::bytes) + 1;
constexpr std::uint64_t kMostBytes = 256 + kMostLedgerReleases * kLine;

std::string first_line(std::string_view key_id, const ckks::FloodingTarget& target) {
  return fmt::format("{}{}{} {} {}\n", kMagic, kVersion, key_id, target.statistical_bits,
                     target.releases);
}

Error broken(const fs::path& path, const std::string& why) {
  return {ErrorCode::kParse, "release ledger " + path.string() + ": " + why +
                                 "; restore it from its copy, releases that it forgets count"};
}

}  // namespace

ReleaseLedger::ReleaseLedger(fs::path path, Descriptor file, std::string_view key_id,
                             const ckks::FloodingTarget& target)
    : path_(std::move(path)), file_(std::move(file)), key_id_(key_id), target_(target) {}

Result<ReleaseLedger> ReleaseLedger::open(const fs::path& path, std::string_view key_id,
                                          const ckks::FloodingTarget& target) {
  if (const auto factor = ckks::flooding_factor(target); !factor) return factor.error();
  if (target.releases > kMostLedgerReleases) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("release ledger: {} releases of one key; the limit is {}",
                             target.releases, kMostLedgerReleases)};
  }
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                         static_cast<mode_t>(FileMode::kOwnerOnly)));
  if (file.get() < 0) return io_error("cannot open", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("cannot lock", path, errno);
    return Error{ErrorCode::kConflict, "release ledger " + path.string() +
                                           " is open in another process; wait for it to end"};
  }
  ReleaseLedger ledger(path, std::move(file), key_id, target);
  if (const Status read = ledger.load(); !read) return read.error();
  return ledger;
}

// A file without a whole first line is new, or its maker crashed before any release.
Status ReleaseLedger::begin(std::string_view line) {
  if (::ftruncate(file_.get(), 0) != 0) return io_error("cannot write", path_, errno);
  if (::lseek(file_.get(), 0, SEEK_SET) < 0) return io_error("cannot write", path_, errno);
  if (const int failed = write_all(file_.get(), as_bytes(line)); failed != 0)
    return io_error("cannot write", path_, failed);
  if (::fsync(file_.get()) != 0) return io_error("cannot sync", path_, errno);
  bytes_ = line.size();
  return sync_directory(path_.has_parent_path() ? path_.parent_path() : ".");
}

Status ReleaseLedger::load() {
  const std::string expected = first_line(key_id_, target_);
  const Result<std::string> read = read_text_file(path_, kMostBytes);
  if (!read) return read.error();
  std::string_view text = *read;
  const auto end = text.find('\n');
  if (end == std::string_view::npos) {
    const std::string_view magic = kMagic;
    if (!text.starts_with(magic.substr(0, text.size()))) return broken(path_, "no release ledger");
    return begin(expected);
  }
  const std::string_view line = text.substr(0, end + 1);
  if (!line.starts_with(kMagic)) return broken(path_, "no release ledger");
  if (!line.substr(kMagic.size()).starts_with(kVersion)) {
    return Error{ErrorCode::kVersion, "release ledger " + path_.string() +
                                          " has a version that this build does not know"};
  }
  if (!line.substr(kMagic.size() + kVersion.size()).starts_with(key_id_)) {
    return Error{ErrorCode::kMismatch,
                 "release ledger " + path_.string() + " is another key's than " + key_id_};
  }
  if (line != expected) {
    return Error{ErrorCode::kConflict,
                 "release ledger " + path_.string() + " was made as '" +
                     std::string(line.substr(0, end)) +
                     "'; what is left of it is for the same s and tau, or take a new key"};
  }
  bytes_ = line.size();
  for (text.remove_prefix(line.size()); text.size() >= kLine; text.remove_prefix(kLine)) {
    const Result<Digest> release = Digest::parse(text.substr(0, kLine - 1));
    if (!release || text[kLine - 1] != '\n')
      return broken(path_, fmt::format("line {} is no release", places_.size() + 2));
    if (!places_.emplace(*release, places_.size() + 1).second)
      return broken(path_, fmt::format("line {} repeats a release", places_.size() + 2));
    bytes_ += kLine;
  }
  return {};
}

Result<std::uint64_t> ReleaseLedger::count(const Digest& release) {
  if (const auto found = places_.find(release); found != places_.end()) return found->second;
  if (used() >= target_.releases) {
    return Error{ErrorCode::kDenied,
                 fmt::format("release refused: {} of {} releases of this key are made; a new "
                             "release needs a new key (salus key create), what was released can be "
                             "had again",
                             used(), target_.releases)};
  }
  // What a failed write or a crash left behind the last whole line goes first.
  const auto whole = static_cast<off_t>(bytes_);
  if (::ftruncate(file_.get(), whole) != 0 || ::lseek(file_.get(), whole, SEEK_SET) < 0)
    return io_error("cannot write", path_, errno);
  if (const int failed = write_all(file_.get(), as_bytes(release.hex() + "\n")); failed != 0)
    return io_error("cannot write", path_, failed);
  if (::fsync(file_.get()) != 0) return io_error("cannot sync", path_, errno);
  bytes_ += kLine;
  places_.emplace(release, used() + 1);
  return used();
}

}  // namespace salus::client
