// The entries of a server's transparency log: digests, pseudonyms, times. Never a name, a feature
// or a result. Format: docs/formats/receipt.md.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace salus::receipt {

/// What a version of a twin is made of: the SHA-256 of "salus-twin-content 1\n" and, by name, of
/// "evaluation_key <digest> <name>\n" and "feature <digest> <name>\n". Owner and server compute it
/// alike, so that each can hold the other to it.
Digest twin_content(const std::map<std::string, Digest>& evaluation_keys,
                    const std::map<std::string, Digest>& features);

/// What a run passed on its way: the value of a stage's circuit and its digest (value_digest).
struct Checkpoint {
  std::string stage;  ///< "basis", "readout"
  std::uint64_t value = 0;
  Digest digest;
  bool operator==(const Checkpoint&) const = default;
};

/// Of checkpoints in a receipt; beyond it every second one is left out.
inline constexpr std::size_t kMaxCheckpoints = 256;

/// What a run took and what it gave: tier T0 of design section 7. Who signed the log in which it is
/// an entry cannot say later that another program, other inputs or another result was meant. It
/// proves nothing about the computation itself; anybody who has the inputs can repeat it, bit for
/// bit.
struct Receipt {
  std::string run;            ///< its identifier
  std::uint64_t time_ms = 0;  ///< when it ended, milliseconds since 1970-01-01 UTC
  Digest actor;               ///< pseudonym of the account that asked
  Digest twin;                ///< pseudonym of the twin
  std::uint64_t twin_version = 0;
  Digest content;  ///< twin_content of that version
  Digest program;
  Digest basis;  ///< SHA-256 of the basis as an object, computed in this run or kept from another
  std::vector<Checkpoint> checkpoints;
  Digest result;         ///< SHA-256 of the result as an object
  std::string software;  ///< what computed it, "salusd/0.5.0"
  bool operator==(const Receipt&) const = default;
};

/// Something that happened to a twin, besides runs.
struct Event {
  enum class Type { kTwinVersion, kErasure };
  Type type = Type::kTwinVersion;
  std::uint64_t time_ms = 0;
  Digest actor;                    ///< pseudonym of the account
  Digest twin;                     ///< pseudonym of the twin
  std::uint64_t twin_version = 0;  ///< of kTwinVersion; otherwise 0
  Digest content;                  ///< of kTwinVersion; otherwise zeros
  bool operator==(const Event&) const = default;
};

/// Stable spelling: "twin-version", "erasure".
std::string_view name(Event::Type type);

/// The canonical text, at most tlog::kMaxEntryBytes.
std::string print(const Receipt& receipt);
std::string print(const Event& event);
/// print(*parse_receipt(t)) == t, and likewise for events. Errors: kVersion, kParse, kLimit.
Result<Receipt> parse_receipt(std::string_view text);
Result<Event> parse_event(std::string_view text);

using Entry = std::variant<Receipt, Event>;
/// Either, told apart by the first line. Errors: theirs.
Result<Entry> parse_entry(std::string_view text);

}  // namespace salus::receipt
