// Stands in for libFuzzer where there is none: feeds a fuzz target the empty input, every file of a
// corpus folder, and for each file its truncations and some flipped bits. Deterministic.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kTruncations = 64;
constexpr int kFlips = 64;
constexpr std::uint32_t kSeed = 20260101;

Input read_input(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t replay(const Input& input) {
  LLVMFuzzerTestOneInput(input.data(), input.size());
  const std::size_t step = std::max<std::size_t>(1, input.size() / kTruncations);
  std::size_t count = 1;
  for (std::size_t size = 0; size < input.size(); size += step, ++count) {
    // A copy of just this size, so that a sanitizer sees a read past the end.
    const Input head(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(head.data(), head.size());
  }
  std::mt19937 random(kSeed);
  for (int i = 0; i < kFlips && !input.empty(); ++i, ++count) {
    Input flipped = input;
    flipped[random() % flipped.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8U));
    LLVMFuzzerTestOneInput(flipped.data(), flipped.size());
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t inputs = replay({});
  std::size_t files = 0;
  if (argc > 1 && std::filesystem::is_directory(argv[1])) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      inputs += replay(read_input(path));
      ++files;
    }
  }
  std::printf("%zu files of the corpus, %zu inputs\n", files, inputs);
  return 0;
}
