// A folder for one test, gone afterwards.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/random.h"

namespace salus::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const Seed random = random_seed();
    path_ = std::filesystem::temp_directory_path() / ("salus-" + to_hex(ByteView(random).first(8)));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace salus::test
