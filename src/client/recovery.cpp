#include "client/recovery.h"

#include "base/file.h"

namespace salus::client {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxTextBytes = 4096;

void wipe(std::string& text) { secure_zero(std::as_writable_bytes(std::span(text))); }

}  // namespace

Secret<char> recovery_code(const Secret<std::byte>& root) {
  return keys::recovery_code(root.reveal());
}

Result<std::vector<fs::path>> save_shares(const fs::path& folder, const Secret<std::byte>& root,
                                          int threshold, int count) {
  const auto shares = keys::split(root.reveal(), threshold, count);
  if (!shares) return shares.error();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return io_error("cannot create folder", folder, failed.value());
  std::vector<fs::path> out;
  for (std::size_t i = 0; i < shares->size(); ++i) {
    out.push_back(folder / ("share-" + std::to_string(i + 1) + ".txt"));
    if (fs::exists(out.back(), failed))
      return Error{ErrorCode::kConflict, out.back().string() + " exists; choose another folder"};
  }
  for (std::size_t i = 0; i < shares->size(); ++i) {
    const Status written =
        write_file(out[i], std::as_bytes((*shares)[i].reveal()), FileMode::kOwnerOnly);
    if (!written) return written.error();
  }
  return out;
}

Result<Secret<std::byte>> recover_from_code(const fs::path& file) {
  auto text = read_text_file(file, kMaxTextBytes);
  if (!text) return text.error();
  auto root = keys::read_recovery_code(*text);
  wipe(*text);
  return root;
}

Result<Secret<std::byte>> recover_from_shares(const std::vector<std::string>& files) {
  std::vector<std::string> lines;
  for (const std::string& file : files) {
    auto text = read_text_file(file, kMaxTextBytes);
    if (!text) return text.error();
    lines.push_back(std::move(*text));
  }
  auto root = keys::combine(lines);
  for (std::string& line : lines) wipe(line);
  return root;
}

}  // namespace salus::client
