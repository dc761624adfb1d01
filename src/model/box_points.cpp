#include "model/box_points.h"

#include <cmath>
#include <set>

#include "base/random.h"

namespace salus::model {
namespace {

constexpr std::uint64_t kBoxStream = 0x626f78;  // "box"

Seed seed_of(std::uint64_t number) {
  Seed out{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out[i] = static_cast<std::byte>(number >> (8 * i));
  }
  return out;
}

double uniform(RandomStream& random) {
  return std::ldexp(static_cast<double>(random.next_u64() >> 11), -53);
}

double along(const Parameter& p, double from, double to, double share) {
  // The ends themselves, to the last bit.
  if (share == 0 || from == to) return from;
  if (share == 1) return to;
  if (p.transform == Transform::kLinear) return from + share * (to - from);
  return from * std::pow(to / from, share);
}

// The parameters behind `symbols`, by way of derived quantities and variables.
std::set<std::string> parameters_behind(const Model& model, const std::set<std::string>& symbols) {
  std::set<std::string> seen, todo = symbols;
  while (!todo.empty()) {
    const std::string symbol = todo.extract(todo.begin()).value();
    if (!seen.insert(symbol).second) continue;
    if (const Derived* d = model.find_derived(symbol)) todo.merge(d->formula.symbols());
    for (const Variable& v : model.variables) {
      if (v.name == symbol) todo.merge(v.formula.symbols());
    }
  }
  return seen;
}

}  // namespace

Points points_of(const Model& model, const BoxOptions& options) {
  RandomStream random(seed_of(options.seed), kBoxStream);
  const std::size_t dimensions = model.private_parameters().size();
  const bool all_corners = dimensions < 64 && (std::size_t{1} << dimensions) <= kMaxCorners;

  Points out;
  out.corners = all_corners ? std::size_t{1} << dimensions : kMaxCorners;
  Point typical;
  for (const Parameter& p : model.parameters) typical.push_back(p.typical);
  out.all.push_back(std::move(typical));
  for (std::size_t corner = 0; corner < out.corners; ++corner) {
    std::uint64_t bits = corner;
    Point point;
    for (const Parameter& p : model.parameters) {
      if (p.is_private && !all_corners) bits = random.next_u64();
      point.push_back(!p.is_private ? p.typical : (bits & 1) == 0 ? p.low : p.high);
      if (p.is_private) bits >>= 1;
    }
    out.all.push_back(std::move(point));
  }
  for (std::size_t i = 0; i < options.samples; ++i) {
    Point point;
    for (const Parameter& p : model.parameters) {
      point.push_back(p.is_private ? along(p, p.low, p.high, uniform(random)) : p.typical);
    }
    out.all.push_back(std::move(point));
  }
  return out;
}

Point between(const Model& model, const Point& a, const Point& b, double share) {
  Point out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    out.push_back(along(model.parameters[i], a[i], b[i], share));
  }
  return out;
}

std::string point_text(const Model& model, const Expression& formula, std::span<const double> at) {
  const std::set<std::string> behind = parameters_behind(model, formula.symbols());
  std::string used, all;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    const Parameter& p = model.parameters[i];
    const std::string one =
        p.name + " = " + short_number(at[i]) + (p.unit == "1" ? "" : " " + p.unit);
    all += (all.empty() ? "" : ", ") + one;
    if (behind.contains(p.name)) used += (used.empty() ? "" : ", ") + one;
  }
  return used.empty() ? all : used;
}

}  // namespace salus::model
