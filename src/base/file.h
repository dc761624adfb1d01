// Files: whole reads with a limit, writes that are either there after a crash or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace salus {

/// The whole file. Errors: kNotFound, kIo, kLimit above `limit_bytes`.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t limit_bytes);
Result<std::string> read_text_file(const std::filesystem::path& path, std::uint64_t limit_bytes);

enum class FileMode { kPublic = 0644, kOwnerOnly = 0600 };

/// Temporary file, write, fsync, rename, fsync of the directory: `path` holds all of `content`, or
/// what it held before. Errors: kNoSpace, kIo; the temporary file is removed.
Status write_file(const std::filesystem::path& path, ByteView content,
                  FileMode mode = FileMode::kPublic);

/// Errors: kDenied where others than its owner may read the file; `what` names it in the message.
Status require_private(std::string_view what, const std::filesystem::path& path);

/// fsync of a directory, so that a rename in it is durable.
Status sync_directory(const std::filesystem::path& directory);

/// kNoSpace for ENOSPC and EDQUOT, otherwise kIo; the message names `what`, the path and strerror.
Error io_error(std::string_view what, const std::filesystem::path& path, int error_number);

}  // namespace salus
