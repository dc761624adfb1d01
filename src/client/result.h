// A result ciphertext becomes curves again, on the owner's device.
#pragma once

#include "client/key_file.h"
#include "program/program.h"

namespace salus::client {

/// The decrypted readout: regimens x times in the program's output unit.
struct Opened {
  std::vector<double> slots;                ///< as decrypted; for comparison with clear evaluation
  std::vector<std::vector<double>> curves;  ///< [regimen][time]
};

/// The output schema applied to a result's slots. Errors: kMismatch: too few slots, or a value that
/// left its declared range, which is named.
Result<std::vector<std::vector<double>>> curves_of(const program::Program& program,
                                                   const std::vector<double>& slots);

/// Decrypts and applies the output schema. For the key holder alone: what of it others shall have
/// goes through ReleaseGate, or they have the key.
/// Errors: kMismatch: a result of another key (both ids), of other parameters, or with a value that
/// left its declared range, which is named; kParse, kVersion, kCorrupt of the bytes.
Result<Opened> open_result(ByteView result, const KeyFile& key, const program::Program& program);

/// max over regimens of max_t |opened - clear| over that regimen's largest value, `clear` being the
/// same circuit evaluated on the same inputs without encryption.
/// Errors: those of program::normalise and circuit interpretation.
Result<double> error_against_clear(const Opened& opened, const program::Program& program,
                                   const std::vector<program::NamedValue>& values);

/// Decimal places to which a value with an error of at most `error` is shown: the rounding step is
/// at most the error and at least a hundredth of it, 0 to 9 places.
int declared_decimals(double error);

}  // namespace salus::client
