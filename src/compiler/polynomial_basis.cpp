// Scores and other models without states that are polynomials of what the client sends: expanded on
// paper, so that the basis holds just what occurs and the surrogate is exact.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "compiler/basis.h"

namespace salus::compiler {
namespace {

using model::Expression;
using Kind = model::ExpressionKind;

constexpr int kMaxPolynomialDegree = 4;
constexpr std::size_t kMaxMonomials = 2048;

/// Exponents of the private symbols that occur.
using Monomial = std::map<std::string, int>;
using Monomials = std::set<Monomial>;

int degree_of(const Monomial& m) {
  int sum = 0;
  for (const auto& [symbol, power] : m) sum += power;
  return sum;
}

class Expander {
 public:
  explicit Expander(const model::Model& model) : model_(model) {}

  // The monomials that can occur; coefficients do not matter, they are fitted. Nothing where `e` is
  // no polynomial.
  std::optional<Monomials> expand(const Expression& e) const {
    switch (e.kind) {
      case Kind::kNumber:
      case Kind::kTime: return Monomials{{}};
      case Kind::kSymbol: return expand_symbol(e.symbol);
      case Kind::kNegate: return expand(e.operands[0]);
      case Kind::kAdd:
      case Kind::kSubtract: {
        auto a = expand(e.operands[0]);
        const auto b = expand(e.operands[1]);
        if (!a || !b) return std::nullopt;
        a->insert(b->begin(), b->end());
        return limited(std::move(*a));
      }
      case Kind::kMultiply: return product(expand(e.operands[0]), expand(e.operands[1]));
      case Kind::kDivide: {
        const auto by = expand(e.operands[1]);
        if (!by || !is_public(*by)) return std::nullopt;
        return expand(e.operands[0]);
      }
      case Kind::kPower: return expand_power(e);
      default: return expand_function(e);
    }
  }

 private:
  static bool is_public(const Monomials& m) { return m == Monomials{{}}; }

  static std::optional<Monomials> limited(Monomials m) {
    const auto fits = [](const Monomial& x) { return degree_of(x) <= kMaxPolynomialDegree; };
    if (m.size() > kMaxMonomials || !std::all_of(m.begin(), m.end(), fits)) return std::nullopt;
    return m;
  }

  static std::optional<Monomials> product(const std::optional<Monomials>& a,
                                          const std::optional<Monomials>& b) {
    if (!a || !b) return std::nullopt;
    Monomials out;
    for (const Monomial& x : *a) {
      for (const Monomial& y : *b) {
        Monomial both = x;
        for (const auto& [symbol, power] : y) both[symbol] += power;
        out.insert(std::move(both));
      }
      if (out.size() > kMaxMonomials) return std::nullopt;
    }
    return limited(std::move(out));
  }

  std::optional<Monomials> expand_power(const Expression& e) const {
    const auto base = expand(e.operands[0]);
    if (!base) return std::nullopt;
    const Expression& exponent = e.operands[1];
    const auto of_exponent = expand(exponent);
    if (is_public(*base) && of_exponent && is_public(*of_exponent)) return base;
    const double power = exponent.kind == Kind::kNumber ? exponent.number : NAN;
    if (!(power >= 0 && power <= kMaxPolynomialDegree && power == std::floor(power))) {
      return std::nullopt;
    }
    std::optional<Monomials> out = Monomials{{}};
    for (int i = 0; i < static_cast<int>(power); ++i) out = product(out, base);
    return out;
  }

  // Any function of public things is public.
  std::optional<Monomials> expand_function(const Expression& e) const {
    for (const Expression& operand : e.operands) {
      const auto inner = expand(operand);
      if (!inner || !is_public(*inner)) return std::nullopt;
    }
    return Monomials{{}};
  }

  std::optional<Monomials> expand_symbol(const std::string& symbol) const {
    if (const model::Parameter* p = model_.parameter(symbol)) {
      if (!p->is_private) return Monomials{{}};
      return Monomials{{{symbol, 1}}};
    }
    if (const model::Derived* d = model_.find_derived(symbol)) {
      return depends_on_private(d->formula) ? Monomials{{{symbol, 1}}} : Monomials{{}};
    }
    for (const model::Variable& v : model_.variables) {
      if (v.name == symbol) return expand(v.formula);
    }
    return std::nullopt;
  }

  bool depends_on_private(const Expression& e) const {
    for (const std::string& symbol : e.symbols()) {
      const model::Parameter* p = model_.parameter(symbol);
      if (p != nullptr && p->is_private) return true;
      const model::Derived* d = model_.find_derived(symbol);
      if (d != nullptr && depends_on_private(d->formula)) return true;
    }
    return false;
  }

  const model::Model& model_;
};

// All products of Chebyshev polynomials that x^a y^b ... is a sum of: powers up to its own.
void add_below(const Monomial& m, const std::map<std::string, int>& positions,
               std::set<std::vector<std::pair<int, int>>>& out) {
  std::set<std::vector<std::pair<int, int>>> products = {{}};
  for (const auto& [symbol, power] : m) {
    std::set<std::vector<std::pair<int, int>>> next = products;
    for (const auto& product : products) {
      for (int n = 1; n <= power; ++n) {
        auto longer = product;
        longer.emplace_back(positions.at(symbol), n);
        std::sort(longer.begin(), longer.end());
        next.insert(std::move(longer));
      }
    }
    products = std::move(next);
  }
  out.merge(products);
}

}  // namespace

Result<std::optional<Basis>> polynomial_basis(const model::Model& model,
                                              const model::Equations& equations) {
  if (!model.states.empty()) return std::optional<Basis>();
  const Expander expander(model);
  Monomials all;
  for (const model::Output& output : model.outputs) {
    auto of_output = expander.expand(output.formula);
    if (!of_output) return std::optional<Basis>();
    all.merge(*of_output);
  }
  Basis basis;
  basis.own_peaks = false;
  basis.transforms.assign(model.outputs.size(), program::OutputTransform::kLinear);
  std::map<std::string, int> positions;
  for (const Monomial& m : all) {
    for (const auto& [symbol, power] : m) {
      if (positions.contains(symbol)) continue;
      auto c = make_coordinate(model, equations, symbol, CoordinateUse::kPolynomial);
      if (!c) return c.error();
      positions.emplace(symbol, static_cast<int>(basis.coordinates.size()));
      basis.coordinates.push_back(std::move(*c));
    }
  }
  std::set<std::vector<std::pair<int, int>>> products = {{}};
  for (const Monomial& m : all) add_below(m, positions, products);
  for (const auto& degrees : products) basis.functions.push_back({-1, degrees});
  if (basis.coordinates.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 model.name + ": no output depends on anything private; nothing to encrypt"};
  }
  return std::optional<Basis>(std::move(basis));
}

}  // namespace salus::compiler
