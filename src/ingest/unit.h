// Units of measurement: the part of UCUM that pharmacology needs.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"

namespace salus::ingest {

/// A unit as a factor to base units and the exponents of its dimensions. A volume is a length cubed
/// (L = 1e-3 m3), so "mL" and "cm3" agree.
struct Unit {
  double factor = 1;               ///< to g, s, m, mol
  std::array<int, 4> exponents{};  ///< mass, time, length, amount of substance
  /// What is counted or referred to, in braces: "mL/min/{1.73_m2}" is no "mL/min".
  std::string annotation;
  bool operator==(const Unit&) const = default;
};

/// "mg/L", "ug/mL", "L/h", "mg/kg", "1/h", "kg", "%", "mm[Hg]", "10*3/uL", "mL/min/{1.73_m2}":
/// terms joined by . and /, each an atom (g s m mol L l h min d wk mo a 1 % U 10* m[Hg] [lb_av]
/// [in_i]) with an SI prefix where it takes one and an integer exponent, or an annotation. Errors:
/// kInvalidArgument (empty: no unit given; unknown: which part).
Result<Unit> parse_unit(std::string_view text);

/// `value` of unit `from` in unit `to`. Errors: as parse_unit; kInvalidArgument when the two
/// measure different things or have different annotations.
Result<double> convert(double value, std::string_view from, std::string_view to);

}  // namespace salus::ingest
