// A cohort's result becomes curves again, one patient a slot, on the custodian's device.
#pragma once

#include <string>
#include <vector>

#include "client/key_file.h"
#include "program/program.h"

namespace salus::client {

/// What each ciphertext of a program holds, slot by slot, of one patient or of a cohort's: u of
/// program::normalise. Slots of a cohort behind its last patient repeat. Errors: those of
/// normalise, naming the patient's number from 1 where there are several; kInvalidArgument for
/// several patients and a program of one; kLimit for more than slots.
Result<std::vector<std::vector<double>>> ciphertext_slots(
    const program::Program& program, const std::vector<std::vector<program::NamedValue>>& patients);

using Curves = std::vector<std::vector<double>>;  ///< rows x times

/// The curves of the first `patients` slots, links applied. Errors: kMismatch (another key, other
/// parameters, a program without cohort layout, a value that left its declared range); those of
/// wire::read_ciphertexts.
Result<std::vector<Curves>> open_cohort(ByteView result, const KeyFile& key,
                                        const program::Program& program, std::size_t patients);

/// The 5th, 50th and 95th percentile over patients of each value, rows x times each.
struct Percentiles {
  Curves p5, p50, p95;
};
Percentiles percentiles_of(const std::vector<Curves>& curves);

/// id, regimen, output, unit, time_h, value: a line a value.
std::string print_cohort_csv(const program::OutputGrid& output, const std::vector<std::string>& ids,
                             const std::vector<Curves>& curves);

}  // namespace salus::client
