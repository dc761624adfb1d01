// An identity's root on its way to paper and guardians, and back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "keys/recovery.h"

namespace salus::client {

/// keys::recovery_code.
Secret<char> recovery_code(const Secret<std::byte>& root);

/// A file `share-N.txt` for each of keys::split, mode 0600, in `folder`, which is made.
/// Errors: those of keys::split; kConflict (one of them exists: nothing is written), kNoSpace, kIo.
Result<std::vector<std::filesystem::path>> save_shares(const std::filesystem::path& folder,
                                                       const Secret<std::byte>& root, int threshold,
                                                       int count);

/// Errors: those of reading a file and of keys::read_recovery_code.
Result<Secret<std::byte>> recover_from_code(const std::filesystem::path& file);
/// Errors: those of reading files and of keys::combine.
Result<Secret<std::byte>> recover_from_shares(const std::vector<std::string>& files);

}  // namespace salus::client
