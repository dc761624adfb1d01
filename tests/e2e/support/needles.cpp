#include "support/needles.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

namespace salus::e2e {
namespace {

// Shorter texts occur by chance in megabytes of random bytes.
constexpr std::size_t kShortestText = 6;

template <class Number>
void add_binary(const std::string& what, Number number, std::vector<Needle>& needles) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  needles.push_back({what, bytes});
  std::reverse(bytes.begin(), bytes.end());
  needles.push_back({what + ", big-endian", bytes});
}

}  // namespace

std::vector<Needle> needles_of(const std::string& name, double value) {
  std::vector<Needle> needles;
  std::set<std::string> texts;
  for (const char* format : {"%.17g", "%.16g", "%.15g", "%.12g", "%.9g", "%.8g", "%.7g", "%.6g",
                             "%.5g", "%.12f", "%.9f", "%.6f", "%.5f", "%.4f", "%.6e", "%.4e"}) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    if (std::strlen(text) >= kShortestText) texts.insert(text);
  }
  for (const std::string& text : texts) needles.push_back({name + " as text " + text, text});
  add_binary(name + " as double", value, needles);
  add_binary(name + " as float", static_cast<float>(value), needles);
  return needles;
}

void add_files(const std::filesystem::path& folder, Haystack& haystack) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    haystack[entry.path().string()] =
        std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
}

std::vector<std::string> find_all(const Haystack& haystack, const std::vector<Needle>& needles) {
  std::vector<std::string> found;
  for (const Needle& needle : needles) {
    for (const auto& [where, bytes] : haystack) {
      if (bytes.find(needle.bytes) != std::string::npos) {
        found.push_back(needle.what + " in " + where);
      }
    }
  }
  return found;
}

}  // namespace salus::e2e
