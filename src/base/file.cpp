#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/descriptor.h"
#include "base/random.h"

namespace salus {
namespace {

int write_and_sync(int fd, ByteView content) {
  const int failed = write_all(fd, content);
  if (failed != 0) return failed;
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

Error io_error(std::string_view what, const std::filesystem::path& path, int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  return Error{full ? ErrorCode::kNoSpace : ErrorCode::kIo,
               std::string(what) + " " + path.string() + ": " + std::strerror(error_number) +
                   (full ? "; free some space and try again" : "")};
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return Error{ErrorCode::kNotFound, "no file " + path.string()};
    return io_error("cannot open", path, errno);
  }
  Bytes content;
  // One allocation: growing would leave copies of a key file's bytes in freed memory.
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && status.st_size > 0) {
    content.reserve(
        std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), limit_bytes));
  }
  std::array<std::byte, 65536> chunk;
  for (;;) {
    const ssize_t got = ::read(file.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read", path, errno);
    if (got == 0) {
      secure_zero(chunk);
      return content;
    }
    append(content, ByteView(chunk).first(static_cast<std::size_t>(got)));
    if (content.size() > limit_bytes) {
      return Error{ErrorCode::kLimit, path.string() + " is larger than the limit of " +
                                          std::to_string(limit_bytes) + " bytes"};
    }
  }
}

Result<std::string> read_text_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  const Result<Bytes> bytes = read_file(path, limit_bytes);
  if (!bytes) return bytes.error();
  return std::string(as_text(*bytes));
}

Status write_file(const std::filesystem::path& path, ByteView content, FileMode mode) {
  const Seed suffix = random_seed();
  const std::filesystem::path temporary =
      path.string() + "." + to_hex(ByteView(suffix).first(8)) + ".tmp";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                 static_cast<mode_t>(mode)));
    if (file.get() < 0) return io_error("cannot create", temporary, errno);
    if (const int failed = write_and_sync(file.get(), content); failed != 0) {
      ::unlink(temporary.c_str());
      return io_error("cannot write", path, failed);
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int failed = errno;
    ::unlink(temporary.c_str());
    return io_error("cannot rename into", path, failed);
  }
  return sync_directory(path.has_parent_path() ? path.parent_path() : ".");
}

Status sync_directory(const std::filesystem::path& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return io_error("cannot open directory", directory, errno);
  if (::fsync(folder.get()) != 0) return io_error("cannot sync directory", directory, errno);
  return {};
}

Status require_private(std::string_view what, const std::filesystem::path& path) {
  using std::filesystem::perms;
  std::error_code failed;
  const perms mode = std::filesystem::status(path, failed).permissions();
  if (failed || (mode & (perms::group_all | perms::others_all)) == perms::none) return {};
  return Error{ErrorCode::kDenied, std::string(what) + " " + path.string() +
                                       " can be read by others; run chmod 600 on it"};
}

}  // namespace salus
