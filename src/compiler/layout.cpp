#include "compiler/layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "compiler/chain.h"

namespace salus::compiler {
namespace {

using circuit::Constant;
using circuit::ValueId;

/// slope * u_coordinate + offset; coordinate -1: the constant `offset`.
struct Factor {
  int coordinate = -1;
  double slope = 0;
  double offset = 1;
};

// 0 .. count-1 such that every aligned block of 2^k neighbours is spread evenly over the range:
// partial products over blocks of Chebyshev roots then stay small.
std::vector<int> spread_order(int count) {
  const int bits = std::bit_width(static_cast<unsigned>(std::max(count - 1, 1)));
  std::vector<int> out;
  for (unsigned i = 0; i < (1u << bits); ++i) {
    unsigned reversed = 0;
    for (int b = 0; b < bits; ++b) reversed |= (i >> b & 1u) << (bits - 1 - b);
    if (static_cast<int>(reversed) < count) out.push_back(static_cast<int>(reversed));
  }
  return out;
}

std::vector<Factor> factors_of(const Basis& basis, const BasisFunction& function) {
  std::vector<Factor> out;
  for (const auto& [coordinate, degree] : function.degrees) {
    // 2^(n-1) shared evenly among the n factors.
    const double slope = std::exp2((degree - 1.0) / degree);
    for (const int k : spread_order(degree)) {
      const double root = std::cos((2 * k + 1) * std::numbers::pi / (2 * degree));
      out.push_back({coordinate, slope, -slope * root});
    }
  }
  if (function.amplitude >= 0) {
    const Coordinate& c = basis.coordinates[static_cast<std::size_t>(function.amplitude)];
    out.push_back({function.amplitude, c.slope(), c.offset()});
  }
  return out;
}

class BasisLayout {
 public:
  BasisLayout(const Basis& basis, const circuit::Chain& chain)
      : basis_(basis),
        build_("basis", chain),
        top_(static_cast<int>(chain.q.size()) - 1),
        period_(std::bit_ceil(basis.functions.size())) {}

  program::Stage run() {
    for (const Coordinate& c : basis_.coordinates) {
      inputs_.push_back(build_.input("z_" + c.input.name, top_, std::exp2(kLogScale), 1, 1));
    }
    place_factors();
    const ValueId product = tree(0, places_.size(), top_ - 1);
    program::Stage out;
    out.circuit = build_.finish(product);
    out.constants = build_.constants();
    return out;
  }

 private:
  // places_[j][m]: the factor of function m at place j; unused places hold 1, unused slots 0.
  void place_factors() {
    places_.assign(static_cast<std::size_t>(basis_.positions()),
                   std::vector<Factor>(period_, Factor{-1, 0, 0}));
    for (std::size_t m = 0; m < basis_.functions.size(); ++m) {
      for (auto& place : places_) place[m] = Factor{};
      std::size_t j = 0;
      for (const Factor& factor : factors_of(basis_, basis_.functions[m])) places_[j++][m] = factor;
    }
  }

  // One place as a ciphertext at `level`, at the circuit's scale.
  ValueId leaf(std::size_t j, int level) {
    const double scale = std::exp2(kLogScale);
    const std::string number = std::to_string(j);
    std::vector<double> shift(period_);
    std::vector<std::vector<double>> masks(inputs_.size(), std::vector<double>(period_, 0.0));
    for (std::size_t m = 0; m < period_; ++m) {
      const Factor& factor = places_[j][m];
      shift[m] = factor.offset;
      if (factor.coordinate >= 0)
        masks[static_cast<std::size_t>(factor.coordinate)][m] = factor.slope;
    }
    bool any = false;
    ValueId sum = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto zero = [](double v) { return v == 0; };
      if (std::all_of(masks[i].begin(), masks[i].end(), zero)) continue;
      const std::string name = "mask" + number + "_" + std::to_string(i);
      build_.constant(name, {1, period_, masks[i]});
      const ValueId dropped = dropped_input(i, level + 1);
      const ValueId term = build_.multiply_plain(dropped, name, scale * build_.prime(level + 1));
      sum = any ? build_.add(sum, term) : term;
      any = true;
    }
    check(any, "a place without factors");
    build_.constant("shift" + number, {1, period_, shift});
    return build_.add_plain(build_.rescale(sum), "shift" + number);
  }

  ValueId dropped_input(std::size_t i, int level) {
    const auto [entry, added] = dropped_.try_emplace({i, level}, 0);
    if (added) entry->second = build_.drop_level(inputs_[i], level);
    return entry->second;
  }

  // The product of `count` places, as high as it can be below `level` + 1: 2^k places need k
  // levels.
  ValueId tree(std::size_t first, std::size_t count, int level) {
    if (count == 1) return leaf(first, level);
    const std::size_t left = std::bit_ceil(count) / 2;
    const int depth_left = static_cast<int>(std::bit_width(left)) - 1;
    const ValueId a = tree(first, left, level);
    // The smaller half starts lower, so that both arrive at the same level without being dropped.
    const std::size_t right = count - left;
    const int depth_right = static_cast<int>(std::bit_width(std::bit_ceil(right))) - 1;
    const ValueId b = tree(first + left, right, level - (depth_left - depth_right));
    return build_.rescale(build_.multiply(a, b));
  }

  const Basis& basis_;
  CircuitBuilder build_;
  int top_;
  std::size_t period_;
  std::vector<ValueId> inputs_;
  std::map<std::pair<std::size_t, int>, ValueId> dropped_;
  std::vector<std::vector<Factor>> places_;
};

// Two parts where the rows leave room, for every question alike: a twin's rotation keys then serve
// questions that nobody had asked when they were made. More parts for fewer rows would save little,
// but modes are so few that a diagonal each is enough.
int fold_of(std::size_t rows, std::size_t columns, std::size_t slots, bool modes) {
  if (modes && std::bit_ceil(rows) < columns) {
    return static_cast<int>(columns / std::bit_ceil(rows));
  }
  return columns >= 2 && rows + columns / 2 <= slots / 2 && columns <= slots / 2 ? 2 : 1;
}

}  // namespace

Result<program::Stage> basis_stage(const Basis& basis) {
  const int depth = std::bit_width(std::bit_ceil(static_cast<unsigned>(basis.positions()))) - 1;
  auto chain = chain_for(1 + depth + 1);
  if (!chain) return chain.error();
  if (basis.functions.size() > chain->slot_count()) {
    return Error{ErrorCode::kLimit, std::to_string(basis.functions.size()) + " basis functions"};
  }
  return BasisLayout(basis, *chain).run();
}

Result<program::Stage> readout_stage(const program::Stage& basis, const Eigen::MatrixXd& matrix,
                                     bool modes) {
  const circuit::Chain& chain = basis.circuit.chain;
  const std::size_t rows = static_cast<std::size_t>(matrix.rows());
  const std::size_t columns = std::bit_ceil(static_cast<std::size_t>(matrix.cols()));
  if (rows + columns > chain.slot_count() && rows > chain.slot_count()) {
    return Error{ErrorCode::kLimit, std::to_string(rows) + " results do not fit " +
                                        std::to_string(chain.slot_count()) +
                                        " slots; ask for fewer regimens or times"};
  }
  const circuit::Node& made = basis.circuit.nodes[basis.circuit.outputs[0]];
  CircuitBuilder build("readout", chain);
  const ValueId x = build.input("basis", made.level, made.scale, 2, columns);

  Constant table{rows, static_cast<std::size_t>(matrix.cols()), {}};
  for (long r = 0; r < matrix.rows(); ++r) {
    for (long m = 0; m < matrix.cols(); ++m) table.values.push_back(matrix(r, m));
  }
  build.constant("coefficients", std::move(table));
  const int fold = fold_of(rows, columns, chain.slot_count(), modes);
  const std::size_t diagonals = columns / static_cast<std::size_t>(fold);
  // The number of baby steps follows the columns alone, so that it too is the same for every
  // question; of modes, their number.
  const std::size_t steps = modes ? diagonals : columns / 2;
  const int baby = 1 << (std::bit_width(std::max<std::size_t>(steps, 1)) / 2);
  const double scale = std::exp2(kLogScale) * build.prime(made.level);
  const ValueId y =
      build.linear(x, "coefficients", std::min(baby, static_cast<int>(diagonals)), fold, scale);
  program::Stage out;
  out.circuit = build.finish(build.rescale(y));
  out.constants = build.constants();
  return out;
}

}  // namespace salus::compiler
