#include "compiler/cells.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/parallel.h"

namespace salus::compiler {
namespace {

using Members = std::vector<long>;

constexpr long kTargets = 12;  // leading components of the responses that a cut is judged by
constexpr std::size_t kPatientsPerMonomial = 4;
constexpr std::size_t kMaxCutDegree = 3;
constexpr int kFirstDegree = 2;

// A basis without functions yet, its coordinates narrowed to a cell's box.
Basis narrowed(const Basis& basis, const program::CellBox& box) {
  Basis out;
  out.transforms = basis.transforms;
  out.own_peaks = basis.own_peaks;
  for (std::size_t i = 0; i < basis.coordinates.size(); ++i)
    out.coordinates.push_back(basis.coordinates[i].narrowed(box.low[i], box.high[i]));
  return out;
}

// One cell as a basis of its own.
Basis piece_of(const Basis& basis, const std::vector<program::CellBox>& boxes, std::size_t cell) {
  Basis out = narrowed(basis, boxes[cell]);
  const auto first = basis.functions.begin() + static_cast<long>(basis.cells.first(cell));
  out.functions.assign(first, first + static_cast<long>(basis.cells.sizes[cell]));
  return out;
}

std::vector<Members> members_of(const Basis& basis, const model::Equations& equations,
                                const std::vector<std::vector<double>>& patients) {
  std::vector<Members> out(std::max<std::size_t>(basis.cells.sizes.size(), 1));
  for (std::size_t i = 0; i < patients.size(); ++i) {
    const std::vector<double> u = basis.normalised(equations.prepare(patients[i]));
    out[place_of(basis.cells, u).cell].push_back(static_cast<long>(i));
  }
  return out;
}

std::vector<std::vector<double>> chosen(const std::vector<std::vector<double>>& patients,
                                        const Members& members) {
  std::vector<std::vector<double>> out;
  for (const long i : members) out.push_back(patients[static_cast<std::size_t>(i)]);
  return out;
}

// A piece of the box on its way to become a cell.
struct Piece {
  Members members;
  program::CellBox box;
};

// Cuts pieces; judges by how much of the leading components cubics leave.
class Divider {
 public:
  Divider(const Basis& basis, const model::Equations& equations, const Sample& training,
          const Eigen::MatrixXd& wanted, int threads)
      : threads_(threads) {
    u_.resize(static_cast<long>(training.patients.size()),
              static_cast<long>(basis.coordinates.size()));
    for (std::size_t i = 0; i < training.patients.size(); ++i) {
      const auto u = basis.normalised(equations.prepare(training.patients[i]));
      for (std::size_t k = 0; k < u.size(); ++k)
        u_(static_cast<long>(i), static_cast<long>(k)) = u[k];
    }
    const Eigen::MatrixXd centred = wanted.rowwise() - wanted.colwise().mean();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(centred.transpose() * centred);
    targets_ = centred * eigen.eigenvectors().rightCols(std::min(kTargets, wanted.cols()));
  }

  program::Cells run(std::size_t count) {
    const auto coordinates = static_cast<std::size_t>(u_.cols());
    std::vector<Piece> pieces(1);
    pieces[0].box = {std::vector<double>(coordinates, -1.0), std::vector<double>(coordinates, 1.0)};
    for (long i = 0; i < u_.rows(); ++i) pieces[0].members.push_back(i);
    program::Cells out;
    while (pieces.size() < count) {
      // The k-th piece becomes the (2k)-th and (2k + 1)-th: a split's children in a heap's order.
      std::vector<Piece> halves;
      const std::size_t next = 2 * pieces.size();
      for (const Piece& piece : pieces) {
        const std::size_t at = halves.size();
        const auto child = [&](std::size_t k) {
          return next == count ? -1 - static_cast<int>(k) : static_cast<int>(next - 1 + k);
        };
        const auto [input, where] = best_cut(piece);
        out.splits.push_back({static_cast<int>(input), where, child(at), child(at + 1)});
        auto [below, above] = cut(piece, input, where);
        halves.push_back(std::move(below));
        halves.push_back(std::move(above));
      }
      pieces = std::move(halves);
    }
    out.sizes.assign(count, 1);
    return out;
  }

 private:
  struct Cut {
    std::size_t input = 0;
    double at = 0;
  };

  Cut best_cut(const Piece& piece) const {
    const auto coordinates = static_cast<std::size_t>(u_.cols());
    std::vector<double> left(coordinates, INFINITY), at(coordinates);
    must(parallel_for(coordinates, threads_, [&](std::size_t i) -> Status {
      at[i] = median(piece, i);
      const auto [below, above] = cut(piece, i, at[i]);
      if (!below.members.empty() && !above.members.empty())
        left[i] = unexplained(below) + unexplained(above);
      return {};
    }));
    const auto best =
        static_cast<std::size_t>(std::min_element(left.begin(), left.end()) - left.begin());
    return {best, at[best]};
  }

  double median(const Piece& piece, std::size_t input) const {
    std::vector<double> values;
    for (const long i : piece.members) values.push_back(u_(i, static_cast<long>(input)));
    // In the box' inside, for patients that all lie on its faces.
    const double low = piece.box.low[input], high = piece.box.high[input];
    const double margin = 0.01 * (high - low);
    if (values.empty()) return (low + high) / 2;
    const auto middle = values.begin() + static_cast<long>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return std::clamp(*middle, low + margin, high - margin);
  }

  std::pair<Piece, Piece> cut(const Piece& piece, std::size_t input, double at) const {
    std::pair<Piece, Piece> out{{{}, piece.box}, {{}, piece.box}};
    out.first.box.high[input] = at;
    out.second.box.low[input] = at;
    for (const long i : piece.members) {
      const bool below = u_(i, static_cast<long>(input)) < at;
      (below ? out.first : out.second).members.push_back(i);
    }
    return out;
  }

  // The sum of squares of the targets that polynomials of low degree leave.
  double unexplained(const Piece& piece) const {
    const auto coordinates = static_cast<std::size_t>(u_.cols());
    std::size_t degree = kMaxCutDegree;
    while (degree > 1 &&
           kPatientsPerMonomial * count_of(coordinates, degree) > piece.members.size()) {
      --degree;
    }
    const long rows = static_cast<long>(piece.members.size());
    Eigen::MatrixXd design(rows, static_cast<long>(count_of(coordinates, degree)));
    Eigen::MatrixXd targets(rows, targets_.cols());
    std::vector<double> local(coordinates), monomials;
    for (long r = 0; r < rows; ++r) {
      const long patient = piece.members[static_cast<std::size_t>(r)];
      for (std::size_t i = 0; i < coordinates; ++i) {
        const double low = piece.box.low[i], high = piece.box.high[i];
        local[i] = (2 * u_(patient, static_cast<long>(i)) - low - high) / (high - low);
      }
      monomials.clear();
      append_monomials(local, 0, degree, 1, monomials);
      for (std::size_t m = 0; m < monomials.size(); ++m)
        design(r, static_cast<long>(m)) = monomials[m];
      targets.row(r) = targets_.row(patient);
    }
    Eigen::MatrixXd gram = design.transpose() * design;
    gram.diagonal().array() += 1e-9 * gram.trace() / static_cast<double>(gram.rows());
    const Eigen::LLT<Eigen::MatrixXd> factored(gram);
    const Eigen::MatrixXd projected = factored.matrixL().solve(design.transpose() * targets);
    return std::max(targets.squaredNorm() - projected.squaredNorm(), 0.0);
  }

  // C(coordinates + degree, degree)
  static std::size_t count_of(std::size_t coordinates, std::size_t degree) {
    std::size_t out = 1;
    for (std::size_t k = 1; k <= degree; ++k) out = out * (coordinates + k) / k;
    return out;
  }

  static void append_monomials(const std::vector<double>& u, std::size_t from, std::size_t degree,
                               double product, std::vector<double>& out) {
    out.push_back(product);
    if (degree == 0) return;
    for (std::size_t i = from; i < u.size(); ++i)
      append_monomials(u, i, degree - 1, product * u[i], out);
  }

  Eigen::MatrixXd u_, targets_;
  int threads_;
};

}  // namespace

CellDesign::CellDesign(const Basis& basis, const model::Equations& equations,
                       const std::vector<std::vector<double>>& patients, int threads)
    : patients_(static_cast<long>(patients.size())) {
  if (basis.cells.empty()) {
    Members all(patients.size());
    std::iota(all.begin(), all.end(), 0L);
    cells_.push_back({std::move(all), design(basis, equations, patients, threads)});
    return;
  }
  const auto boxes = boxes_of(basis.cells, basis.coordinates.size());
  for (Members& members : members_of(basis, equations, patients))
    cells_.push_back({std::move(members), {}});
  must(parallel_for(cells_.size(), threads, [&](std::size_t cell) -> Status {
    const Basis piece = piece_of(basis, boxes, cell);
    cells_[cell].values = design(piece, equations, chosen(patients, cells_[cell].members), 1);
    return {};
  }));
}

Eigen::MatrixXd CellDesign::operator*(const Eigen::MatrixXd& coefficients) const {
  if (cells_.size() == 1) return cells_[0].values * coefficients;
  Eigen::MatrixXd out(patients_, coefficients.cols());
  long first = 0;
  for (const Cell& cell : cells_) {
    const long count = cell.values.cols();
    out(cell.members, Eigen::all) = cell.values * coefficients.middleRows(first, count);
    first += count;
  }
  return out;
}

Regression::Regression(const CellDesign& design, const Eigen::VectorXd& weights, int threads)
    : patients_(weights.squaredNorm()) {
  for (const CellDesign::Cell& cell : design.cells()) {
    members_.push_back(cell.members);
    squares_.emplace_back(cell.values, weights(cell.members), threads);
    functions_ += cell.values.cols();
  }
}

Eigen::MatrixXd Regression::solve(const Eigen::MatrixXd& responses) const {
  if (squares_.size() == 1) return squares_[0].solve(responses);
  Eigen::MatrixXd out(functions_, responses.cols());
  long first = 0;
  for (std::size_t cell = 0; cell < squares_.size(); ++cell) {
    const Eigen::MatrixXd own = squares_[cell].solve(responses(members_[cell], Eigen::all));
    out.middleRows(first, own.rows()) = own;
    first += own.rows();
  }
  return out;
}

Eigen::MatrixXd Regression::responses_like(const Eigen::MatrixXd& coefficients) const {
  Eigen::MatrixXd out(coefficients.rows(), coefficients.cols());
  long first = 0;
  for (const LeastSquares& squares : squares_) {
    const long count = squares.factor().rows();
    out.middleRows(first, count) =
        squares.factor().triangularView<Eigen::Upper>() * coefficients.middleRows(first, count);
    first += count;
  }
  return out;
}

Basis divide(const Basis& basis, const model::Equations& equations, const Sample& training,
             const Eigen::MatrixXd& wanted, std::size_t count, std::size_t functions,
             int max_degree, int threads) {
  Basis out = basis;
  out.cells = Divider(basis, equations, training, wanted, threads).run(count);
  const auto members = members_of(out, equations, training.patients);
  const auto boxes = boxes_of(out.cells, out.coordinates.size());
  std::vector<int> over;
  for (std::size_t i = 0; i < basis.coordinates.size(); ++i) over.push_back(static_cast<int>(i));
  std::vector<Basis> pieces;
  for (const program::CellBox& box : boxes) {
    pieces.push_back(narrowed(basis, box));
    append_functions(over, -1, kFirstDegree, pieces.back().functions);
  }
  must(parallel_for(count, threads, [&](std::size_t cell) -> Status {
    Sample own;
    own.patients = chosen(training.patients, members[cell]);
    // Least squares want more patients than functions.
    const std::size_t most = std::min(functions, own.patients.size() / 2);
    grow_basis(pieces[cell], equations, own, wanted(members[cell], Eigen::all), most, max_degree,
               1);
    return {};
  }));
  out.functions.clear();
  for (std::size_t cell = 0; cell < count; ++cell) {
    out.cells.sizes[cell] = pieces[cell].functions.size();
    out.functions.insert(out.functions.end(), pieces[cell].functions.begin(),
                         pieces[cell].functions.end());
  }
  return out;
}

}  // namespace salus::compiler
