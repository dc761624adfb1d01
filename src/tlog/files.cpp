#include "tlog/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/descriptor.h"
#include "base/file.h"

namespace salus::tlog {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;

class DiskFiles : public LogFiles {
 public:
  DiskFiles(std::filesystem::path folder, Descriptor lock)
      : folder_(std::move(folder)), lock_(std::move(lock)) {}

  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override {
    return read_file(folder_ / path, limit_bytes);
  }

  Status write(const std::string& path, ByteView content) override {
    const std::filesystem::path target = folder_ / path;
    const Descriptor file(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
    if (file.get() < 0) return io_error("cannot create", target, errno);
    const int failed = write_all(file.get(), content);
    if (failed != 0) return io_error("cannot write", target, failed);
    if (::fsync(file.get()) != 0) return io_error("cannot sync", target, errno);
    return {};
  }

  Status rename(const std::string& from, const std::string& to) override {
    const std::filesystem::path target = folder_ / to;
    if (::rename((folder_ / from).c_str(), target.c_str()) != 0) {
      return io_error("cannot rename into", target, errno);
    }
    return {};
  }

  Status make_directory(const std::string& path) override {
    const std::filesystem::path target = folder_ / path;
    if (::mkdir(target.c_str(), kFolderMode) != 0 && errno != EEXIST) {
      return io_error("cannot make directory", target, errno);
    }
    return {};
  }

  Status sync_directory(const std::string& path) override {
    return salus::sync_directory(path.empty() ? folder_ : folder_ / path);
  }

  Status remove_directory(const std::string& path) override {
    const std::filesystem::path target = folder_ / path;
    std::error_code error;
    std::filesystem::remove_all(target, error);
    if (error) return io_error("cannot remove", target, error.value());
    return {};
  }

 private:
  std::filesystem::path folder_;
  Descriptor lock_;
};

}  // namespace

Result<std::unique_ptr<LogFiles>> open_log_files(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    return Error{ErrorCode::kNotFound, "no folder " + folder.string()};
  }
  const std::filesystem::path lock_path = folder / "lock";
  Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (lock.get() < 0) return io_error("cannot open", lock_path, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("cannot lock", lock_path, errno);
    return Error{ErrorCode::kConflict, "the log in " + folder.string() +
                                           " is open in another process; a log has one writer, or "
                                           "it would sign two histories"};
  }
  return std::unique_ptr<LogFiles>(std::make_unique<DiskFiles>(folder, std::move(lock)));
}

}  // namespace salus::tlog
