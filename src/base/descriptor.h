// Open files of the operating system, for what base/file.h is too coarse for.
#pragma once

#include "base/bytes.h"

namespace salus {

/// A file descriptor that closes itself; -1: none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Writes all of `content` at the descriptor's position. Returns 0 or errno.
int write_all(int fd, ByteView content);

}  // namespace salus
