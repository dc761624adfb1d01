// Goal:   a file holds all of the new content or all of the old, and limits hold on reading.
// Method: a fresh folder a test; failures by missing folders, folders in the way and RLIMIT_FSIZE.

#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "base/random.h"

namespace salus {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  FileTest() : folder_(fs::temp_directory_path() / ("salus-file-" + to_hex(random_seed()))) {
    fs::create_directory(folder_);
  }
  ~FileTest() override { fs::remove_all(folder_); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const fs::path path = folder_ / "a";
  Bytes content(200'000, std::byte{7});
  content[123] = std::byte{9};
  must(write_file(path, content));

  EXPECT_EQ(must(read_file(path, content.size())), content);
  must(write_file(path, as_bytes("short")));
  EXPECT_EQ(must(read_text_file(path, 5)), "short");
  EXPECT_EQ(files(), 1u) << "the temporary file is gone";
}

TEST_F(FileTest, AnEmptyFileIsEmpty) {
  must(write_file(folder_ / "empty", {}));

  EXPECT_TRUE(must(read_file(folder_ / "empty", 0)).empty());
}

TEST_F(FileTest, TheLimitHoldsAtOneByteBeyond) {
  must(write_file(folder_ / "a", as_bytes("12345")));

  EXPECT_TRUE(read_file(folder_ / "a", 5));
  const Result<Bytes> beyond = read_file(folder_ / "a", 4);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::kLimit);
  EXPECT_NE(beyond.error().message.find("4 bytes"), std::string::npos);
  EXPECT_EQ(read_text_file(folder_ / "a", 4).error().code, ErrorCode::kLimit);
}

TEST_F(FileTest, AMissingFileAndAFolderAreDifferentErrors) {
  EXPECT_EQ(read_file(folder_ / "none", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read_file(folder_, 1).error().code, ErrorCode::kIo);
  must(write_file(folder_ / "a", as_bytes("x")));
  EXPECT_EQ(read_file(folder_ / "a" / "b", 1).error().code, ErrorCode::kIo);
}

TEST_F(FileTest, AnOwnerOnlyFileIsForItsOwnerOnly) {
  must(write_file(folder_ / "key", as_bytes("k"), FileMode::kOwnerOnly));
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "key").c_str(), &status), 0);

  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(FileTest, WritingIntoAMissingFolderSaysSo) {
  const Status status = write_file(folder_ / "none" / "a", as_bytes("x"));

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_NE(status.error().message.find("none"), std::string::npos);
}

TEST_F(FileTest, AFileSystemThatRefusesFilesIsAnErrorEvenForRoot) {
  EXPECT_EQ(write_file("/proc/salus-test", as_bytes("x")).error().code, ErrorCode::kIo);
}

TEST_F(FileTest, AFolderInTheWayKeepsItsContentAndNoTemporaryStays) {
  fs::create_directories(folder_ / "a" / "child");

  EXPECT_EQ(write_file(folder_ / "a", as_bytes("x")).error().code, ErrorCode::kIo);
  EXPECT_TRUE(fs::exists(folder_ / "a" / "child"));
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileTest, AWriteThatFailsHalfwayLeavesTheOldContent) {
  const fs::path path = folder_ / "a";
  must(write_file(path, as_bytes("old")));
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{10'000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = write_file(path, Bytes(20'000));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(must(read_text_file(path, 100)), "old");
  EXPECT_EQ(files(), 1u) << "the temporary file is gone";
}

TEST_F(FileTest, ADirectorySyncNeedsADirectory) {
  EXPECT_TRUE(sync_directory(folder_));
  EXPECT_EQ(sync_directory(folder_ / "none").error().code, ErrorCode::kIo);
}

TEST(IoError, AFullDiskHasItsOwnCodeAndANextStep) {
  for (const int full : {ENOSPC, EDQUOT}) {
    const Error error = io_error("cannot write", "/data/x", full);
    EXPECT_EQ(error.code, ErrorCode::kNoSpace);
    EXPECT_NE(error.message.find("free some space"), std::string::npos);
  }
  const Error denied = io_error("cannot write", "/data/x", EACCES);
  EXPECT_EQ(denied.code, ErrorCode::kIo);
  EXPECT_NE(denied.message.find("cannot write /data/x: "), std::string::npos);
}

}  // namespace
}  // namespace salus
