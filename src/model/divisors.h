// What formulas divide by, and whether it can be 0. Private to this folder.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/box_points.h"

namespace salus::model {

/// Positions of the parameters, then of the derived quantities, in one array.
using Positions = std::map<std::string, std::size_t, std::less<>>;

/// A divisor, or what has a negative power, that depends on parameters and derived quantities only.
struct Divisor {
  Expression formula;
  CompiledExpression value;
  /// Conditions of the piecewise branches around it, and what they have to be.
  std::vector<std::pair<CompiledExpression, bool>> guards;

  /// The divisor is computed there: every guard is what it has to be.
  bool is_reached(std::span<const double> values) const;
};

std::vector<Divisor> divisors_of(const Expression& formula, const Positions& positions);

/// Parameters and derived quantities of one patient.
using Prepare = std::function<std::vector<double>(const Point&)>;

/// A point of the box where the divisor is 0: between two of `points` where it is reached with
/// different signs. `prepared` are their values. Empty: found none.
Point zero_of(const Divisor& divisor, const Model& model, const std::vector<Point>& points,
              const std::vector<std::vector<double>>& prepared, const Prepare& prepare);

}  // namespace salus::model
