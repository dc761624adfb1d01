// Goal:   a descriptor is closed once, by its last owner, and a failed write says why.
// Method: a pipe whose other end tells when it is closed.

#include "base/descriptor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace salus {
namespace {

TEST(Descriptor, IsClosedByItsLastOwner) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Descriptor reading(ends[0]);
  std::array<char, 8> got{};
  {
    Descriptor first(ends[1]);
    const Descriptor second(std::move(first));
    EXPECT_EQ(first.get(), -1);  // NOLINT(bugprone-use-after-move): promised empty
    EXPECT_EQ(write_all(second.get(), as_bytes("abc")), 0);
  }

  EXPECT_EQ(::read(reading.get(), got.data(), got.size()), 3);
  EXPECT_EQ(::read(reading.get(), got.data(), got.size()), 0) << "nobody can write any more";
}

TEST(Descriptor, AFailedWriteReportsItsErrorNumber) {
  EXPECT_EQ(write_all(-1, as_bytes("abc")), EBADF);
  EXPECT_EQ(write_all(-1, {}), 0);
}

}  // namespace
}  // namespace salus
