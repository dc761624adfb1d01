// Where tests find public data sets that lie beside a checkout.
#pragma once

#include <filesystem>
#include <string>

namespace salus::test {

/// The data set's folder, beside the checkout or in it; empty where there is none: the test says so
/// and is skipped. `checkout` is SALUS_SOURCE_DIR.
inline std::filesystem::path shared_data(const std::string& checkout, const std::string& name) {
  for (const char* place : {"/shared/data/", "/../shared/data/"}) {
    std::filesystem::path folder = checkout + place + name;
    if (std::filesystem::is_directory(folder)) return folder;
  }
  return {};
}

}  // namespace salus::test
