// One pass over the nodes: everything that can be known without values. Each rule returns an error
// that names the node, so that a circuit from outside is refused with its reason.
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <set>

#include "circuit/circuit.h"
#include "circuit/text.h"

namespace salus::circuit {
namespace {

constexpr double kScaleTolerance = 0x1p-40;
constexpr double kMaxWeight = 0x1p62;  // at its scale: ckks::Evaluator::weighted_sums

bool near(double a, double b) { return std::abs(a - b) <= kScaleTolerance * std::abs(b); }

Error wrong(ErrorCode code, const Node& node, const std::string& why) {
  return {code, "%" + node.name + " (" + std::string(name(node.op)) + "): " + why};
}
Error invalid(const Node& node, const std::string& why) {
  return wrong(ErrorCode::kInvalidArgument, node, why);
}

Status verify_primes(const std::vector<std::uint64_t>& primes, std::string_view which, int log_n) {
  for (const std::uint64_t prime : primes) {
    const bool fits = prime > 1 && (prime >> 62) == 0;
    if (!fits || (prime - 1) % (std::uint64_t{2} << log_n) != 0) {
      return Error{ErrorCode::kInvalidArgument, "chain: " + std::string(which) + " holds " +
                                                    std::to_string(prime) +
                                                    ", which is not 1 mod 2N and below 2^62"};
    }
  }
  return {};
}

Status verify_chain(const Chain& chain) {
  if (chain.log_n < 2 || chain.log_n > 17) {
    return Error{ErrorCode::kLimit,
                 "chain: log_n " + std::to_string(chain.log_n) + " is not in 2..17"};
  }
  if (chain.q.empty() || chain.q.size() > kMaxPrimes || chain.p.size() > kMaxPrimes) {
    return Error{ErrorCode::kLimit, "chain: 1.." + std::to_string(kMaxPrimes) +
                                        " level primes and 0.." + std::to_string(kMaxPrimes) +
                                        " special primes are allowed"};
  }
  if (chain.dnum < 1 || static_cast<std::size_t>(chain.dnum) > chain.q.size()) {
    return Error{ErrorCode::kInvalidArgument, "chain: dnum " + std::to_string(chain.dnum) +
                                                  " is not in 1.." +
                                                  std::to_string(chain.q.size())};
  }
  if (Status s = verify_primes(chain.q, "q", chain.log_n); !s) return s;
  if (Status s = verify_primes(chain.p, "p", chain.log_n); !s) return s;
  std::set<std::uint64_t> all(chain.q.begin(), chain.q.end());
  all.insert(chain.p.begin(), chain.p.end());
  if (all.size() != chain.q.size() + chain.p.size()) {
    return Error{ErrorCode::kInvalidArgument, "chain: a prime occurs twice"};
  }
  return {};
}

Status verify_constant(const std::string& key, const Constant& constant, std::size_t slot_count) {
  const auto bad = [&](ErrorCode code, const std::string& why) {
    return Error{code, "@" + key + ": " + why};
  };
  if (!is_name(key)) return bad(ErrorCode::kInvalidArgument, "not a name");
  const std::size_t rows = constant.rows, columns = constant.columns;
  if (rows < 1 || columns < 1 || rows > slot_count || columns > slot_count) {
    return bad(ErrorCode::kLimit, std::to_string(rows) + " x " + std::to_string(columns) +
                                      " does not fit " + std::to_string(slot_count) + " slots");
  }
  if (constant.values.size() != rows * columns) {
    return bad(ErrorCode::kInvalidArgument, std::to_string(constant.values.size()) +
                                                " values for " + std::to_string(rows) + " x " +
                                                std::to_string(columns));
  }
  const auto finite = [](double v) { return std::isfinite(v); };
  if (!std::all_of(constant.values.begin(), constant.values.end(), finite)) {
    return bad(ErrorCode::kInvalidArgument, "holds a NaN or an infinity");
  }
  return {};
}

Status verify_constants(const ConstantTable& constants, std::size_t slot_count) {
  if (constants.size() > kMaxConstants) {
    return Error{ErrorCode::kLimit, std::to_string(constants.size()) + " constants; at most " +
                                        std::to_string(kMaxConstants)};
  }
  std::size_t total = 0;
  for (const auto& [key, constant] : constants) {
    if (Status s = verify_constant(key, constant, slot_count); !s) return s;
    total += constant.values.size();
  }
  if (total > kMaxConstantValues) {
    return Error{ErrorCode::kLimit, std::to_string(total) + " doubles in constants; at most " +
                                        std::to_string(kMaxConstantValues)};
  }
  return {};
}

class Verifier {
 public:
  Verifier(const Circuit& circuit, const ConstantTable& constants)
      : circuit_(circuit), constants_(constants), slots_(circuit.chain.slot_count()) {}

  Status run() {
    std::size_t inputs = 0;
    for (const Node& node : circuit_.nodes) {
      if (Status s = verify_form(node); !s) return s;
      if (node.op == Op::kInput && ++inputs > kMaxInputs) {
        return wrong(ErrorCode::kLimit, node,
                     "more than " + std::to_string(kMaxInputs) + " inputs");
      }
      if (Status s = verify_meaning(node); !s) return s;
      periods_.push_back(period_of(node));
      parts_.push_back(parts_of(node, parts_));
    }
    return verify_outputs();
  }

 private:
  Status verify_form(const Node& node) {
    if (!is_name(node.name)) return invalid(node, "not a name");
    if (!names_.insert(node.name).second) return invalid(node, "the name is taken");
    if (Status s = verify_arity(node); !s) return s;
    for (const ValueId id : node.operands) {
      if (id >= periods_.size()) return invalid(node, "uses a value that comes later");
    }
    if (uses_constant(node.op)) {
      if (!constants_.contains(node.constant)) {
        return wrong(ErrorCode::kNotFound, node, "constant @" + node.constant + " is missing");
      }
    } else if (!node.constant.empty()) {
      return invalid(node, "takes no constant");
    }
    return verify_fields(node);
  }

  Status verify_arity(const Node& node) {
    const int arity = operand_count(node.op);
    const std::size_t given = node.operands.size();
    if (arity >= 0 && given != static_cast<std::size_t>(arity)) {
      return invalid(node, std::to_string(given) + " operands instead of " + std::to_string(arity));
    }
    operands_ += given;
    if (arity < 0 && (given < 1 || given > kMaxOperands || operands_ > kMaxAllOperands)) {
      return wrong(ErrorCode::kLimit, node,
                   std::to_string(given) + " operands, not 1 to " + std::to_string(kMaxOperands) +
                       " and " + std::to_string(kMaxAllOperands) + " in all");
    }
    return {};
  }

  // Unused fields are at their defaults: the printer does not show them.
  Status verify_fields(const Node& node) {
    const bool linear = node.op == Op::kLinear, input = node.op == Op::kInput;
    if (node.op != Op::kRotate && node.steps != 0) return invalid(node, "takes no steps");
    if (!linear && (node.baby != 0 || node.fold != 1))
      return invalid(node, "takes no baby or fold");
    if (node.op != Op::kWeightedSum && node.row != 0) return invalid(node, "takes no row");
    if (!input && (node.bound != 0 || node.period != 1)) {
      return invalid(node, "takes no bound or period");
    }
    const int top = static_cast<int>(circuit_.chain.q.size()) - 1;
    if (node.level < 0 || node.level > top) {
      return wrong(ErrorCode::kLevelExhausted, node,
                   "level " + std::to_string(node.level) + " is not in 0.." + std::to_string(top));
    }
    if (!std::isfinite(node.scale) || node.scale < 1) {
      return wrong(ErrorCode::kScaleMismatch, node, "scale " + number_text(node.scale));
    }
    return {};
  }

  Status expect(const Node& node, int level, double scale) {
    if (node.level != level) {
      return invalid(
          node, "level " + std::to_string(node.level) + " instead of " + std::to_string(level));
    }
    if (!near(node.scale, scale)) {
      return wrong(ErrorCode::kScaleMismatch, node,
                   "scale " + number_text(node.scale) + " instead of " + number_text(scale));
    }
    return {};
  }

  Status verify_meaning(const Node& node) {
    if (node.op == Op::kInput) return verify_input(node);
    if (Status s = verify_parts(node); !s) return s;
    const Node& x = circuit_.nodes[node.operands[0]];
    switch (node.op) {
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiplyUnrelinearized:
      case Op::kMultiply: return verify_binary(node, x, circuit_.nodes[node.operands[1]]);
      case Op::kAddPlain:
      case Op::kMultiplyPlain: return verify_plain(node, x);
      case Op::kRotate: return verify_rotate(node, x);
      case Op::kRescale: return verify_rescale(node, x);
      case Op::kDropLevel:
        if (node.level >= x.level) {
          return invalid(node, "level " + std::to_string(node.level) + " is not below " +
                                   std::to_string(x.level));
        }
        return expect(node, node.level, x.scale);
      case Op::kLinear: return verify_linear(node, x);
      case Op::kWeightedSum: return verify_weighted_sum(node);
      default: return expect(node, x.level, x.scale);
    }
  }

  // Which operations take a value of three parts.
  Status verify_parts(const Node& node) {
    const bool three = std::any_of(node.operands.begin(), node.operands.end(),
                                   [this](ValueId id) { return parts_[id] == 3; });
    switch (node.op) {
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kNegate:
      case Op::kRescale:
      case Op::kDropLevel:
      case Op::kWeightedSum: return {};
      case Op::kRelinearize:
        return three ? Status() : invalid(node, "the operand has two parts already");
      default: return three ? invalid(node, "an operand is not relinearized") : Status();
    }
  }

  Status verify_weighted_sum(const Node& node) {
    const Constant& weights = constants_.find(node.constant)->second;
    if (weights.columns != node.operands.size() || node.row < 0 ||
        static_cast<std::size_t>(node.row) >= weights.rows) {
      return invalid(node, "row " + std::to_string(node.row) + " of @" + node.constant + ", " +
                               std::to_string(weights.rows) + " x " +
                               std::to_string(weights.columns) + ", over " +
                               std::to_string(node.operands.size()) + " operands");
    }
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      const Node& x = circuit_.nodes[node.operands[k]];
      if (x.level < node.level) {
        return invalid(node, "operand %" + x.name + " at level " + std::to_string(x.level) +
                                 ", below " + std::to_string(node.level));
      }
      if (Status s = verify_plain_scale(node, x); !s) return s;
      const double weight =
          weights.values[static_cast<std::size_t>(node.row) * weights.columns + k];
      if (std::abs(weight) * (node.scale / x.scale) >= kMaxWeight) {
        return wrong(ErrorCode::kScaleMismatch, node,
                     "weight " + number_text(weight) + " of %" + x.name + " is above 2^62 at " +
                         number_text(node.scale / x.scale));
      }
    }
    return {};
  }

  Status verify_input(const Node& node) {
    if (!std::isfinite(node.bound) || node.bound <= 0) {
      return invalid(node, "bound " + number_text(node.bound) + " is not positive");
    }
    if (!std::has_single_bit(node.period) || node.period > slots_) {
      return invalid(node, "period " + std::to_string(node.period) +
                               " is not a power of two up to " + std::to_string(slots_));
    }
    return {};
  }

  Status verify_binary(const Node& node, const Node& x, const Node& y) {
    if (x.level != y.level) {
      return invalid(node, "operands at levels " + std::to_string(x.level) + " and " +
                               std::to_string(y.level));
    }
    if (node.op == Op::kMultiply || node.op == Op::kMultiplyUnrelinearized)
      return expect(node, x.level, x.scale * y.scale);
    if (!near(x.scale, y.scale)) {
      return wrong(ErrorCode::kScaleMismatch, node,
                   "operands at scales " + number_text(x.scale) + " and " + number_text(y.scale));
    }
    return expect(node, x.level, x.scale);
  }

  Status verify_plain(const Node& node, const Node& x) {
    const Constant& constant = constants_.find(node.constant)->second;
    if (constant.rows != 1 || !std::has_single_bit(constant.columns)) {
      return invalid(node, "@" + node.constant + " is " + std::to_string(constant.rows) + " x " +
                               std::to_string(constant.columns) +
                               ", not a vector whose length is a power of two");
    }
    if (node.op == Op::kAddPlain) return expect(node, x.level, x.scale);
    return verify_plain_scale(node, x);
  }

  Status verify_plain_scale(const Node& node, const Node& x) {
    if (node.scale / x.scale < 1) {
      return wrong(
          ErrorCode::kScaleMismatch, node,
          "scale " + number_text(node.scale) + " is below the operand's " + number_text(x.scale));
    }
    return expect(node, node.op == Op::kWeightedSum ? node.level : x.level, node.scale);
  }

  Status verify_rotate(const Node& node, const Node& x) {
    const long slots = static_cast<long>(slots_);
    if (node.steps == 0 || std::labs(node.steps) >= slots) {
      return invalid(node, std::to_string(node.steps) + " steps are not in 1.." +
                               std::to_string(slots - 1) + " either way");
    }
    return expect(node, x.level, x.scale);
  }

  Status verify_rescale(const Node& node, const Node& x) {
    if (x.level == 0) return wrong(ErrorCode::kLevelExhausted, node, "operand is at level 0");
    const double last = static_cast<double>(circuit_.chain.q[static_cast<std::size_t>(x.level)]);
    return expect(node, x.level - 1, x.scale / last);
  }

  Status verify_linear(const Node& node, const Node& x) {
    const Constant& matrix = constants_.find(node.constant)->second;
    const auto power = [](int v) { return v > 0 && std::has_single_bit(static_cast<unsigned>(v)); };
    if (!power(node.baby) || !power(node.fold)) {
      return invalid(node, "baby " + std::to_string(node.baby) + " and fold " +
                               std::to_string(node.fold) + " must be powers of two");
    }
    const LinearShape shape = linear_shape(node, matrix, slots_);
    if (shape.fold > shape.columns || shape.baby > shape.diagonals) {
      return invalid(node, "baby " + std::to_string(node.baby) + " x fold " +
                               std::to_string(node.fold) + " is above the " +
                               std::to_string(shape.columns) + " columns");
    }
    const bool side_by_side = shape.part_stride == shape.diagonals;
    const bool fits = shape.columns <= slots_ && matrix.rows <= slots_;
    if (!fits || (side_by_side && matrix.rows > shape.diagonals)) {
      return invalid(node, std::to_string(matrix.rows) + " rows and " +
                               std::to_string(shape.columns) + " columns in " +
                               std::to_string(shape.fold) + " parts do not fit " +
                               std::to_string(slots_) + " slots");
    }
    const std::size_t period = periods_[node.operands[0]];
    if (period > shape.columns) {
      return invalid(node, "operand has period " + std::to_string(period) + ", above " +
                               std::to_string(shape.columns));
    }
    return verify_plain_scale(node, x);
  }

  std::size_t period_of(const Node& node) const {
    if (node.op == Op::kInput) return node.period;
    if (node.op == Op::kLinear) return slots_;
    std::size_t period = 1;
    for (const ValueId id : node.operands) period = std::max(period, periods_[id]);
    if (uses_constant(node.op) && node.op != Op::kWeightedSum) {
      period = std::max(period, constants_.find(node.constant)->second.columns);
    }
    return period;
  }

  Status verify_outputs() const {
    if (circuit_.outputs.empty()) {
      return Error{ErrorCode::kInvalidArgument, "circuit " + circuit_.name + " returns nothing"};
    }
    for (const ValueId id : circuit_.outputs) {
      if (id >= circuit_.nodes.size()) {
        return Error{ErrorCode::kInvalidArgument, "circuit " + circuit_.name + " returns value " +
                                                      std::to_string(id) + " of " +
                                                      std::to_string(circuit_.nodes.size())};
      }
      if (parts_[id] != 2) return invalid(circuit_.nodes[id], "returned before it is relinearized");
    }
    return {};
  }

  const Circuit& circuit_;
  const ConstantTable& constants_;
  std::size_t slots_;
  std::set<std::string, std::less<>> names_;
  std::vector<std::size_t> periods_;  // of the values so far
  std::vector<int> parts_;
  std::size_t operands_ = 0;
};

}  // namespace

Status verify(const Circuit& circuit, const ConstantTable& constants) {
  if (!is_name(circuit.name)) return Error{ErrorCode::kInvalidArgument, "circuit: not a name"};
  if (circuit.nodes.size() > kMaxNodes || circuit.outputs.size() > kMaxNodes) {
    return Error{ErrorCode::kLimit, "circuit " + circuit.name + ": " +
                                        std::to_string(circuit.nodes.size()) + " values; at most " +
                                        std::to_string(kMaxNodes)};
  }
  if (Status s = verify_chain(circuit.chain); !s) return s;
  if (Status s = verify_constants(constants, circuit.chain.slot_count()); !s) return s;
  return Verifier(circuit, constants).run();
}

}  // namespace salus::circuit
