// The system calls that the file driver makes, behind an interface so that tests can make the n-th
// of them fail.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>

#include "base/bytes.h"

namespace salus::store {

/// Each call does what the system call of that name does: negative or non-zero with errno set on
/// failure. Safe for concurrent use.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual int open(const std::filesystem::path& path, int flags, mode_t mode);
  virtual ssize_t write(int fd, ByteView bytes);
  virtual int fsync(int fd);
  virtual int ftruncate(int fd, off_t size);
  virtual int link(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual int unlink(const std::filesystem::path& path);
  virtual int mkdir(const std::filesystem::path& path, mode_t mode);
};

}  // namespace salus::store
