// Random circuits over every operation, with inputs: material for comparing what the runtimes say.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/test_random.h"
#include "circuit/noise.h"

namespace salus::runtime::test {

struct RandomCircuit {
  circuit::Circuit circuit;
  circuit::ConstantTable constants;
  std::vector<circuit::Slots> inputs;
  std::vector<circuit::Encryption> encryptions;  ///< of the inputs
  /// For each output, the slots that mean something: `linear` leaves partial sums behind its rows.
  std::vector<std::vector<bool>> meaningful;
};

/// Draws a circuit of `depth` levels, operation by operation. Every value that operations
/// share has the scale of its level, S_{l-1} = S_l^2 / q_l; no value exceeds kLargest.
class CircuitGenerator {
 public:
  CircuitGenerator(const circuit::Chain& chain, int log_scale, int depth, std::uint64_t seed)
      : random_(seed), top_(depth), slots_(chain.slot_count()) {
    out_.circuit.name = "seed_" + std::to_string(seed);
    out_.circuit.chain = chain;
    scales_.assign(chain.q.size(), std::exp2(log_scale));
    for (std::size_t l = static_cast<std::size_t>(depth); l > 0; --l) {
      scales_[l - 1] = scales_[l] * scales_[l] / static_cast<double>(chain.q[l]);
    }
  }

  RandomCircuit run() {
    const std::size_t input_count = 1 + random_.below(3);
    for (std::size_t i = 0; i < input_count; ++i) input();
    const std::size_t operation_count = 4 + random_.below(3 + 3 * static_cast<std::size_t>(top_));
    for (std::size_t i = 0; i < operation_count; ++i) operation();
    const Value last = values_.back();
    while (level(lowest()) > 0) deepen();
    give_out(lowest());
    if (last.id != lowest().id) give_out(last);
    return std::move(out_);
  }

 private:
  static constexpr double kLargest = 2;
  static constexpr double kGrowth = 1.5;  ///< largest sum of a matrix row

  struct Value {
    circuit::ValueId id;
    double largest;  ///< bound on all slots
    std::size_t period;
    std::vector<bool> meaningful;
  };

  int level(const Value& v) const { return out_.circuit.nodes[v.id].level; }
  double scale_at(int level) const { return scales_[static_cast<std::size_t>(level)]; }
  double prime(int level) const {
    return static_cast<double>(out_.circuit.chain.q[static_cast<std::size_t>(level)]);
  }
  bool chance(double probability) { return random_.uniform(0, 1) < probability; }

  circuit::ValueId append(circuit::Node node) {
    node.name = "v" + std::to_string(out_.circuit.nodes.size());
    out_.circuit.nodes.push_back(std::move(node));
    return static_cast<circuit::ValueId>(out_.circuit.nodes.size() - 1);
  }

  /// A value made of `v` alone, with the level and scale that `made` names.
  Value derived(const Value& v, circuit::Node made) {
    made.operands = {v.id};
    return {append(std::move(made)), v.largest, v.period, v.meaningful};
  }

  std::size_t random_period() {
    const std::size_t periods[] = {1, 4, 8, slots_};
    return periods[random_.below(std::size(periods))];
  }

  circuit::Slots random_slots(std::size_t count, double size) {
    circuit::Slots slots(count);
    for (double& x : slots) x = random_.uniform(-size, size);
    return slots;
  }

  std::string constant(circuit::Constant constant) {
    const std::string name = "c" + std::to_string(out_.constants.size());
    out_.constants[name] = std::move(constant);
    return name;
  }

  void input() {
    const std::size_t period = random_period();
    out_.inputs.push_back(random_slots(period, 1));
    out_.encryptions.push_back(chance(0.5) ? circuit::Encryption::kSecretKey
                                           : circuit::Encryption::kPublicKey);
    const circuit::ValueId id = append({.op = circuit::Op::kInput,
                                        .level = top_,
                                        .scale = scale_at(top_),
                                        .bound = 1,
                                        .period = period});
    values_.push_back({id, 1, period, std::vector<bool>(slots_, true)});
  }

  /// Later values, which are deeper, more often than early ones.
  Value pick() {
    const std::size_t back = std::min(random_.below(values_.size()), random_.below(values_.size()));
    return values_[values_.size() - 1 - back];
  }

  Value rescaled(const Value& v) {
    return derived(v, {.op = circuit::Op::kRescale,
                       .level = level(v) - 1,
                       .scale = out_.circuit.nodes[v.id].scale / prime(level(v))});
  }

  /// v * constant at the level's scale again, one level down.
  Value scaled(const Value& v, circuit::Constant factor) {
    const std::size_t period = std::max(v.period, factor.columns);
    Value product = derived(v, {.op = circuit::Op::kMultiplyPlain,
                                .constant = constant(std::move(factor)),
                                .level = level(v),
                                .scale = scale_at(level(v) - 1) * prime(level(v))});
    product.period = period;
    return rescaled(product);
  }

  /// v at `level`, at the scale of that level.
  Value lowered(Value v, int to) {
    if (level(v) == to) return v;
    if (level(v) > to + 1) {
      v = derived(v, {.op = circuit::Op::kDropLevel,
                      .level = to + 1,
                      .scale = out_.circuit.nodes[v.id].scale});
    }
    return scaled(v, {1, 1, {random_.uniform(0.5, 1)}});
  }

  Value combined(circuit::Op op, const Value& a, const Value& b) {
    const circuit::Node& x = out_.circuit.nodes[a.id];
    const bool product = op == circuit::Op::kMultiply || op == circuit::Op::kMultiplyUnrelinearized;
    Value out{0, product ? a.largest * b.largest : a.largest + b.largest,
              std::max(a.period, b.period), a.meaningful};
    for (std::size_t s = 0; s < slots_; ++s) {
      out.meaningful[s] = a.meaningful[s] && b.meaningful[s];
    }
    out.id = append({.op = op,
                     .operands = {a.id, b.id},
                     .level = x.level,
                     .scale = product ? x.scale * out_.circuit.nodes[b.id].scale : x.scale});
    return out;
  }

  void sum() {
    Value a = pick();
    Value b = pick();
    const auto op = chance(0.5) ? circuit::Op::kAdd : circuit::Op::kSubtract;
    if (a.largest + b.largest > kLargest) return;
    if (a.id == b.id && op == circuit::Op::kSubtract) return;
    const int common = std::min(level(a), level(b));
    a = lowered(a, common);
    b = lowered(b, common);
    values_.push_back(combined(op, a, b));
  }

  /// a b, or a b + c d with one rescale for both products.
  void product() {
    Value a = pick();
    Value b = pick();
    const int common = std::min(level(a), level(b));
    if (common == 0 || a.largest * b.largest > kLargest) return;
    a = lowered(a, common);
    b = lowered(b, common);
    Value out = combined(circuit::Op::kMultiply, a, b);
    const Value c = pick();
    if (level(c) == common && out.largest + c.largest * a.largest <= kLargest && chance(0.5)) {
      out = combined(circuit::Op::kAdd, out, combined(circuit::Op::kMultiply, c, a));
    }
    values_.push_back(rescaled(out));
  }

  void with_constant() {
    const Value v = pick();
    const std::size_t period = random_period();
    circuit::Constant vector{1, period, random_slots(period, 1)};
    if (chance(0.2)) vector.values[0] = 0;
    if (level(v) > 0 && chance(0.6)) {
      values_.push_back(scaled(v, std::move(vector)));
    } else if (v.largest + 1 <= kLargest) {
      Value out = derived(v, {.op = circuit::Op::kAddPlain,
                              .constant = constant(std::move(vector)),
                              .level = level(v),
                              .scale = out_.circuit.nodes[v.id].scale});
      out.largest += 1;
      out.period = std::max(out.period, period);
      values_.push_back(std::move(out));
    }
  }

  void of_one_value() {
    const circuit::Op ops[] = {circuit::Op::kNegate, circuit::Op::kConjugate, circuit::Op::kRotate};
    Value v = pick();
    circuit::Node made{.op = ops[random_.below(std::size(ops))],
                       .level = level(v),
                       .scale = out_.circuit.nodes[v.id].scale};
    if (made.op == circuit::Op::kRotate) {
      const int half = static_cast<int>(slots_ / 2);
      const int steps[] = {1, -1, 6, half, -half - 4};
      made.steps = steps[random_.below(std::size(steps))];
      const long count = static_cast<long>(slots_);
      std::rotate(v.meaningful.begin(), v.meaningful.begin() + (made.steps + count) % count,
                  v.meaningful.end());
    }
    values_.push_back(derived(v, std::move(made)));
  }

  void linear() {
    const Value v = pick();
    struct Shape {
      std::size_t columns;
      int baby;
      int fold;
    };
    const Shape shapes[] = {{8, 2, 1}, {7, 2, 2}, {13, 4, 4}};
    const Shape shape = shapes[random_.below(std::size(shapes))];
    const std::size_t period = std::bit_ceil(shape.columns);
    if (level(v) == 0 || v.period > period || kGrowth * v.largest > kLargest) return;
    // With one part every slot can be a row; several parts share the slots.
    const auto fold = static_cast<std::size_t>(shape.fold);
    const std::size_t rows =
        fold == 1 ? slots_ : 1 + random_.below(slots_ / fold - (fold - 1) * (period / fold));
    const double size = kGrowth / static_cast<double>(period);
    circuit::Constant matrix{rows, shape.columns, random_slots(rows * shape.columns, size)};
    Value out = derived(v, {.op = circuit::Op::kLinear,
                            .constant = constant(std::move(matrix)),
                            .baby = shape.baby,
                            .fold = shape.fold,
                            .level = level(v),
                            .scale = scale_at(level(v) - 1) * prime(level(v))});
    out.largest *= kGrowth;
    out.period = slots_;
    std::fill(out.meaningful.begin() + static_cast<std::ptrdiff_t>(rows), out.meaningful.end(),
              false);
    values_.push_back(rescaled(out));
  }

  /// Products that are relinearized only as a sum, with a value of another scale among them.
  void weighted_sum() {
    Value a = pick();
    Value b = pick();
    const Value c = pick();
    const int common = std::min(level(a), level(b));
    if (common < 2 || level(c) < common - 1 || a.largest * b.largest > kLargest) return;
    a = lowered(a, common);
    b = lowered(b, common);
    const Value product = rescaled(combined(circuit::Op::kMultiplyUnrelinearized, a, b));
    const std::string weights = constant({2, 2, random_slots(4, 0.5)});
    for (int row = 0; row < 2; ++row) {
      Value sum = product;
      sum.largest = 0.5 * (product.largest + c.largest);
      sum.period = std::max(product.period, c.period);
      for (std::size_t s = 0; s < slots_; ++s) {
        sum.meaningful[s] = product.meaningful[s] && c.meaningful[s];
      }
      sum.id = append({.op = circuit::Op::kWeightedSum,
                       .operands = {product.id, c.id},
                       .constant = weights,
                       .row = row,
                       .level = common - 1,
                       .scale = scale_at(common - 2) * prime(common - 1)});
      sums_.push_back(std::move(sum));
    }
    for (const Value& sum : sums_) {
      values_.push_back(rescaled(derived(sum, {.op = circuit::Op::kRelinearize,
                                               .level = level(sum),
                                               .scale = out_.circuit.nodes[sum.id].scale})));
    }
    sums_.clear();
  }

  void operation() {
    switch (random_.below(9)) {
      case 0:
      case 1: return sum();
      case 2:
      case 3:
      case 4: return product();
      case 5: return with_constant();
      case 6: return of_one_value();
      case 7: return weighted_sum();
      default: return linear();
    }
  }

  const Value& lowest() const {
    return *std::min_element(values_.rbegin(), values_.rend(),
                             [&](const Value& a, const Value& b) { return level(a) < level(b); });
  }

  /// The lowest value one level further down: times something, or times a constant.
  void deepen() {
    const Value a = lowest();
    const Value b = pick();
    if (a.largest * b.largest > kLargest) {
      values_.push_back(scaled(a, {1, 4, random_slots(4, 1)}));
    } else {
      const Value other = lowered(b, level(a));
      values_.push_back(rescaled(combined(circuit::Op::kMultiply, a, other)));
    }
  }

  void give_out(const Value& v) {
    out_.circuit.outputs.push_back(v.id);
    out_.meaningful.push_back(v.meaningful);
  }

  salus::test::TestRandom random_;
  int top_;
  std::size_t slots_;
  std::vector<double> scales_;
  std::vector<Value> values_;
  std::vector<Value> sums_;  // that still have three parts
  RandomCircuit out_;
};

/// Equal arguments give equal circuits.
inline RandomCircuit random_circuit(const circuit::Chain& chain, int log_scale, int depth,
                                    std::uint64_t seed) {
  return CircuitGenerator(chain, log_scale, depth, seed).run();
}

}  // namespace salus::runtime::test
