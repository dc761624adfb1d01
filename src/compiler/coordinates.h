// The numbers that a client encrypts: which, by what formula, in what range.
#pragma once

#include <string>
#include <vector>

#include "model/equations.h"
#include "program/program.h"

namespace salus::compiler {

/// A program input together with what the compiler needs to compute it itself.
struct Coordinate {
  program::Input input;
  std::size_t position = 0;  ///< in Equations' values
  bool amplitude =
      false;  ///< enters basis functions linearly instead of through Chebyshev polynomials

  /// u of a value, as program::normalise computes it.
  double normalised(double value) const;
  /// The value over its largest size, as the affine function slope * u + offset.
  double slope() const;
  double offset() const;
  /// Over the part of its range where u lies in [low, high].
  Coordinate narrowed(double low, double high) const;
};

/// How basis functions use a coordinate.
enum class CoordinateUse {
  kChebyshev,   ///< through Chebyshev polynomials of its logarithm, or as the parameter says
  kPolynomial,  ///< through Chebyshev polynomials of itself: what is polynomial in it stays exact
  kAmplitude    ///< linearly
};

/// The coordinate of a parameter or derived quantity. The range covers the model's whole box:
/// corners and many points of it. A derived quantity that is 0 or negative somewhere is taken as it
/// is. Errors: kInvalidArgument where the formula does not exist in the box, or is the same
/// everywhere.
Result<Coordinate> make_coordinate(const model::Model& model, const model::Equations& equations,
                                   const std::string& symbol, CoordinateUse use);

}  // namespace salus::compiler
