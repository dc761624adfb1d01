#include "store/files/file_object_store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "base/random.h"

namespace salus::store {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// io_error, a file-size limit (RLIMIT_FSIZE) being as full as a full disk.
Error disk_error(std::string_view what, const fs::path& path, int error_number) {
  return io_error(what, path, error_number == EFBIG ? ENOSPC : error_number);
}

Status write_all(Disk& disk, int fd, ByteView bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t wrote = disk.write(fd, bytes);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return disk_error("cannot write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

class FilePartial final : public PartialObject {
 public:
  FilePartial(std::shared_ptr<Disk> disk, fs::path path, Descriptor file, std::uint64_t size)
      : disk_(std::move(disk)), path_(std::move(path)), file_(std::move(file)), size_(size) {}

  Status write(ByteView bytes) override {
    if (Status written = write_all(*disk_, file_.get(), bytes, path_); !written) return written;
    size_ += bytes.size();
    return {};
  }

  Status sync() override {
    if (disk_->fsync(file_.get()) != 0) return io_error("cannot sync", path_, errno);
    return {};
  }

  std::uint64_t size() const override { return size_; }

 private:
  std::shared_ptr<Disk> disk_;
  fs::path path_;
  Descriptor file_;
  std::uint64_t size_;
};

class MappedBytes final : public ObjectBytes {
 public:
  MappedBytes(void* start, std::size_t size) : start_(start), size_(size) {}
  ~MappedBytes() override {
    if (size_ > 0) ::munmap(start_, size_);
  }
  ByteView view() const override { return {static_cast<const std::byte*>(start_), size_}; }

 private:
  void* start_;
  std::size_t size_;
};

Result<std::unique_ptr<ObjectBytes>> map_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) {
    return Error{ErrorCode::kNotFound, "no object " + path.filename().string()};
  }
  if (file.get() < 0) return io_error("cannot open", path, errno);
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return io_error("cannot stat", path, errno);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return std::unique_ptr<ObjectBytes>(new MappedBytes(nullptr, 0));
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (start == MAP_FAILED) return io_error("cannot map", path, errno);
  return std::unique_ptr<ObjectBytes>(new MappedBytes(start, size));
}

class FileObjectStore final : public ObjectStore {
 public:
  FileObjectStore(fs::path root, std::shared_ptr<Disk> disk)
      : root_(std::move(root)), disk_(std::move(disk)) {}

  Status prepare();

  Result<std::unique_ptr<PartialObject>> resume(const UploadName& name,
                                                std::uint64_t offset) override;
  Result<std::unique_ptr<ObjectBytes>> read_partial(const UploadName& name) const override {
    return map_file(partial_path(name));
  }
  Status publish(const UploadName& name) override;
  Status discard(const UploadName& name) override { return unlink(partial_path(name)); }
  Result<std::vector<UploadName>> partials() const override;

  Result<Digest> put(ByteView bytes) override;
  Result<std::unique_ptr<ObjectBytes>> read(const Digest& digest) const override {
    return map_file(object_path(digest));
  }
  Status remove(const Digest& digest) override { return unlink(object_path(digest)); }
  Result<std::vector<Digest>> list() const override;

 private:
  fs::path partial_path(const UploadName& name) const {
    return root_ / "partial" / (std::to_string(name.account) + "-" + name.digest.hex());
  }
  fs::path object_path(const Digest& digest) const {
    const std::string hex = digest.hex();
    return root_ / "objects" / hex.substr(0, 2) / hex.substr(2);
  }
  Status sync_folder(const fs::path& folder);
  Status make_folder(const fs::path& folder);
  Status write_whole(const fs::path& target, ByteView bytes);
  Status separate(const fs::path& partial, std::uint64_t offset);
  Status unlink(const fs::path& path);

  fs::path root_;
  std::shared_ptr<Disk> disk_;
};

Status FileObjectStore::sync_folder(const fs::path& folder) {
  const Descriptor opened(disk_->open(folder, O_RDONLY | O_DIRECTORY, 0));
  if (opened.get() < 0) return io_error("cannot open directory", folder, errno);
  if (disk_->fsync(opened.get()) != 0) return io_error("cannot sync directory", folder, errno);
  return {};
}

Status FileObjectStore::make_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return {};
  if (disk_->mkdir(folder, kFolderMode) != 0 && errno != EEXIST) {
    return io_error("cannot create directory", folder, errno);
  }
  return sync_folder(folder.parent_path());
}

Status FileObjectStore::unlink(const fs::path& path) {
  if (disk_->unlink(path) != 0) {
    if (errno == ENOENT) return {};
    return io_error("cannot remove", path, errno);
  }
  return sync_folder(path.parent_path());
}

Status FileObjectStore::prepare() {
  for (const char* folder : {"objects", "partial", "temporary"}) {
    if (Status made = make_folder(root_ / folder); !made) return made;
  }
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(root_ / "temporary", failed)) {
    if (Status gone = unlink(entry.path()); !gone) return gone;
  }
  if (failed) return io_error("cannot list", root_ / "temporary", failed.value());
  return {};
}

Result<std::unique_ptr<PartialObject>> FileObjectStore::resume(const UploadName& name,
                                                               std::uint64_t offset) {
  const fs::path path = partial_path(name);
  std::error_code failed;
  const std::uintmax_t found = fs::file_size(path, failed);
  const std::uint64_t present = failed ? 0 : found;
  if (present < offset) {
    return Error{ErrorCode::kCorrupt, "upload " + name.digest.hex() + " has " +
                                          std::to_string(present) + " bytes on disk, " +
                                          std::to_string(offset) + " were acknowledged"};
  }
  // A server that died, or failed, between publishing and recording left the object and the upload
  // as one file. The object may be mapped by now: whoever reads it must never see it cut.
  if (present > 0 && fs::hard_link_count(path, failed) > 1) {
    if (Status apart = separate(path, offset); !apart) return apart.error();
  }
  Descriptor file(disk_->open(path, O_WRONLY | O_CREAT | O_APPEND, kFileMode));
  if (file.get() < 0) return io_error("cannot open", path, errno);
  if (failed) {
    if (Status durable = sync_folder(path.parent_path()); !durable) return durable.error();
  }
  if (present > offset && disk_->ftruncate(file.get(), static_cast<off_t>(offset)) != 0) {
    return io_error("cannot truncate", path, errno);
  }
  return std::unique_ptr<PartialObject>(new FilePartial(disk_, path, std::move(file), offset));
}

Status FileObjectStore::publish(const UploadName& name) {
  const fs::path target = object_path(name.digest);
  if (Status made = make_folder(target.parent_path()); !made) return made;
  if (disk_->link(partial_path(name), target) != 0 && errno != EEXIST) {
    return io_error("cannot publish", target, errno);
  }
  return sync_folder(target.parent_path());
}

/// `target` has these bytes, durably, or is as it was.
Status FileObjectStore::write_whole(const fs::path& target, ByteView bytes) {
  const Seed suffix = random_seed();
  const fs::path temporary = root_ / "temporary" / to_hex(ByteView(suffix).first(16));
  Status stored = [&]() -> Status {
    const Descriptor file(disk_->open(temporary, O_WRONLY | O_CREAT | O_EXCL, kFileMode));
    if (file.get() < 0) return io_error("cannot create", temporary, errno);
    if (Status written = write_all(*disk_, file.get(), bytes, temporary); !written) return written;
    if (disk_->fsync(file.get()) != 0) return io_error("cannot sync", temporary, errno);
    if (disk_->rename(temporary, target) != 0) return io_error("cannot rename to", target, errno);
    return sync_folder(target.parent_path());
  }();
  if (!stored) ::unlink(temporary.c_str());
  return stored;
}

Status FileObjectStore::separate(const fs::path& partial, std::uint64_t offset) {
  const Result<std::unique_ptr<ObjectBytes>> shared = map_file(partial);
  if (!shared) return shared.error();
  return write_whole(partial, (*shared)->view().first(offset));
}

Result<Digest> FileObjectStore::put(ByteView bytes) {
  const Digest digest = sha256(bytes);
  const fs::path target = object_path(digest);
  if (Status made = make_folder(target.parent_path()); !made) return made.error();
  if (Status stored = write_whole(target, bytes); !stored) return stored.error();
  return digest;
}

Result<std::vector<UploadName>> FileObjectStore::partials() const {
  std::vector<UploadName> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(root_ / "partial", failed)) {
    const std::string file = entry.path().filename().string();
    const std::size_t dash = file.find('-');
    if (dash == std::string::npos) continue;
    UploadName name;
    std::from_chars(file.data(), file.data() + dash, name.account);
    const Result<Digest> digest = Digest::parse(file.substr(dash + 1));
    if (!digest) continue;
    name.digest = *digest;
    names.push_back(name);
  }
  if (failed) return io_error("cannot list", root_ / "partial", failed.value());
  return names;
}

Result<std::vector<Digest>> FileObjectStore::list() const {
  std::vector<Digest> digests;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(root_ / "objects", failed)) {
    if (!entry.is_regular_file()) continue;
    const fs::path& path = entry.path();
    const Result<Digest> digest =
        Digest::parse(path.parent_path().filename().string() + path.filename().string());
    if (digest) digests.push_back(*digest);
  }
  if (failed) return io_error("cannot list", root_ / "objects", failed.value());
  return digests;
}

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_file_object_store(const std::filesystem::path& root,
                                                            std::shared_ptr<Disk> disk) {
  auto store = std::make_unique<FileObjectStore>(root, std::move(disk));
  if (Status ready = store->prepare(); !ready) return ready.error();
  return std::unique_ptr<ObjectStore>(std::move(store));
}

}  // namespace salus::store
