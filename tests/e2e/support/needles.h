// Looking for plaintext where none may be.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace salus::e2e {

/// How a number may lie in a file: decimal text in several precisions, the bytes of a double and of
/// a float in both byte orders.
struct Needle {
  std::string what;  ///< "feature ka as float"
  std::string bytes;
};
std::vector<Needle> needles_of(const std::string& name, double value);

/// Bytes by where they were found.
using Haystack = std::map<std::string, std::string>;
/// Every file below `folder`, by its path.
void add_files(const std::filesystem::path& folder, Haystack& haystack);

/// "feature ka as float in DIR/objects/...", for each needle that is found.
std::vector<std::string> find_all(const Haystack& haystack, const std::vector<Needle>& needles);

}  // namespace salus::e2e
