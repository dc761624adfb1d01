// Dimensions of UCUM units, as far as models need them: enough to see that a rate is state per
// time.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/expression.h"

namespace salus::model {

/// A unit is `factor` (to g, dm, h, mol, [IU]) times powers of mass, length, time, amount of
/// substance and biological activity.
struct Dimension {
  double factor = 1;
  std::array<double, 5> exponents{};  ///< mass, length, time, amount, activity

  Dimension times(const Dimension& other, double power) const;
  /// Same exponents and the same factor (relative 1e-9).
  bool equals(const Dimension& other) const;
  bool is_number() const;
};

/// Products and quotients ('.' and '/') of UCUM units of mass, length, volume, time, amount,
/// pressure and activity, powers of ten ("10*9") and integer exponents ("m2"); what stands in
/// braces
/// ("{cells}/uL") says what is counted and has no dimension. Years and months are Julian.
/// Errors: kInvalidArgument naming the part that is unknown, and all that are known.
Result<Dimension> parse_dimension(std::string_view unit);

/// In g, L, dm, h, mol and [IU], "L/h", "1e-06 g/L"; for messages.
std::string dimension_text(const Dimension& d);

/// A volume, or a volume per body weight. A Defect for a unit that parse_dimension refuses.
bool measures_volume(std::string_view unit);

/// The key of the independent variable in infer_dimension's map.
inline constexpr std::string_view kTimeSymbol = "time";

/// The dimension of a formula whose symbols have `units`. A bare 0 goes with every unit.
/// Errors: kInvalidArgument when terms of different dimensions are added or compared, or exp, ln,
/// sin or an exponent has a dimension.
Result<Dimension> infer_dimension(const Expression& formula,
                                  const std::map<std::string, Dimension, std::less<>>& units);

}  // namespace salus::model
