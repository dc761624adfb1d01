// The 15-entry log of Tessera's test data, which lies beside the checkout in shared/data/tlog.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"
#include "tlog/key.h"

namespace salus::tlog::test {

inline constexpr std::uint64_t kSharedLogSize = 15;

inline VerifierKey shared_log_key() {
  return must(VerifierKey::parse(
      "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"));
}

/// The folder, or an empty path where it is absent. `source` is SALUS_SOURCE_DIR.
inline std::filesystem::path shared_log(const std::string& source) {
  const std::filesystem::path folder = std::filesystem::path(source) / "../shared/data/tlog";
  return std::filesystem::exists(folder / "checkpoint") ? folder : std::filesystem::path();
}

inline constexpr const char* kNoSharedLog = "no data in shared/data/tlog, beside the checkout";

inline std::string shared_checkpoint(const std::filesystem::path& folder, std::uint64_t size) {
  return must(read_text_file(folder / ("checkpoint." + std::to_string(size)), 1000));
}

}  // namespace salus::tlog::test
