#include "compiler/series.h"

#include <algorithm>
#include <map>

namespace salus::compiler {
namespace {

// The function with the degree in `coordinate` changed.
Degrees with_degree(Degrees degrees, int coordinate, int degree) {
  std::erase_if(degrees, [&](const auto& d) { return d.first == coordinate; });
  if (degree > 0) degrees.emplace_back(coordinate, degree);
  std::sort(degrees.begin(), degrees.end());
  return degrees;
}

int degree_in(const Degrees& degrees, int coordinate) {
  for (const auto& [i, degree] : degrees) {
    if (i == coordinate) return degree;
  }
  return 0;
}

}  // namespace

Series without_amplitudes(const Basis& basis, const Eigen::MatrixXd& matrix) {
  if (!basis.cells.empty()) {
    Series out{{}, matrix};
    for (const BasisFunction& f : basis.functions) out.functions.push_back(f.degrees);
    return out;
  }
  std::map<Degrees, Eigen::VectorXd> columns;
  const auto add = [&](const Degrees& degrees, double factor, long m) {
    const auto [entry, added] = columns.try_emplace(degrees, Eigen::VectorXd::Zero(matrix.rows()));
    entry->second += factor * matrix.col(m);
  };
  for (std::size_t m = 0; m < basis.functions.size(); ++m) {
    const BasisFunction& f = basis.functions[m];
    const auto column = static_cast<long>(m);
    const Degrees degrees = with_degree(f.degrees, -1, 0);
    if (f.amplitude < 0) {
      add(degrees, 1, column);
      continue;
    }
    const Coordinate& c = basis.coordinates[static_cast<std::size_t>(f.amplitude)];
    const int n = degree_in(degrees, f.amplitude);
    add(degrees, c.offset(), column);
    if (n == 0) {
      add(with_degree(degrees, f.amplitude, 1), c.slope(), column);
    } else {
      add(with_degree(degrees, f.amplitude, n + 1), c.slope() / 2, column);
      add(with_degree(degrees, f.amplitude, n - 1), c.slope() / 2, column);
    }
  }
  Series out;
  out.matrix.resize(matrix.rows(), static_cast<long>(columns.size()));
  for (auto& [degrees, column] : columns) {
    out.matrix.col(static_cast<long>(out.functions.size())) = column;
    out.functions.push_back(degrees);
  }
  return out;
}

}  // namespace salus::compiler
