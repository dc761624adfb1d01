// Goal:   what the file driver acknowledged is there afterwards; what failed left nothing behind.
// Method: make the n-th system call fail, for n = 1, 2, ... until the operation succeeds, and look
// at
//         the folder with a healthy disk each time; cut files as a crash would.
#include "store/files/file_object_store.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/file.h"
#include "base/random.h"

namespace salus::store {
namespace {

namespace fs = std::filesystem;

/// Fails the n-th call, or every write once `budget_bytes` are written (a full disk).
class FaultyDisk final : public Disk {
 public:
  int fail_at = 0;  ///< 0: never
  int calls = 0;
  int error_number = EIO;
  std::uint64_t budget_bytes = ~std::uint64_t{0};

  int open(const fs::path& path, int flags, mode_t mode) override {
    return fails() ? -1 : Disk::open(path, flags, mode);
  }
  ssize_t write(int fd, ByteView bytes) override {
    if (fails()) return -1;
    if (budget_bytes == 0) return errno = ENOSPC, -1;
    const std::size_t fits = std::min<std::uint64_t>(budget_bytes, bytes.size());
    budget_bytes -= fits;
    return Disk::write(fd, bytes.first(fits));
  }
  int fsync(int fd) override { return fails() ? -1 : Disk::fsync(fd); }
  int ftruncate(int fd, off_t size) override { return fails() ? -1 : Disk::ftruncate(fd, size); }
  int link(const fs::path& from, const fs::path& to) override {
    return fails() ? -1 : Disk::link(from, to);
  }
  int rename(const fs::path& from, const fs::path& to) override {
    return fails() ? -1 : Disk::rename(from, to);
  }
  int unlink(const fs::path& path) override { return fails() ? -1 : Disk::unlink(path); }
  int mkdir(const fs::path& path, mode_t mode) override {
    return fails() ? -1 : Disk::mkdir(path, mode);
  }

 private:
  bool fails() {
    if (++calls != fail_at) return false;
    errno = error_number;
    return true;
  }
};

class FileObjectStore : public testing::Test {
 protected:
  void SetUp() override {
    const Seed random = random_seed();
    root_ = fs::temp_directory_path() / ("salus-" + to_hex(ByteView(random).first(8)));
    fs::create_directories(root_);
    disk_ = std::make_shared<FaultyDisk>();
    store_ = must(open_file_object_store(root_, disk_));
  }
  void TearDown() override { fs::remove_all(root_); }

  std::size_t temporary_count() const {
    const auto entries = fs::directory_iterator(root_ / "temporary");
    return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
  }

  const Bytes content_ = to_bytes(as_bytes(std::string(100'000, 'x')));
  const UploadName name_{.account = 7, .digest = sha256(content_)};
  fs::path root_;
  std::shared_ptr<FaultyDisk> disk_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(FileObjectStore, ReadsBackWhatItStoredUnderItsDigest) {
  const Digest digest = must(store_->put(content_));

  EXPECT_EQ(digest, sha256(content_));
  EXPECT_EQ(to_bytes(must(store_->read(digest))->view()), content_);
  EXPECT_EQ(must(store_->list()), std::vector<Digest>{digest});
  must(store_->remove(digest));
  EXPECT_EQ(store_->read(digest).error().code, ErrorCode::kNotFound);
  must(store_->remove(digest));
}

TEST_F(FileObjectStore, NeverCutsAnObjectThatSomebodyMayHaveMapped) {
  {
    auto partial = must(store_->resume(name_, 0));
    must(partial->write(content_));
    must(partial->sync());
  }
  must(store_->publish(name_));  // and then the ledger fails: the upload goes on from its offset
  const auto mapped = must(store_->read(name_.digest));

  auto again = must(store_->resume(name_, 3000));
  must(again->write(as_bytes("something else")));

  EXPECT_EQ(to_bytes(mapped->view()), content_);
  EXPECT_EQ(to_bytes(must(store_->read(name_.digest))->view()), content_);
  EXPECT_EQ(must(store_->read_partial(name_))->view().size(), 3014u);
  EXPECT_EQ(temporary_count(), 0u);
}

TEST_F(FileObjectStore, CutsAnUploadBackToTheAcknowledgedOffset) {
  {
    auto partial = must(store_->resume(name_, 0));
    must(partial->write(ByteView(content_).first(5000)));
    must(partial->sync());
  }
  const auto partial = must(store_->resume(name_, 3000));
  EXPECT_EQ(partial->size(), 3000u);
  EXPECT_EQ(must(store_->read_partial(name_))->view().size(), 3000u);
  EXPECT_EQ(store_->resume(name_, 3001).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(must(store_->partials()), std::vector<UploadName>{name_});
}

TEST_F(FileObjectStore, KeepsTheUploadUntilItIsDiscarded) {
  auto partial = must(store_->resume(name_, 0));
  must(partial->write(content_));
  must(partial->sync());
  must(store_->publish(name_));
  must(store_->publish(name_));  // a crash before the ledger knew: the client sends again

  EXPECT_EQ(must(store_->read(name_.digest))->view().size(), content_.size());
  EXPECT_EQ(must(store_->read_partial(name_))->view().size(), content_.size());
  must(store_->discard(name_));
  EXPECT_EQ(to_bytes(must(store_->read(name_.digest))->view()), content_);
}

TEST_F(FileObjectStore, LeavesNothingBehindWhenAnyCallOfPutFails) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 50);
    disk_->calls = 0;
    disk_->fail_at = n;
    const Result<Digest> stored = store_->put(content_);
    disk_->fail_at = 0;
    EXPECT_EQ(temporary_count(), 0u);
    if (stored) break;
    EXPECT_EQ(stored.error().code, ErrorCode::kIo);
    // Either absent, or whole: a directory that could not be synced may hold the name.
    const auto there = store_->read(name_.digest);
    if (there) {
      EXPECT_EQ(to_bytes((*there)->view()), content_);
    }
  }
  EXPECT_EQ(to_bytes(must(store_->read(name_.digest))->view()), content_);
}

TEST_F(FileObjectStore, LosesNoAcknowledgedByteWhenAnyCallOfAnUploadFails) {
  for (int n = 1;; ++n) {
    SCOPED_TRACE("call " + std::to_string(n) + " fails");
    ASSERT_LT(n, 50);
    const UploadName name{.account = n, .digest = name_.digest};
    std::uint64_t acknowledged = 0;
    disk_->calls = 0;
    disk_->fail_at = n;
    const Status outcome = [&]() -> Status {
      auto partial = store_->resume(name, 0);
      if (!partial) return partial.error();
      for (const std::size_t end : {40'000u, 100'000u}) {
        const ByteView piece = ByteView(content_).first(end).subspan(acknowledged);
        if (Status written = (*partial)->write(piece); !written) return written;
        if (Status durable = (*partial)->sync(); !durable) return durable;
        acknowledged = end;
      }
      return store_->publish(name);
    }();
    disk_->fail_at = 0;
    auto resumed = must(store_->resume(name, acknowledged));
    must(resumed->write(ByteView(content_).subspan(acknowledged)));
    EXPECT_EQ(to_bytes(must(store_->read_partial(name))->view()), content_);
    if (outcome) break;
  }
}

TEST_F(FileObjectStore, SaysNoSpaceOnAFullDiskAndKeepsWhatWasAcknowledged) {
  disk_->budget_bytes = 50'000;
  auto partial = must(store_->resume(name_, 0));
  must(partial->write(ByteView(content_).first(30'000)));
  must(partial->sync());

  const Status full = partial->write(ByteView(content_).subspan(30'000));

  EXPECT_EQ(full.error().code, ErrorCode::kNoSpace);
  partial.reset();
  const auto resumed = must(store_->resume(name_, 30'000));
  EXPECT_EQ(to_bytes(must(store_->read_partial(name_))->view()),
            to_bytes(ByteView(content_).first(30'000)));
  EXPECT_EQ(store_->put(content_).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(temporary_count(), 0u);
  EXPECT_TRUE(must(store_->list()).empty());
}

TEST_F(FileObjectStore, EmptiesWhatADeadProcessWasWriting) {
  must(write_file(root_ / "temporary" / "half", ByteView(content_).first(10)));
  store_.reset();
  store_ = must(open_file_object_store(root_));
  EXPECT_EQ(temporary_count(), 0u);
}

}  // namespace
}  // namespace salus::store
