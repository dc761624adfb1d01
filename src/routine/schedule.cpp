#include "routine/schedule.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace salus::routine {
namespace {

using ckks::Ciphertext;

// Rounding of the scalars themselves, computed in doubles.
constexpr double kDouble = 0x1p-51;

std::string log2_text(double x) { return "2^" + std::to_string(std::log2(x)); }

bool is_near(double a, double b) { return std::abs(a - b) <= ckks::kScaleTolerance * std::abs(b); }

}  // namespace

OperationCounts& OperationCounts::operator+=(const OperationCounts& other) {
  products += other.products;
  relinearizations += other.relinearizations;
  rescales += other.rescales;
  scalar_products += other.scalar_products;
  plain_products += other.plain_products;
  rotations += other.rotations;
  return *this;
}

const Schedule::Value& Schedule::at(int value) const {
  check(value >= 0 && static_cast<std::size_t>(value) < values_.size(), "no such value");
  return values_[static_cast<std::size_t>(value)];
}

double Schedule::factor(const Sum& sum, const Sum::Product& product) const {
  return sum.product_coefficient * sum.scale / (at(product.a).scale * at(product.b).scale);
}

int Schedule::input(int level, double scale, double bound) {
  values_.push_back({{}, level, scale, bound});
  return static_cast<int>(values_.size()) - 1;
}

Result<int> Schedule::append(Sum sum) {
  check(!sum.products.empty() || !sum.terms.empty(), "a sum of nothing");
  check(sum.products.size() <= kMaxProducts, "too many products for one sum");
  if (sum.level < (sum.rescale ? 1 : 0)) {
    return Error{
        ErrorCode::kLevelExhausted,
        "a sum of products at level " + std::to_string(sum.level) + " has no prime to rescale by"};
  }
  for (const Sum::Product& product : sum.products) {
    check(at(product.a).level >= sum.level && at(product.b).level >= sum.level,
          "an operand below the level of its sum");
    const double f = factor(sum, product);
    check(std::abs(f) > 0.5 && is_near(std::round(f), f), "a product that cannot meet the scale");
  }
  for (const Sum::Term& term : sum.terms) {
    check(at(term.x).level >= sum.level, "an operand below the level of its sum");
  }
  if (std::log2(sum.scale * sum.bound) >= params_->log_q(sum.level) - 1) {
    return Error{ErrorCode::kLevelExhausted,
                 "values up to " + std::to_string(sum.bound) + " at scale " + log2_text(sum.scale) +
                     " do not fit the modulus of " + std::to_string(params_->log_q(sum.level)) +
                     " bits at level " + std::to_string(sum.level) +
                     "; a smaller result scale or a larger q_0 would"};
  }
  Value value{{}, sum.level, sum.scale, sum.bound};
  if (sum.rescale) {
    value.scale /= static_cast<double>(params_->q(value.level).value());
    --value.level;
  }
  value.sum = std::move(sum);
  values_.push_back(std::move(value));
  return static_cast<int>(values_.size()) - 1;
}

void Schedule::mark_function(int input, int output, double lipschitz) {
  functions_.push_back({input, output, lipschitz});
}

OperationCounts Schedule::counts() const {
  OperationCounts out;
  for (const Value& value : values_) {
    if (!value.sum) continue;
    out.products += static_cast<int>(value.sum->products.size());
    out.scalar_products += static_cast<int>(value.sum->terms.size());
    out.relinearizations += value.sum->products.empty() ? 0 : 1;
    out.rescales += value.sum->rescale ? 1 : 0;
  }
  return out;
}

int Schedule::relinearization_level() const {
  int level = -1;
  for (const Value& value : values_) {
    if (value.sum && !value.sum->products.empty()) level = std::max(level, value.sum->level);
  }
  return level;
}

double Schedule::cost() const {
  constexpr double kPass = 0.5;  // over a limb: reads two, writes one
  constexpr double kRescaledLimb = 3.3;
  double sum = 0;
  for (const Value& value : values_) {
    if (!value.sum) continue;
    const double limbs = value.sum->level + 1;
    sum += kPass * limbs * static_cast<double>(4 * value.sum->products.size());
    sum += kPass * limbs * static_cast<double>(2 * value.sum->terms.size());
    if (value.sum->rescale) sum += kRescaledLimb * limbs;
    if (!value.sum->products.empty()) sum += key_switch_cost(value.sum->level);
  }
  return sum;
}

double Schedule::key_switch_cost(int level) const {
  constexpr double kRaisedLimb = 2.2;
  constexpr double kDividedLimb = 4;
  const double limbs = level + 1;
  const double digits = std::ceil(limbs / static_cast<double>(params_->alpha()));
  const double extended = limbs + static_cast<double>(params_->special_count());
  return (kRaisedLimb * digits + kDividedLimb) * extended;
}

bool is_cheaper(const Schedule& a, const Schedule& b) {
  constexpr double kTie = 1.05;
  const int fewer = a.counts().relinearizations - b.counts().relinearizations;
  if (fewer < 0) return a.cost() < b.cost() * kTie;
  return a.cost() * (fewer > 0 ? kTie : 1) < b.cost();
}

double Schedule::sum_error(const Sum& sum, const NoiseModel& noise, std::span<const double> errors,
                           int exact) const {
  const auto error = [&](int v) { return v == exact ? 0 : errors[static_cast<std::size_t>(v)]; };
  double out = sum.constant == 0 ? 0 : 0.5 / sum.scale;
  for (const auto& [a, b] : sum.products) {
    out += std::abs(sum.product_coefficient) *
           (at(a).bound * error(b) + at(b).bound * error(a) + error(a) * error(b));
  }
  for (const auto& [x, coefficient] : sum.terms) {
    const double unit = at(x).scale / sum.scale;
    const double scalar = coefficient / unit;
    const double rounding =
        (std::abs(scalar - std::round(scalar)) + kDouble * std::abs(scalar)) * unit;
    out += std::abs(coefficient) * error(x) + (at(x).bound + error(x)) * rounding;
  }
  if (!sum.products.empty()) out += noise.key_switch(sum.level, sum.scale);
  if (sum.rescale) {
    out += noise.rescale(sum.scale / static_cast<double>(params_->q(sum.level).value()));
  }
  return out;
}

std::vector<double> Schedule::error_bounds(const NoiseModel& noise,
                                           std::span<const double> input_errors) const {
  std::vector<double> errors;
  std::size_t next_input = 0;
  std::size_t next_function = 0;
  for (const Value& value : values_) {
    const int v = static_cast<int>(errors.size());
    if (!value.sum) {
      check(next_input < input_errors.size(), "the error of every input");
      errors.push_back(input_errors[next_input++]);
      continue;
    }
    const Function* inside = nullptr;
    if (next_function < functions_.size() && functions_[next_function].input < v) {
      inside = &functions_[next_function];
    }
    errors.push_back(sum_error(*value.sum, noise, errors, inside ? inside->input : -1));
    if (inside && v == inside->output) {
      errors.back() += inside->lipschitz * errors[static_cast<std::size_t>(inside->input)];
      ++next_function;
    }
  }
  return errors;
}

Result<Ciphertext> Plan::evaluate(const ckks::Evaluator& evaluator, const Ciphertext& x,
                                  OperationCounts* done) const {
  const int outputs[] = {output_};
  Result<std::vector<Ciphertext>> out = schedule_.run(evaluator, {&x, 1}, outputs, done);
  if (!out) return out.error();
  return std::move(out->front());
}

double Plan::error_bound(const NoiseModel& noise, double input_error) const {
  return schedule_.error_bounds(noise, {&input_error, 1})[static_cast<std::size_t>(output_)];
}

Status require_levels(const std::string& what, int needed, int available) {
  if (available >= needed) return {};
  return Error{ErrorCode::kLevelExhausted,
               what + " needs " + std::to_string(needed) + " levels, the input has " +
                   std::to_string(available) + "; start higher or lower the degree"};
}

Status require_scale(const std::string& what, double given, double planned) {
  if (is_near(given, planned)) return {};
  return Error{ErrorCode::kScaleMismatch, what + ": an input at scale " + log2_text(given) +
                                              ", planned for " + log2_text(planned) +
                                              "; plan for the scale that it has"};
}

Status require_placement(const std::string& what, const ckks::Parameters& params,
                         const Placement& at) {
  const auto is_scale = [](double s) { return std::isfinite(s) && s >= 1; };
  if (is_scale(at.scale) && is_scale(at.result_scale) && at.level >= 0 &&
      at.level <= params.max_level()) {
    return {};
  }
  return Error{ErrorCode::kInvalidArgument,
               what + ": level " + std::to_string(at.level) + " of 0 .. " +
                   std::to_string(params.max_level()) + ", scales " + std::to_string(at.scale) +
                   " and " + std::to_string(at.result_scale) + " must be at least 1"};
}

}  // namespace salus::routine
