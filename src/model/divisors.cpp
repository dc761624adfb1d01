#include "model/divisors.h"

#include <cmath>

namespace salus::model {
namespace {

using Kind = ExpressionKind;

constexpr int kBisections = 60;
// A divisor that jumps over 0, as a step does, stays as large as it was at the ends.
constexpr double kVanished = 1e-9;

struct Guard {
  const Expression* condition;
  bool wanted;
};

class Collector {
 public:
  explicit Collector(const Positions& positions) : positions_(positions) {}

  void visit(const Expression& e) {
    if (e.kind == Kind::kSelect) {
      visit(e.operands[1]);
      for (const bool wanted : {true, false}) {
        guards_.push_back({&e.operands[1], wanted});
        visit(e.operands[wanted ? 0 : 2]);
        guards_.pop_back();
      }
      return;
    }
    if (e.kind == Kind::kDivide) add(e.operands[1]);
    if (e.kind == Kind::kPower && constant_value(e.operands[1]).value_or(1) < 0) {
      add(e.operands[0]);
    }
    for (const Expression& operand : e.operands) visit(operand);
  }

  std::vector<Divisor> take() { return std::move(found_); }

 private:
  void add(const Expression& formula) {
    if (formula.kind == Kind::kNumber) return;
    auto value = CompiledExpression::make(formula, positions_);
    if (!value) return;  // it depends on states or time
    Divisor divisor{formula, std::move(*value), {}};
    for (const Guard& guard : guards_) {
      auto condition = CompiledExpression::make(*guard.condition, positions_);
      if (!condition) return;
      divisor.guards.emplace_back(std::move(*condition), guard.wanted);
    }
    found_.push_back(std::move(divisor));
  }

  const Positions& positions_;
  std::vector<Guard> guards_;
  std::vector<Divisor> found_;
};

}  // namespace

bool Divisor::is_reached(std::span<const double> values) const {
  for (const auto& [condition, wanted] : guards) {
    if ((condition(values) != 0) != wanted) return false;
  }
  return true;
}

std::vector<Divisor> divisors_of(const Expression& formula, const Positions& positions) {
  Collector collector(positions);
  collector.visit(formula);
  return collector.take();
}

Point zero_of(const Divisor& divisor, const Model& model, const std::vector<Point>& points,
              const std::vector<std::vector<double>>& prepared, const Prepare& prepare) {
  const Point* below = nullptr;
  const Point* above = nullptr;
  double largest = 0;
  for (std::size_t i = 0; i < points.size() && (below == nullptr || above == nullptr); ++i) {
    const double value = divisor.value(prepared[i]);
    if (!divisor.is_reached(prepared[i])) continue;
    largest = std::max(largest, std::abs(value));
    if (value < 0) below = &points[i];
    if (value > 0) above = &points[i];
  }
  if (below == nullptr || above == nullptr) return {};

  double low = 0, high = 1;  // shares of the way from `below` to `above`
  Point middle;
  for (int i = 0; i < kBisections; ++i) {
    middle = between(model, *below, *above, (low + high) / 2);
    (divisor.value(prepare(middle)) < 0 ? low : high) = (low + high) / 2;
  }
  const std::vector<double> values = prepare(middle);
  const bool vanishes = std::abs(divisor.value(values)) <= kVanished * largest;
  return vanishes && divisor.is_reached(values) ? middle : Point{};
}

}  // namespace salus::model
