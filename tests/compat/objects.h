// One object of every kind that is kept for long, with what it must mean: the recipe of the files
// that each release leaves in tests/compat.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace salus::compat {

using Objects = std::map<std::string, Bytes>;  ///< by file name

/// The version that the files' names end in.
inline constexpr std::string_view kRelease = "0.1.0";

/// Root of the secret key, and the label that a twin's key is derived with.
std::vector<std::byte> root();
inline constexpr std::string_view kLabel = "salus twin key 1";
inline constexpr std::string_view kReaderLabel = "reader of tests";

inline constexpr double kScale = 0x1p30;
/// Slots of the encrypted vectors: period 16 and 8.
std::vector<double> x();
std::vector<double> y();

/// What today's code writes: "ciphertext" (y, by the public key), "ciphertext_seeded" (x),
/// "ciphertext_three_parts" (x y, not relinearized), "evaluation_key_relinearization" (level 1),
/// "evaluation_key_rotation" (by 1, level 0), "evaluation_key_conjugation" (level 0),
/// "evaluation_keys" (the three in one object), "public_key" and "reencryption_key" (to a reader,
/// level 1), "program", "secret_key_of_tests".
Objects objects_of_today();

}  // namespace salus::compat
