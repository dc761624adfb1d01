// The only door by which a decrypted value leaves its key holder for somebody else. What
// open_result gives is for the holder's eyes: its last bits are the key (Li and Micciancio, eprint
// 2020/1533; src/client/li_micciancio_test.cpp does it).
#pragma once

#include "client/key_file.h"
#include "client/release_ledger.h"
#include "program/slot_bounds.h"

namespace salus::client {

enum class ReleaseMode {
  /// Any values: a discrete Gaussian over each, as wide as the static bound asks for s bits and tau
  /// releases (Li, Micciancio, Schultz and Sorrell, eprint 2022/816).
  kFlood,
  /// Exact values that are known to be multiples of ReleasePolicy::grid (counts, yes or no):
  /// rounded
  /// to them. No noise and no loss: what leaves is a function of the exact result alone unless the
  /// static bound fails (the (delta, r)-exact scheme of eprint 2024/853, delta = 2^-64 an
  /// operation). For values that may lie between, rounding hides nothing that can be proved: one
  /// that lies near a border tells on which side of it the error put it.
  kGrid
};

/// What may leave, and how. Rules for statistics of many people (smallest cell, dominance,
/// differencing) are further fields of this struct; the result of one person needs none.
struct ReleasePolicy {
  ReleaseMode mode = ReleaseMode::kFlood;
  double grid = 0;          ///< of kGrid
  double tolerance = 0.01;  ///< of kFlood: refused if off by more than this part of the peak
};

/// What left.
struct Release {
  Digest id;                                ///< of ciphertext, program and policy
  std::uint64_t place = 0;                  ///< in the key's count, 1 .. tau
  std::vector<double> slots;                ///< OutputGrid::slots() of them
  std::vector<std::vector<double>> curves;  ///< as Opened::curves, of these slots
  double error = 0;                         ///< bound on |slots - exact|

  /// Canonical: equal releases, equal bytes. "salus-release 1\n", id, place, error, count and
  /// slots, little-endian.
  Bytes bytes() const;
};

/// Releases results of one key. In this order: the program's static bound (never measured on the
/// result), what the noise makes of it against the tolerance, the count on disk, decryption, noise.
/// Noise follows from the key's seed and Release::id by HKDF (RFC 5869) and ChaCha20: the same
/// request gives the same bytes and is counted once; any other ciphertext, program, policy or width
/// gives noise of its own.
///
/// What is proved: whoever sees tau releases of results that the server computed as the programs
/// say, of inputs inside their boxes, learns of the key nothing but 2^-s / 24 of relative entropy.
/// What is not: ciphertexts that were NOT computed so (a server's own c_1) have errors beyond any
/// bound. Until results carry receipts, release only what an honest server computed.
class ReleaseGate {
 public:
  /// `key` outlives the gate. Errors: kMismatch (the ledger of another key), those of expand_key.
  static Result<ReleaseGate> open(const KeyFile& key, ReleaseLedger ledger);

  /// Errors: kMismatch (another key's result, other parameters, another level or scale than the
  /// program ends at, a value outside its declared range), kInvalidArgument (policy),
  /// kLevelExhausted (off by more than the tolerance, or than half the grid, with the numbers),
  /// kDenied (tau is exhausted), kNotBuilt (cohorts), those of the bytes and of the ledger.
  /// Nothing is counted before everything that does not depend on the decryption is known.
  Result<Release> release(ByteView result, const program::Program& program,
                          const ReleasePolicy& policy);

  const ReleaseLedger& ledger() const { return ledger_; }

 private:
  ReleaseGate(const KeyFile& key, keys::SecretKey secret, ReleaseLedger ledger);
  const KeyFile& key_;
  keys::SecretKey secret_;
  ReleaseLedger ledger_;
};

/// What a release would do to a program's slots, before there is a result.
struct ReleasePlan {
  program::SlotBounds bounds;
  ckks::SlotFlooding flooding;  ///< of kFlood
  double error = 0;             ///< bound on |slots - exact|, rounding for show included
  double peak = 0;              ///< largest |slot| among the points of the bounds
};
/// Errors: kInvalidArgument (policy), kLevelExhausted ("result would be off by X of the peak after
/// flooding for tau = N releases at s = S bits; asked Y"), those of program::slot_bounds.
Result<ReleasePlan> plan_release(const program::Program& program, const ReleasePolicy& policy,
                                 const ckks::FloodingTarget& target);

}  // namespace salus::client
