#include "model/unit.h"

#include <charconv>
#include <cmath>
#include <numbers>

namespace salus::model {

Dimension Dimension::times(const Dimension& other, double power) const {
  Dimension out = *this;
  out.factor *= std::pow(other.factor, power);
  for (std::size_t i = 0; i < exponents.size(); ++i) out.exponents[i] += power * other.exponents[i];
  return out;
}

bool Dimension::equals(const Dimension& other) const {
  for (std::size_t i = 0; i < exponents.size(); ++i) {
    if (std::abs(exponents[i] - other.exponents[i]) > 1e-9) return false;
  }
  return std::abs(factor - other.factor) <= 1e-9 * std::abs(factor);
}

std::string dimension_text(const Dimension& d) {
  std::array<double, 5> powers = d.exponents;
  std::array<std::string_view, 5> names = {"g", "dm", "h", "mol", "[IU]"};
  if (std::fmod(powers[1], 3) == 0) powers[1] /= 3, names[1] = "L";
  std::string above, below;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (std::abs(powers[i]) < 1e-9) continue;
    const double size = std::abs(powers[i]);
    const std::string part =
        std::string(names[i]) + (size == 1 ? "" : Expression::constant(size).text());
    (powers[i] > 0 ? above : below) += (powers[i] < 0 ? "/" : above.empty() ? "" : ".") + part;
  }
  const std::string factor = std::abs(d.factor - 1) < 1e-9 ? "" : short_number(d.factor);
  if (above.empty()) return (factor.empty() ? "1" : factor) + below;
  return factor + (factor.empty() ? "" : " ") + above + below;
}

bool measures_volume(std::string_view unit) {
  const auto exponents = must(parse_dimension(unit)).exponents;
  return exponents == must(parse_dimension("L")).exponents ||
         exponents == must(parse_dimension("L/kg")).exponents;
}

bool Dimension::is_number() const { return equals(Dimension{factor, {}}); }

namespace {

struct Atom {
  std::string_view code;
  Dimension dimension;
};

using Exponents = std::array<double, 5>;
constexpr Exponents kMass = {1, 0, 0, 0, 0}, kLength = {0, 1, 0, 0, 0}, kVolume = {0, 3, 0, 0, 0},
                    kTime = {0, 0, 1, 0, 0}, kAmount = {0, 0, 0, 1, 0},
                    kPressure = {1, -1, -2, 0, 0}, kActivity = {0, 0, 0, 0, 1},
                    kNumber = {0, 0, 0, 0, 0};
// 1 Pa = 1 kg / (m s^2) = 1000 g / (10 dm (h / 3600)^2).
constexpr double kPascal = 1000.0 / 10 * 3600 * 3600;
constexpr double kJulianYear = 365.25 * 24;

const std::array<Atom, 47> kAtoms = {{
    {"kg", {1e3, kMass}},
    {"g", {1, kMass}},
    {"mg", {1e-3, kMass}},
    {"ug", {1e-6, kMass}},
    {"ng", {1e-9, kMass}},
    {"pg", {1e-12, kMass}},
    {"m", {10, kLength}},
    {"dm", {1, kLength}},
    {"cm", {1e-1, kLength}},
    {"mm", {1e-2, kLength}},
    {"um", {1e-5, kLength}},
    {"nm", {1e-8, kLength}},
    {"L", {1, kVolume}},
    {"l", {1, kVolume}},
    {"dL", {1e-1, kVolume}},
    {"mL", {1e-3, kVolume}},
    {"ml", {1e-3, kVolume}},
    {"uL", {1e-6, kVolume}},
    {"fL", {1e-15, kVolume}},
    {"h", {1, kTime}},
    {"min", {1.0 / 60, kTime}},
    {"s", {1.0 / 3600, kTime}},
    {"ms", {1e-3 / 3600, kTime}},
    {"d", {24, kTime}},
    {"wk", {168, kTime}},
    {"mo", {kJulianYear / 12, kTime}},
    {"a", {kJulianYear, kTime}},
    {"mol", {1, kAmount}},
    {"mmol", {1e-3, kAmount}},
    {"umol", {1e-6, kAmount}},
    {"nmol", {1e-9, kAmount}},
    {"pmol", {1e-12, kAmount}},
    {"Pa", {kPascal, kPressure}},
    {"kPa", {1e3 * kPascal, kPressure}},
    {"mm[Hg]", {133.322 * kPascal, kPressure}},
    {"[IU]", {1, kActivity}},
    {"[iU]", {1, kActivity}},
    {"m[IU]", {1e-3, kActivity}},
    {"u[IU]", {1e-6, kActivity}},
    {"k[IU]", {1e3, kActivity}},
    {"U", {1e-6 * 60, {0, 0, -1, 1, 0}}},
    {"10*", {10, kNumber}},
    {"10^", {10, kNumber}},
    {"1", {1, kNumber}},
    {"%", {1e-2, kNumber}},
    {"[ppm]", {1e-6, kNumber}},
    {"deg", {std::numbers::pi / 180, kNumber}},
}};

std::string known_units() {
  std::string out;
  for (const Atom& atom : kAtoms) out += (out.empty() ? "" : " ") + std::string(atom.code);
  return out;
}

Result<Dimension> parse_atom(std::string_view part, std::string_view unit) {
  const std::size_t brace = part.find('{');
  if (brace != std::string_view::npos && part.back() == '}') {
    part = part.substr(0, brace);
    if (part.empty()) return Dimension{};
  }
  for (const Atom& atom : kAtoms) {
    if (!part.starts_with(atom.code)) continue;
    const std::string_view rest = part.substr(atom.code.size());
    if (rest.empty()) return atom.dimension;
    int power = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), power);
    if (error == std::errc{} && end == rest.data() + rest.size() &&
        std::abs(power) <= (atom.dimension.is_number() ? 30 : 9)) {
      return Dimension{}.times(atom.dimension, power);
    }
  }
  return Error{ErrorCode::kInvalidArgument, "unit '" + std::string(unit) + "': unknown part '" +
                                                std::string(part) + "'; known are " +
                                                known_units()};
}

// Up to the next '.' or '/' that is not in braces.
std::size_t part_end(std::string_view rest) {
  bool braces = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '{' || rest[i] == '}') braces = rest[i] == '{';
    if (!braces && (rest[i] == '.' || rest[i] == '/')) return i;
  }
  return rest.size();
}

Error different(const Expression& formula) {
  return {ErrorCode::kInvalidArgument,
          "'" + formula.text() + "' combines quantities of different units"};
}

Result<Dimension> infer_power(const Expression& formula, const Dimension& base) {
  const std::optional<double> exponent = constant_value(formula.operands[1]);
  if (exponent && std::isfinite(*exponent)) return Dimension{}.times(base, *exponent);
  if (!base.is_number()) {
    return Error{ErrorCode::kInvalidArgument,
                 "'" + formula.text() + "' raises a quantity with a unit to a power that varies"};
  }
  return Dimension{};
}

}  // namespace

Result<Dimension> parse_dimension(std::string_view unit) {
  if (unit.empty()) {
    return Error{ErrorCode::kInvalidArgument, "a unit is missing; write \"1\" for a pure number"};
  }
  Dimension out;
  double sign = 1;
  std::string_view rest = unit;
  while (true) {
    const std::size_t end = part_end(rest);
    const auto atom = parse_atom(rest.substr(0, end), unit);
    if (!atom) return atom;
    out = out.times(*atom, sign);
    if (end == rest.size()) return out;
    sign = rest[end] == '/' ? -1 : 1;
    rest.remove_prefix(end + 1);
  }
}

namespace {

using Kind = ExpressionKind;
using Units = std::map<std::string, Dimension, std::less<>>;

bool is_zero(const Expression& e) { return e.kind == Kind::kNumber && e.number == 0; }

// The common dimension of two operands; a bare 0 takes the other's.
Result<Dimension> infer_common(const Expression& formula, const Expression& a, const Expression& b,
                               const Units& units) {
  const auto first = infer_dimension(a, units);
  if (!first) return first;
  const auto second = infer_dimension(b, units);
  if (!second) return second;
  if (is_zero(a)) return second;
  if (!is_zero(b) && !first->equals(*second)) return different(formula);
  return first;
}

Result<Dimension> infer_number(const Expression& formula, const Units& units) {
  for (const Expression& operand : formula.operands) {
    const auto d = infer_dimension(operand, units);
    if (!d) return d;
    if (!d->is_number()) return different(formula);
  }
  return Dimension{};
}

}  // namespace

Result<Dimension> infer_dimension(const Expression& formula, const Units& units) {
  const auto& operands = formula.operands;
  switch (formula.kind) {
    case Kind::kNumber: return Dimension{};
    case Kind::kSymbol:
    case Kind::kTime: {
      const bool time = formula.kind == Kind::kTime;
      const auto found = units.find(time ? kTimeSymbol : std::string_view(formula.symbol));
      if (found != units.end()) return found->second;
      return Error{ErrorCode::kInvalidArgument,
                   "unknown symbol '" + (time ? std::string(kTimeSymbol) : formula.symbol) + "'"};
    }
    case Kind::kMultiply:
    case Kind::kDivide: {
      const auto first = infer_dimension(operands[0], units);
      const auto second = infer_dimension(operands[1], units);
      if (!first || !second) return first ? second : first;
      return first->times(*second, formula.kind == Kind::kMultiply ? 1 : -1);
    }
    case Kind::kSqrt:
    case Kind::kPower:
    case Kind::kNegate:
    case Kind::kAbs: {
      const auto base = infer_dimension(operands[0], units);
      if (!base) return base;
      if (formula.kind == Kind::kSqrt) return Dimension{}.times(*base, 0.5);
      if (formula.kind != Kind::kPower) return base;
      if (const auto e = infer_number(Expression::of(Kind::kExp, {operands[1]}), units); !e)
        return e;
      return infer_power(formula, *base);
    }
    case Kind::kAdd:
    case Kind::kSubtract:
    case Kind::kMin:
    case Kind::kMax: return infer_common(formula, operands[0], operands[1], units);
    case Kind::kLess:
    case Kind::kLessEqual:
    case Kind::kEqual:
    case Kind::kNotEqual: {
      const auto common = infer_common(formula, operands[0], operands[1], units);
      if (!common) return common;
      return Dimension{};
    }
    case Kind::kSelect: {
      const auto condition = infer_dimension(operands[1], units);
      if (!condition) return condition;
      return infer_common(formula, operands[0], operands[2], units);
    }
    default: return infer_number(formula, units);
  }
}

}  // namespace salus::model
