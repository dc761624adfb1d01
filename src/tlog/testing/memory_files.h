// A folder in memory that forgets, at a crash, what was not made durable; for tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/test_random.h"
#include "tlog/files.h"

namespace salus::tlog::test {

/// Thrown in place of the step at which the process dies.
struct Crash {};

enum class CrashKind {
  kKill,       ///< the process dies, the machine does not: every step that was made stays
  kPowerLoss,  ///< only what was made durable stays
  kMixed       ///< of what was not, some stays
};

/// What outlives the process.
class Disk {
 public:
  std::uint64_t steps = 0;
  std::uint64_t crash_at = ~std::uint64_t{0};  ///< the number of the step that is not made, from 1
  std::uint64_t fail_at = ~std::uint64_t{0};   ///< the number of the step that reports an error
  std::vector<std::string> signed_heads;       ///< all checkpoints that were about to be stored

  void crash(CrashKind kind, std::uint64_t seed) {
    if (kind == CrashKind::kKill) return;
    salus::test::TestRandom random(seed);
    const auto keeps = [&] { return kind == CrashKind::kMixed && random.below(2) == 0; };
    for (const auto& [path, file] : now_) {
      if (keeps()) durable_[path] = file;
    }
    for (auto entry = durable_.begin(); entry != durable_.end();) {
      const bool removed = !now_.contains(entry->first);
      const bool stays = has_parents(entry->first) && (!removed || kind == CrashKind::kPowerLoss);
      entry = stays ? std::next(entry) : durable_.erase(entry);
    }
    now_ = durable_;
  }

  bool has(const std::string& path) const { return now_.contains(path); }
  std::map<std::string, Bytes> files() const {
    std::map<std::string, Bytes> out;
    for (const auto& [path, file] : now_) {
      if (file) out[path] = *file;
    }
    return out;
  }
  void put(const std::string& path, ByteView content) {
    now_[path] = std::make_shared<Bytes>(to_bytes(content));
  }
  void erase(const std::string& path) { now_.erase(path); }

 private:
  friend class MemoryFiles;
  using Names = std::map<std::string, std::shared_ptr<Bytes>>;  // a null pointer: a directory

  bool has_parents(const std::string& path) const {
    for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
      if (!durable_.contains(path.substr(0, at))) return false;
    }
    return true;
  }

  Names now_;
  Names durable_;
};

class MemoryFiles : public LogFiles {
 public:
  explicit MemoryFiles(Disk& disk) : disk_(disk) {}

  Result<Bytes> read(const std::string& path, std::uint64_t limit_bytes) const override {
    const auto found = disk_.now_.find(path);
    if (found == disk_.now_.end() || !found->second) {
      return Error{ErrorCode::kNotFound, "no file " + path};
    }
    check(found->second->size() <= limit_bytes, "a file above its limit");
    return *found->second;
  }

  Status write(const std::string& path, ByteView content) override {
    if (path == "checkpoint.tmp") disk_.signed_heads.emplace_back(as_text(content));
    // A crash here leaves half of the content, whatever the name held before.
    if (disk_.steps + 1 == disk_.crash_at) put(path, content.first(content.size() / 2));
    if (const Status allowed = step(); !allowed) return allowed;
    put(path, content);
    return {};
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (const Status allowed = step(); !allowed) return allowed;
    check(disk_.now_.contains(from), "a file to rename");
    disk_.now_[to] = disk_.now_[from];
    disk_.now_.erase(from);
    return {};
  }

  Status make_directory(const std::string& path) override {
    if (const Status allowed = step(); !allowed) return allowed;
    check(parent_is_there(path), "a directory's parent is there");
    disk_.now_[path] = nullptr;
    return {};
  }

  Status sync_directory(const std::string& path) override {
    if (const Status allowed = step(); !allowed) return allowed;
    check(path.empty() || disk_.now_.contains(path), "a directory to sync");
    std::erase_if(disk_.durable_, [&](const auto& entry) {
      return parent_of(entry.first) == path && !disk_.now_.contains(entry.first);
    });
    for (const auto& [name, file] : disk_.now_) {
      if (parent_of(name) == path) disk_.durable_[name] = file;
    }
    return {};
  }

  Status remove_directory(const std::string& path) override {
    if (const Status allowed = step(); !allowed) return allowed;
    std::erase_if(disk_.now_, [&](const auto& entry) {
      return entry.first == path || entry.first.starts_with(path + "/");
    });
    return {};
  }

 private:
  static std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? "" : path.substr(0, slash);
  }
  bool parent_is_there(const std::string& path) const {
    return parent_of(path).empty() || disk_.now_.contains(parent_of(path));
  }
  void put(const std::string& path, ByteView content) {
    check(parent_is_there(path), "a file's directory is there");
    disk_.now_[path] = std::make_shared<Bytes>(to_bytes(content));
  }
  Status step() {
    ++disk_.steps;
    if (disk_.steps == disk_.crash_at) throw Crash{};
    if (disk_.steps == disk_.fail_at) return Error{ErrorCode::kNoSpace, "no space (test)"};
    return {};
  }

  Disk& disk_;
};

}  // namespace salus::tlog::test
