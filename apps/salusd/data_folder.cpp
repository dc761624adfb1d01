#include "data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "store/files/file_object_store.h"
#include "store/sqlite/sqlite_ledger.h"

namespace salusd {

using salus::Error;
using salus::ErrorCode;
using salus::Result;
using salus::Status;

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return salus::io_error("cannot open", path, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<FolderLock>(new FolderLock(fd));
  const int failed = errno;
  ::close(fd);
  if (failed != EWOULDBLOCK) return salus::io_error("cannot lock", path, failed);
  return Error{ErrorCode::kConflict, "another salusd uses " + folder.string() +
                                         ": stop it first, or choose another --data"};
}

FolderLock::~FolderLock() { ::close(fd_); }

Status make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return salus::io_error("cannot create", folder, failed.value());
  if (::chmod(folder.c_str(), 0700) != 0) return salus::io_error("cannot protect", folder, errno);
  return {};
}

Result<std::unique_ptr<salus::store::Ledger>> open_ledger(const std::filesystem::path& folder) {
  return salus::store::open_sqlite_ledger(folder / "ledger.sqlite");
}

Result<std::unique_ptr<salus::store::ObjectStore>> open_objects(
    const std::filesystem::path& folder) {
  return salus::store::open_file_object_store(folder);
}

}  // namespace salusd
