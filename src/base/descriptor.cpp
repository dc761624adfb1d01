#include "base/descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace salus {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

int write_all(int fd, ByteView content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    content = content.subspan(static_cast<std::size_t>(wrote));
  }
  return 0;
}

}  // namespace salus
