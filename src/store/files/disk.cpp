#include "store/files/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace salus::store {

int Disk::open(const std::filesystem::path& path, int flags, mode_t mode) {
  return ::open(path.c_str(), flags | O_CLOEXEC, mode);
}
ssize_t Disk::write(int fd, ByteView bytes) { return ::write(fd, bytes.data(), bytes.size()); }
int Disk::fsync(int fd) { return ::fsync(fd); }
int Disk::ftruncate(int fd, off_t size) { return ::ftruncate(fd, size); }
int Disk::link(const std::filesystem::path& from, const std::filesystem::path& to) {
  return ::link(from.c_str(), to.c_str());
}
int Disk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return ::rename(from.c_str(), to.c_str());
}
int Disk::unlink(const std::filesystem::path& path) { return ::unlink(path.c_str()); }
int Disk::mkdir(const std::filesystem::path& path, mode_t mode) {
  return ::mkdir(path.c_str(), mode);
}

}  // namespace salus::store
