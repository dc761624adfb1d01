#include "compiler/coordinates.h"

#include <algorithm>
#include <cmath>

#include "compiler/sampling.h"

namespace salus::compiler {
namespace {

constexpr std::uint64_t kRangeSeed = 0x72616e6765;
constexpr int kRangePoints = 4096;
constexpr double kRangeMargin = 1e-3;  // of the transformed width, where corners may not be extreme

// The formula over private parameters only: derived quantities written out, public ones as numbers.
model::Expression written_out(const model::Model& model, const model::Expression& e) {
  if (e.kind != model::ExpressionKind::kSymbol) {
    model::Expression out = e;
    for (model::Expression& operand : out.operands) operand = written_out(model, operand);
    return out;
  }
  if (const model::Derived* d = model.find_derived(e.symbol)) return written_out(model, d->formula);
  const model::Parameter* p = model.parameter(e.symbol);
  check(p != nullptr, "a coordinate uses an unknown symbol");
  if (p->is_private) return e;
  return {model::ExpressionKind::kNumber, p->typical, {}, {}};
}

double forward(program::Transform transform, double x) {
  return transform == program::Transform::kLog ? std::log(x) : x;
}

program::Input describe(const model::Model& model, const std::string& symbol, CoordinateUse use) {
  program::Input out;
  out.name = symbol;
  out.transform =
      use == CoordinateUse::kChebyshev ? program::Transform::kLog : program::Transform::kLinear;
  model::Expression formula{model::ExpressionKind::kSymbol, 0, symbol, {}};
  if (const model::Parameter* p = model.parameter(symbol)) {
    out.unit = p->unit;
    out.description = p->description;
    if (p->transform == model::Transform::kLinear) out.transform = program::Transform::kLinear;
  } else {
    const model::Derived* d = model.find_derived(symbol);
    check(d != nullptr, "a coordinate is neither parameter nor derived");
    out.unit = d->unit;
    out.description = d->description;
    formula = d->formula;
  }
  out.formula = formula.text();
  out.postfix = written_out(model, formula).postfix();
  return out;
}

}  // namespace

double Coordinate::normalised(double value) const {
  const double low = forward(input.transform, input.low),
               high = forward(input.transform, input.high);
  return (forward(input.transform, value) - (low + high) / 2) / ((high - low) / 2);
}

double Coordinate::slope() const {
  return (input.high - input.low) / 2 / std::max(std::abs(input.low), std::abs(input.high));
}

double Coordinate::offset() const {
  return (input.high + input.low) / 2 / std::max(std::abs(input.low), std::abs(input.high));
}

Coordinate Coordinate::narrowed(double from, double to) const {
  const double low = forward(input.transform, input.low),
               high = forward(input.transform, input.high);
  const auto at = [&](double u) {
    const double x = (low + high) / 2 + u * (high - low) / 2;
    return input.transform == program::Transform::kLog ? std::exp(x) : x;
  };
  Coordinate out = *this;
  out.input.low = at(from);
  out.input.high = at(to);
  return out;
}

Result<Coordinate> make_coordinate(const model::Model& model, const model::Equations& equations,
                                   const std::string& symbol, CoordinateUse use) {
  Coordinate out;
  out.input = describe(model, symbol, use);
  out.position = equations.position(symbol);
  out.amplitude = use == CoordinateUse::kAmplitude;
  if (const model::Parameter* p = model.parameter(symbol)) {
    out.input.low = p->low;
    out.input.typical = p->typical;
    out.input.high = p->high;
    return out;
  }

  Points points(model, kRangeSeed);
  std::vector<std::vector<double>> samples = points.corners();
  for (int i = 0; i < kRangePoints; ++i) samples.push_back(points.edge_heavy());
  double low = INFINITY, high = -INFINITY;
  for (const auto& sample : samples) {
    const double x = equations.prepare(sample)[out.position];
    if (!std::isfinite(x)) {
      return Error{ErrorCode::kInvalidArgument, model.name + ": coordinate " + symbol + " = " +
                                                    out.input.formula +
                                                    " is not a finite number in the whole box"};
    }
    low = std::min(low, x);
    high = std::max(high, x);
  }
  if (!(low < high)) {
    return Error{ErrorCode::kInvalidArgument, model.name + ": coordinate " + symbol + " = " +
                                                  out.input.formula +
                                                  " is the same for every patient of the box"};
  }
  if (low <= 0) out.input.transform = program::Transform::kLinear;
  low = forward(out.input.transform, low);
  high = forward(out.input.transform, high);
  const double margin = kRangeMargin * (high - low);
  std::vector<double> typical;
  for (const model::Parameter& p : model.parameters) typical.push_back(p.typical);
  const bool is_log = out.input.transform == program::Transform::kLog;
  out.input.low = is_log ? std::exp(low - margin) : low - margin;
  out.input.high = is_log ? std::exp(high + margin) : high + margin;
  out.input.typical = equations.prepare(typical)[out.position];
  return out;
}

}  // namespace salus::compiler
