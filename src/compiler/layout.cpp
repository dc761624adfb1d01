#include "compiler/layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/bytes.h"
#include "compiler/chain.h"

namespace salus::compiler {
namespace {

using circuit::Constant;
using circuit::ValueId;

constexpr std::size_t kNameDigits = 32;

/// slope * u_coordinate + offset; coordinate -1: the constant `offset`.
struct Factor {
  int coordinate = -1;
  double slope = 0;
  double offset = 1;
};

// The bits of `index` in reverse, of as many as `size`, a power of two, has.
std::size_t reversed(std::size_t index, std::size_t size) {
  std::size_t out = 0;
  for (; size > 1; size /= 2, index /= 2) out = out * 2 + index % 2;
  return out;
}

// 0 .. count-1 such that every aligned block of 2^k neighbours is spread evenly over the range:
// partial products over blocks of Chebyshev roots then stay small.
std::vector<int> spread_order(int count) {
  const std::size_t size = std::bit_ceil(static_cast<std::size_t>(std::max(count, 2)));
  std::vector<int> out;
  for (std::size_t i = 0; i < size; ++i) {
    const int place = static_cast<int>(reversed(i, size));
    if (place < count) out.push_back(place);
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

// How places are spread over ciphertexts: `packed` of them side by side in each.
struct Packing {
  std::size_t ciphertexts = 1;
  std::size_t packed = 1;
};

int depth_of(std::size_t factors) {
  return static_cast<int>(std::bit_width(std::bit_ceil(factors))) - 1;
}

// Key switches weighted by the limbs that they work on: a product of two ciphertexts takes one; of
// two blocks of one ciphertext two, a rotation and the product, but for all blocks at once.
double cost_of(const Packing& packing, int top) {
  double cost = 0;
  int limbs = top;
  for (std::size_t left = packing.ciphertexts; left > 1; left = (left + 1) / 2, --limbs) {
    const std::size_t products = left / 2;
    cost += static_cast<double>(products) * limbs;
  }
  for (std::size_t left = packing.packed; left > 1; left /= 2, --limbs) cost += 2.0 * limbs;
  return cost;
}

Packing choose_packing(std::size_t places, std::size_t period, std::size_t slots, int top) {
  Packing best{places, 1};
  for (std::size_t packed = 2; packed <= std::bit_ceil(places) && packed * period <= slots;
       packed *= 2) {
    // A power of two of ciphertexts, so that neighbours meet first: see spread_order.
    const Packing tried{std::bit_ceil(places) / packed, packed};
    if (cost_of(tried, top) < cost_of(best, top)) best = tried;
  }
  return best;
}

class BasisLayout {
 public:
  BasisLayout(const Basis& basis, const circuit::Chain& chain)
      : basis_(basis),
        build_("basis", chain),
        top_(static_cast<int>(chain.q.size()) - 1),
        period_(std::bit_ceil(basis.functions.size())),
        packing_(choose_packing(static_cast<std::size_t>(basis.positions()), period_,
                                chain.slot_count(), top_)) {}

  program::Stage run() {
    const bool whole = basis_.cells.empty();
    const std::string prefix =
        whole ? "z_" : "cell_" + basis_.cells.digest().hex().substr(0, kNameDigits) + "_";
    std::vector<std::string> names;
    for (const Coordinate& c : basis_.coordinates) names.push_back(prefix + c.input.name);
    if (!whole) names.push_back(prefix + "one");
    for (const std::string& name : names)
      inputs_.push_back(build_.input(name, top_, std::exp2(kLogScale), 1, whole ? 1 : period_));
    place_factors();
    ValueId product = tree(0, packing_.ciphertexts, top_ - 1);
    for (std::size_t blocks = packing_.packed; blocks > 1; blocks /= 2) {
      const int steps = static_cast<int>(period_ * blocks / 2);
      product = build_.rescale(build_.multiply(product, build_.rotate(product, steps)));
    }
    program::Stage out;
    out.circuit = build_.finish({product});
    out.constants = build_.constants();
    return out;
  }

 private:
  // leaves_[k][s]: the factor that ciphertext k holds in slot s; unused places hold 1, unused slots
  // 0.
  void place_factors() {
    const std::size_t used = basis_.functions.size();
    leaves_.assign(packing_.ciphertexts,
                   std::vector<Factor>(period_ * packing_.packed, Factor{-1, 0, 0}));
    for (std::size_t m = 0; m < used; ++m) {
      const std::vector<Factor> factors = factors_of(basis_, basis_.functions[m]);
      for (std::size_t j = 0; j < packing_.ciphertexts * packing_.packed; ++j) {
        const std::size_t block = reversed(j / packing_.ciphertexts, packing_.packed);
        leaves_[j % packing_.ciphertexts][block * period_ + m] =
            j < factors.size() ? factors[j] : Factor{};
      }
    }
  }

  // One ciphertext of factors at `level`, at the circuit's scale.
  ValueId leaf(std::size_t k, int level) {
    const double scale = std::exp2(kLogScale);
    const std::string number = std::to_string(k);
    const std::size_t slots = leaves_[k].size();
    std::vector<double> shift(slots);
    std::vector<std::vector<double>> masks(inputs_.size(), std::vector<double>(slots, 0.0));
    const bool whole = basis_.cells.empty();
    for (std::size_t s = 0; s < slots; ++s) {
      const Factor& factor = leaves_[k][s];
      (whole ? shift : masks.back())[s] = factor.offset;
      if (factor.coordinate >= 0)
        masks[static_cast<std::size_t>(factor.coordinate)][s] = factor.slope;
    }
    bool any = false;
    ValueId sum = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto zero = [](double v) { return v == 0; };
      if (std::all_of(masks[i].begin(), masks[i].end(), zero)) continue;
      const std::string name = "mask" + number + "_" + std::to_string(i);
      build_.constant(name, {1, slots, masks[i]});
      const ValueId dropped = dropped_input(i, level + 1);
      const ValueId term = build_.multiply_plain(dropped, name, scale * build_.prime(level + 1));
      sum = any ? build_.add(sum, term) : term;
      any = true;
    }
    check(any, "a ciphertext without factors");
    if (!whole) return build_.rescale(sum);
    build_.constant("shift" + number, {1, slots, shift});
    return build_.add_plain(build_.rescale(sum), "shift" + number);
  }

  ValueId dropped_input(std::size_t i, int level) {
    const auto [entry, added] = dropped_.try_emplace({i, level}, 0);
    if (added) entry->second = build_.drop_level(inputs_[i], level);
    return entry->second;
  }

  // The product of `count` ciphertexts, as high as it can be below `level` + 1: 2^k of them need k
  // levels.
  ValueId tree(std::size_t first, std::size_t count, int level) {
    if (count == 1) return leaf(first, level);
    const std::size_t left = std::bit_ceil(count) / 2;
    const ValueId a = tree(first, left, level);
    // The smaller half starts lower, so that both arrive at the same level without being dropped.
    const std::size_t right = count - left;
    const ValueId b = tree(first + left, right, level - (depth_of(left) - depth_of(right)));
    return build_.rescale(build_.multiply(a, b));
  }

  const Basis& basis_;
  CircuitBuilder build_;
  int top_;
  std::size_t period_;
  Packing packing_;
  std::vector<ValueId> inputs_;
  std::map<std::pair<std::size_t, int>, ValueId> dropped_;
  std::vector<std::vector<Factor>> leaves_;
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
  auto chain = chain_for(1 + depth_of(static_cast<std::size_t>(basis.positions())) + 1);
  if (!chain) return chain.error();
  if (basis.functions.size() > chain->slot_count()) {
    return Error{ErrorCode::kLimit, std::to_string(basis.functions.size()) + " basis functions"};
  }
  return BasisLayout(basis, *chain).run();
}

Result<program::Stage> expanded_stage(const std::vector<program::Degrees>& functions,
                                      const program::Cells& cells, std::size_t results) {
  constexpr int kLevels = 1;
  const std::size_t period = std::bit_ceil(functions.size());
  auto chain = chain_for(kLevels);
  if (!chain) return chain.error();
  circuit::Chain half = *chain;
  --half.log_n;
  half.p.resize(1);  // a digit is one prime
  half.dnum = static_cast<int>(half.q.size());
  if (results + period <= half.slot_count()) *chain = std::move(half);
  if (period > chain->slot_count()) {
    return Error{ErrorCode::kLimit, std::to_string(functions.size()) + " basis functions"};
  }
  Bytes text;
  if (!cells.empty()) append(text, as_bytes("cells " + cells.digest().hex() + "\n"));
  for (const program::Degrees& degrees : functions) {
    for (const auto& [input, degree] : degrees)
      append(text, as_bytes(std::to_string(input) + ":" + std::to_string(degree) + " "));
    append(text, as_bytes("\n"));
  }
  CircuitBuilder build("expanded", *chain);
  const ValueId x = build.input("basis_" + sha256(text).hex().substr(0, kNameDigits), kLevels,
                                std::exp2(kLogScale), 1, period);
  program::Stage out;
  out.circuit = build.finish({x});
  return out;
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
  out.circuit = build.finish({build.rescale(y)});
  out.constants = build.constants();
  return out;
}

}  // namespace salus::compiler
