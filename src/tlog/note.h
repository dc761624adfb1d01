// Signed notes: a text and signatures below it. Source: C2SP signed-note v1.0.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tlog/key.h"
#include "tlog/signer.h"

namespace salus::tlog {

inline constexpr std::size_t kMaxNoteBytes = 1'000'000;
inline constexpr std::size_t kMaxNoteSignatures = 100;
/// ML-DSA-44 signatures, which pass through unread, have 2420 and a time.
inline constexpr std::size_t kMaxSignatureBytes = 8192;

/// A line "<em dash> <name> <base64 of the key id and the signature>".
struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  ///< without the key id, at least one byte
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  ///< ends in a newline
  std::vector<NoteSignature> signatures;
  bool operator==(const Note&) const = default;
};

/// The last empty line parts text and signatures. Errors: kParse, kLimit.
Result<Note> parse_note(std::string_view bytes);
/// parse_note(print_note(n)) == n, and print_note(*parse_note(b)) == b.
std::string print_note(const Note& note);

/// "<em dash> example.com/log M9e0...\n"; what witnesses answer with.
std::string print_signature(const NoteSignature& signature);
/// Lines of that kind, at least one. Errors: kParse, kLimit.
Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines);

/// `text` signed by a log's key.
NoteSignature sign_note(const Signer& signer, std::string_view text);
/// A checkpoint's text cosigned by a witness's key at `time`, in seconds since 1970.
NoteSignature cosign_note(const Signer& signer, std::string_view text, std::uint64_t time);

/// One of the known keys' signatures, found good.
struct VerifiedSignature {
  std::size_t key = 0;        ///< in `keys`
  std::size_t signature = 0;  ///< in Note::signatures
  std::uint64_t time = 0;     ///< of a cosignature, in seconds since 1970; otherwise 0
};

/// The good signatures by `keys`; those by other keys are ignored. Errors: kCorrupt where a
/// signature of a known key fails, kDenied where there is no signature of a known key.
Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys);

}  // namespace salus::tlog
