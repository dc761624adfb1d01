// Where a passphrase comes from: a file, or somebody who types.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace salus::client {

/// The first line of `file`, which others must not be able to read; without a file what is typed on
/// the terminal, unseen. `twice`: typed again, for a passphrase that is set.
/// Errors: kInvalidArgument (neither a file nor a terminal; the two differ), kDenied (others may
/// read the file), kNotFound, kLimit, kCancelled (a signal while somebody typed).
Result<Secret<char>> read_passphrase(const std::string& file, std::string_view prompt, bool twice);

/// For whoever has to show it or derive from it.
std::string_view text_of(const Secret<char>& secret);

}  // namespace salus::client
