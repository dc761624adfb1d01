// Writes a log for the oracle to read. make_log <folder> <entries>
//   <folder>/log/        the log, appended to in uneven batches
//   <folder>/key         its verifier key
//   <folder>/old         checkpoints of smaller sizes, each in a file
//   <folder>/proof-<n>   proof files of some entries
// Entry n is the text "entry n".
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "tlog/log.h"

namespace {

using namespace salus;

Bytes entry(std::uint64_t n) { return to_bytes(as_bytes("entry " + std::to_string(n))); }

void make(const std::filesystem::path& folder, std::uint64_t count) {
  std::filesystem::create_directories(folder / "old");
  auto signer = must(tlog::Signer::generate("oracle.example/log", tlog::KeyType::kEd25519));
  must(write_file(folder / "key", as_bytes(signer.key().text())));
  auto log = must(tlog::Log::create(folder / "log", std::move(signer)));
  std::uint64_t size = 0;
  // 1, 3, 9, ... entries at a time, up to the limit: every edge of tiles is crossed somewhere.
  for (std::uint64_t batch = 1; size < count; batch = std::min<std::uint64_t>(3 * batch, 4000)) {
    std::vector<Bytes> entries;
    while (entries.size() < batch && size < count) entries.push_back(entry(size++));
    const auto appended = must(log.append(entries));
    must(write_file(folder / "old" / std::to_string(size), as_bytes(appended.checkpoint)));
  }
  for (std::uint64_t n = 0; n < count; n = 2 * n + 1) {
    must(write_file(folder / ("proof-" + std::to_string(n)),
                    as_bytes(print_proof(must(log.prove(n))))));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: make_log <folder> <entries>\n");
    return 2;
  }
  try {
    make(argv[1], std::stoull(argv[2]));
    return 0;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "make_log: %s\n", failed.what());
    return 1;
  }
}
