// Dimensions of UCUM units, as far as models need them: enough to see that a rate is state per
// time.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/expression.h"

namespace salus::model {

/// A unit is `factor` (to g, L, h, mol) times powers of mass, volume, time and amount of substance.
struct Dimension {
  double factor = 1;
  std::array<double, 4> exponents{};  ///< mass, volume, time, amount

  Dimension times(const Dimension& other, double power) const;
  /// Same exponents and the same factor (relative 1e-9).
  bool equals(const Dimension& other) const;
  bool is_number() const;
};

/// Products and quotients ('.' and '/') of kg g mg ug ng L dL mL h min s d mol mmol 1 %, with
/// integer exponents ("L2"). Errors: kInvalidArgument naming the part that is unknown.
Result<Dimension> parse_dimension(std::string_view unit);

/// The dimension of a formula whose symbols have `units`. Errors: kInvalidArgument when terms of
/// different dimensions are added, or exp, ln, or an exponent has a dimension.
Result<Dimension> infer_dimension(const Expression& formula,
                                  const std::map<std::string, Dimension, std::less<>>& units);

}  // namespace salus::model
