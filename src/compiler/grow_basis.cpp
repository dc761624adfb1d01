// Downward closed sets of functions: cutting them by worth, and growing them by neighbours.
#include <algorithm>
#include <map>
#include <set>

#include "compiler/basis.h"

namespace salus::compiler {
namespace {

using Key = std::pair<int, std::vector<std::pair<int, int>>>;

Key key_of(const BasisFunction& f) { return {f.amplitude, f.degrees}; }

int degree_of(const BasisFunction& f, int coordinate) {
  for (const auto& [i, degree] : f.degrees) {
    if (i == coordinate) return degree;
  }
  return 0;
}

bool below(const BasisFunction& a, const BasisFunction& b) {
  return a.amplitude == b.amplitude &&
         std::all_of(a.degrees.begin(), a.degrees.end(),
                     [&](const auto& d) { return d.second <= degree_of(b, d.first); });
}

// `f` with one coordinate's degree raised or lowered by one.
BasisFunction moved(const BasisFunction& f, int coordinate, int by) {
  BasisFunction out{f.amplitude, {}};
  bool found = false;
  for (const auto& [i, degree] : f.degrees) {
    if (i == coordinate) {
      found = true;
      if (degree + by > 0) out.degrees.emplace_back(i, degree + by);
      continue;
    }
    if (i > coordinate && !found) {
      out.degrees.emplace_back(coordinate, by);
      found = true;
    }
    out.degrees.emplace_back(i, degree);
  }
  if (!found) out.degrees.emplace_back(coordinate, by);
  return out;
}

// What stands outside the set with every lower neighbour inside, the most promising first: a
// function promises as much as its smallest lower neighbour has.
std::vector<BasisFunction> neighbours(const Basis& basis, const Eigen::MatrixXd& coefficients,
                                      int max_degree, std::size_t count) {
  std::map<Key, double> sizes;
  std::map<int, std::set<int>> coordinates;  // of each amplitude
  for (std::size_t m = 0; m < basis.functions.size(); ++m) {
    const BasisFunction& f = basis.functions[m];
    sizes[key_of(f)] = coefficients.row(static_cast<long>(m)).norm();
    for (const auto& [i, degree] : f.degrees) coordinates[f.amplitude].insert(i);
  }
  std::map<Key, std::pair<double, BasisFunction>> found;
  for (const BasisFunction& f : basis.functions) {
    for (const int i : coordinates[f.amplitude]) {
      const BasisFunction next = moved(f, i, 1);
      if (next.factor_count() > max_degree || sizes.contains(key_of(next))) continue;
      double promise = INFINITY;
      for (const auto& [j, degree] : next.degrees) {
        const auto below = sizes.find(key_of(moved(next, j, -1)));
        promise = std::min(promise, below == sizes.end() ? -1.0 : below->second);
      }
      if (promise >= 0) found.try_emplace(key_of(next), promise, next);
    }
  }
  std::vector<std::pair<double, BasisFunction>> order;
  for (const auto& [key, entry] : found) order.push_back(entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  order.resize(std::min(order.size(), count));
  std::vector<BasisFunction> out;
  for (auto& [promise, f] : order) out.push_back(std::move(f));
  return out;
}

}  // namespace

void keep_best(Basis& basis, const Eigen::MatrixXd& coefficients, std::size_t count) {
  const std::size_t all = basis.functions.size();
  std::vector<double> own(all), worth(all, 0.0);
  for (std::size_t m = 0; m < all; ++m) {
    own[m] = coefficients.row(static_cast<long>(m)).cwiseAbs().maxCoeff();
  }
  for (std::size_t m = 0; m < all; ++m) {
    for (std::size_t k = 0; k < all; ++k) {
      if (below(basis.functions[m], basis.functions[k])) worth[m] = std::max(worth[m], own[k]);
    }
  }
  std::vector<std::size_t> order(all);
  for (std::size_t m = 0; m < all; ++m) order[m] = m;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (worth[a] != worth[b]) return worth[a] > worth[b];
    return basis.functions[a].factor_count() < basis.functions[b].factor_count();
  });
  order.resize(std::min(all, count));
  std::sort(order.begin(), order.end());
  std::vector<BasisFunction> kept;
  for (const std::size_t m : order) kept.push_back(basis.functions[m]);
  basis.functions = std::move(kept);
}

void grow_basis(Basis& basis, const model::Equations& equations, const Sample& training,
                const Eigen::MatrixXd& wanted, std::size_t max_terms, int max_degree, int threads) {
  constexpr int kRounds = 12;
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(wanted.rows());
  Eigen::MatrixXd coefficients =
      LeastSquares(design(basis, equations, training.patients, threads), ones, threads)
          .solve(wanted);
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t before = basis.functions.size();
    const std::size_t target = std::min(max_terms, 2 * before);
    for (BasisFunction& f : neighbours(basis, coefficients, max_degree, before)) {
      basis.functions.push_back(std::move(f));
    }
    if (basis.functions.size() == before) return;
    const LeastSquares all(design(basis, equations, training.patients, threads), ones, threads);
    coefficients = all.solve(wanted);
    keep_best(basis, coefficients, target);
    if (basis.functions.size() >= max_terms && before >= max_terms) return;
    const LeastSquares kept(design(basis, equations, training.patients, threads), ones, threads);
    coefficients = kept.solve(wanted);
  }
}

}  // namespace salus::compiler
