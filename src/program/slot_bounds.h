// How far a program's result can be from the exact one, slot by slot, before anybody has run it.
#pragma once

#include <vector>

#include "circuit/interpret.h"
#include "program/program.h"

namespace salus::program {

/// Values, and bounds on how far ciphertexts may be from them.
struct Bounded {
  std::vector<circuit::Slots> values, noise;
};

/// The readout's outputs for these slots of the inputs, freshly encrypted by a public key:
/// circuit::propagate_noise through both stages. Errors: of circuit::interpret.
Result<Bounded> bounded_outputs(const Program& program, std::vector<circuit::Slots> inputs);

/// Of the slots 0 .. OutputGrid::slots() - 1 of the readout's output. Public: nothing of a patient
/// goes in.
struct SlotBounds {
  int level = 0;              ///< of the result
  double scale = 1;           ///< of the result
  std::vector<double> noise;  ///< on |encrypted - exact|, inputs encrypted by a public key
  double largest = 0;         ///< on |exact|
};

/// Points of the box that bounds are taken over, and how far they are put beyond what is found
/// there, as in the certificate (compiler/certify.cpp).
inline constexpr int kBoundPoints = 64;
inline constexpr double kBoundMargin = 1.5;

/// circuit::propagate_noise through both stages at the centre, corners and random points of the
/// inputs' box [-1, 1]^inputs, the same in every process; the largest of each slot, times the
/// margin. Equal programs give equal bounds. Bounds hold for honest evaluation of inputs inside the
/// box but for a probability of 2^-64 an operation, and between the points by the margin: they are
/// polynomials of low degree there. Cost: kBoundPoints evaluations in double precision.
/// Errors: kNotBuilt (a cohort), those of circuit::interpret.
Result<SlotBounds> slot_bounds(const Program& program);

/// Slots behind the rows hold zeros and noise within the rows' bounds: the result ends with a
/// matrix without folds, and with what keeps zeros behind it (sums, rescaling, other levels). To be
/// asked before a whole ciphertext is re-encrypted: elsewhere those slots hold partial sums of the
/// patient's functions, which the reader was not granted, with errors that nothing bounds. Errors:
/// kMismatch, naming the operation.
Status require_only_rows(const Program& program);

}  // namespace salus::program
