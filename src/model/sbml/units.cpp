#include "model/sbml/units.h"

#include <cmath>
#include <map>
#include <optional>

namespace salus::model::sbml {
namespace {

struct BaseUnit {
  std::string_view symbol;  // UCUM
  bool takes_prefix;
};

std::optional<BaseUnit> base_unit(UnitKind_t kind) {
  switch (kind) {
    case UNIT_KIND_MOLE: return BaseUnit{"mol", true};
    case UNIT_KIND_LITRE:
    case UNIT_KIND_LITER: return BaseUnit{"L", true};
    case UNIT_KIND_METRE:
    case UNIT_KIND_METER: return BaseUnit{"m", true};
    case UNIT_KIND_SECOND: return BaseUnit{"s", true};
    case UNIT_KIND_GRAM: return BaseUnit{"g", true};
    case UNIT_KIND_KILOGRAM: return BaseUnit{"kg", false};
    default: return std::nullopt;
  }
}

std::optional<std::string_view> prefix_of(int scale) {
  switch (scale) {
    case -15: return "f";
    case -12: return "p";
    case -9: return "n";
    case -6: return "u";
    case -3: return "m";
    case -2: return "c";
    case -1: return "d";
    case 0: return "";
    case 3: return "k";
    default: return std::nullopt;
  }
}

// Seconds that have a name of their own.
std::optional<std::string_view> time_of(double seconds) {
  static const std::map<long, std::string_view> kNames = {
      {60, "min"}, {3600, "h"}, {86400, "d"}, {604800, "wk"}, {31557600, "a"}};
  const auto found = kNames.find(std::lround(seconds));
  if (found == kNames.end() || static_cast<double>(found->first) != seconds) return std::nullopt;
  return found->second;
}

std::optional<std::string> factor_of(const Unit& unit) {
  if (unit.getKind() == UNIT_KIND_DIMENSIONLESS || unit.getKind() == UNIT_KIND_ITEM) return "";
  const auto base = base_unit(unit.getKind());
  const double exponent = unit.getExponentAsDouble();
  if (!base || exponent != std::round(exponent) || std::abs(exponent) > 9 || exponent == 0) {
    return std::nullopt;
  }
  std::string symbol;
  if (unit.getMultiplier() == 1 || !unit.isSetMultiplier()) {
    const auto prefix = prefix_of(unit.getScale());
    if (!prefix || (!prefix->empty() && !base->takes_prefix)) return std::nullopt;
    symbol = std::string(*prefix) + std::string(base->symbol);
  } else if (unit.getKind() == UNIT_KIND_SECOND && unit.getScale() == 0) {
    const auto time = time_of(unit.getMultiplier());
    if (!time) return std::nullopt;
    symbol = *time;
  } else {
    return std::nullopt;
  }
  const long power = std::lround(std::abs(exponent));
  return symbol + (power == 1 ? "" : std::to_string(power));
}

std::optional<std::string> spelled(const UnitDefinition& definition) {
  std::string over, under;
  for (unsigned i = 0; i < definition.getNumUnits(); ++i) {
    const auto factor = factor_of(*definition.getUnit(i));
    if (!factor) return std::nullopt;
    if (factor->empty()) continue;
    const bool above = definition.getUnit(i)->getExponentAsDouble() > 0;
    if (above) over += (over.empty() ? "" : ".") + *factor;
    if (!above) under += "/" + *factor;
  }
  if (over.empty() && under.empty()) return "1";
  return (over.empty() ? "1" : over) + under;
}

}  // namespace

std::string ucum_of(const ::Model& model, const std::string& unit) {
  if (unit.empty() || unit == "dimensionless" || unit == "item") return "1";
  const std::string annotation = "{" + unit + "}";
  if (const UnitDefinition* definition = model.getUnitDefinition(unit)) {
    return spelled(*definition).value_or(annotation);
  }
  if (unit == "substance") return "mol";  // Level 2's predefined ids
  if (unit == "volume") return "L";
  if (unit == "time") return "s";
  const auto base = base_unit(UnitKind_forName(unit.c_str()));
  return base ? std::string(base->symbol) : annotation;
}

std::string declared_time_unit(const ::Model& model) {
  std::string unit = model.getTimeUnits();
  if (model.getLevel() == 2) unit = model.getUnitDefinition("time") != nullptr ? "time" : "";
  if (unit.empty()) return {};
  const std::string out = ucum_of(model, unit);
  for (const char* known : {"s", "ms", "min", "h", "d", "wk", "a"}) {
    if (out == known) return out;
  }
  return {};
}

}  // namespace salus::model::sbml
