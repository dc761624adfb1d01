// A program from plain numbers to plain numbers, by way of ciphertexts, in this process.
#pragma once

#include <vector>

#include "program/program.h"

namespace salus {

/// rows x times, as program::expand gives them.
using Curves = std::vector<std::vector<double>>;

/// Of each patient: encrypts the program's inputs at its own parameters, runs both stages on
/// ciphertexts, decrypts and expands. Errors: those of normalise and of running.
Result<std::vector<Curves>> on_ciphertexts(
    const program::Program& program, const std::vector<std::vector<program::NamedValue>>& patients);

/// The same circuits in doubles.
Result<std::vector<Curves>> in_the_clear(
    const program::Program& program, const std::vector<std::vector<program::NamedValue>>& patients);

}  // namespace salus
