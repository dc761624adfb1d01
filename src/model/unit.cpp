#include "model/unit.h"

#include <charconv>
#include <cmath>

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

bool Dimension::is_number() const { return equals(Dimension{factor, {}}); }

namespace {

struct Atom {
  std::string_view code;
  Dimension dimension;
};

constexpr std::array<double, 4> kMass = {1, 0, 0, 0}, kVolume = {0, 1, 0, 0}, kTime = {0, 0, 1, 0},
                                kAmount = {0, 0, 0, 1}, kNumber = {0, 0, 0, 0};

const std::array<Atom, 19> kAtoms = {{
    {"kg", {1e3, kMass}},       {"g", {1, kMass}},         {"mg", {1e-3, kMass}},
    {"ug", {1e-6, kMass}},      {"ng", {1e-9, kMass}},     {"L", {1, kVolume}},
    {"l", {1, kVolume}},        {"dL", {1e-1, kVolume}},   {"mL", {1e-3, kVolume}},
    {"ml", {1e-3, kVolume}},    {"h", {1, kTime}},         {"min", {1.0 / 60, kTime}},
    {"s", {1.0 / 3600, kTime}}, {"d", {24, kTime}},        {"mol", {1, kAmount}},
    {"mmol", {1e-3, kAmount}},  {"umol", {1e-6, kAmount}}, {"1", {1, kNumber}},
    {"%", {1e-2, kNumber}},
}};

Result<Dimension> parse_atom(std::string_view part, std::string_view unit) {
  for (const Atom& atom : kAtoms) {
    if (!part.starts_with(atom.code)) continue;
    const std::string_view rest = part.substr(atom.code.size());
    if (rest.empty()) return atom.dimension;
    int power = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), power);
    if (error == std::errc{} && end == rest.data() + rest.size() && std::abs(power) <= 9) {
      return Dimension{}.times(atom.dimension, power);
    }
  }
  return Error{ErrorCode::kInvalidArgument,
               "unit '" + std::string(unit) + "': unknown part '" + std::string(part) +
                   "'; known are kg g mg ug ng L dL mL h min s d mol mmol umol 1 %"};
}

Error different(const Expression& formula) {
  return {ErrorCode::kInvalidArgument,
          "'" + formula.text() + "' combines quantities of different units"};
}

Result<Dimension> infer_power(const Expression& formula, const Dimension& base) {
  const Expression& exponent = formula.operands[1];
  if (exponent.kind == ExpressionKind::kNumber) return Dimension{}.times(base, exponent.number);
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
    const std::size_t end = std::min(rest.find_first_of("./"), rest.size());
    const auto atom = parse_atom(rest.substr(0, end), unit);
    if (!atom) return atom;
    out = out.times(*atom, sign);
    if (end == rest.size()) return out;
    sign = rest[end] == '/' ? -1 : 1;
    rest.remove_prefix(end + 1);
  }
}

Result<Dimension> infer_dimension(const Expression& formula,
                                  const std::map<std::string, Dimension, std::less<>>& units) {
  if (formula.kind == ExpressionKind::kNumber) return Dimension{};
  if (formula.kind == ExpressionKind::kSymbol) {
    const auto found = units.find(formula.symbol);
    if (found != units.end()) return found->second;
    return Error{ErrorCode::kInvalidArgument, "unknown symbol '" + formula.symbol + "'"};
  }
  const auto first = infer_dimension(formula.operands[0], units);
  if (!first) return first;
  auto second = formula.operands.size() > 1 ? infer_dimension(formula.operands[1], units) : first;
  if (!second) return second;
  switch (formula.kind) {
    case ExpressionKind::kMultiply: return first->times(*second, 1);
    case ExpressionKind::kDivide: return first->times(*second, -1);
    case ExpressionKind::kSqrt: return Dimension{}.times(*first, 0.5);
    case ExpressionKind::kPower: return infer_power(formula, *first);
    case ExpressionKind::kExp:
    case ExpressionKind::kLn:
      if (!first->is_number()) return different(formula);
      return Dimension{};
    default:
      if (!first->equals(*second)) return different(formula);
      return first;
  }
}

}  // namespace salus::model
