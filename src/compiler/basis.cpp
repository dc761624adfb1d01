#include "compiler/basis.h"

#include <algorithm>
#include <cmath>

#include "compiler/parallel.h"
#include "compiler/sampling.h"

namespace salus::compiler {

namespace {
constexpr double kPositiveFloor = 1e-6;
constexpr std::uint64_t kTrainingSeed = 0x747261696e;
constexpr std::size_t kPatientsPerFunction = 24;
constexpr std::size_t kMinPatients = 3072, kManyPatients = 12'288;
constexpr std::size_t kPatientsPerFunctionOfMany = 5;
constexpr long kMaxOrthogonal = 512, kGramBlock = 128;
}  // namespace

int BasisFunction::factor_count() const {
  int count = amplitude >= 0 ? 1 : 0;
  for (const auto& [coordinate, degree] : degrees) count += degree;
  return count;
}

int Basis::positions() const {
  int most = 1;
  for (const BasisFunction& f : functions) most = std::max(most, f.factor_count());
  return most;
}

std::vector<double> Basis::normalised(const std::vector<double>& values) const {
  std::vector<double> u;
  for (const Coordinate& c : coordinates)
    u.push_back(std::clamp(c.normalised(values[c.position]), -1.0, 1.0));
  return u;
}

Eigen::VectorXd Basis::evaluate(const model::Equations& equations,
                                const std::vector<double>& parameters) const {
  const std::vector<double> values = equations.prepare(parameters);
  std::size_t degrees = 1;
  for (const BasisFunction& f : functions) {
    for (const auto& [i, degree] : f.degrees) {
      degrees = std::max(degrees, static_cast<std::size_t>(degree) + 1);
    }
  }
  const std::vector<double> u = normalised(values);
  std::vector<double> chebyshev(coordinates.size() * degrees);  // T_n of each coordinate
  for (std::size_t i = 0; i < coordinates.size(); ++i) {
    const double angle = std::acos(u[i]);
    for (std::size_t n = 0; n < degrees; ++n) {
      chebyshev[i * degrees + n] = std::cos(static_cast<double>(n) * angle);
    }
  }
  Eigen::VectorXd out(static_cast<long>(functions.size()));
  for (std::size_t m = 0; m < functions.size(); ++m) {
    double product = 1;
    if (const int a = functions[m].amplitude; a >= 0) {
      const Coordinate& c = coordinates[static_cast<std::size_t>(a)];
      product = c.slope() * u[static_cast<std::size_t>(a)] + c.offset();
    }
    for (const auto& [i, degree] : functions[m].degrees) {
      product *=
          chebyshev[static_cast<std::size_t>(i) * degrees + static_cast<std::size_t>(degree)];
    }
    out[static_cast<long>(m)] = product;
  }
  return out;
}

Eigen::MatrixXd design(const Basis& basis, const model::Equations& equations,
                       const std::vector<std::vector<double>>& patients, int threads) {
  Eigen::MatrixXd out(static_cast<long>(patients.size()),
                      static_cast<long>(basis.functions.size()));
  must(parallel_for(patients.size(), threads, [&](std::size_t i) -> Status {
    out.row(static_cast<long>(i)) = basis.evaluate(equations, patients[i]).transpose();
    return {};
  }));
  return out;
}

double forward(program::OutputTransform transform, double relative) {
  if (transform == program::OutputTransform::kQuarticRoot) {
    return std::pow(std::max(relative, 0.0), 0.25);
  }
  if (transform == program::OutputTransform::kLog)
    return std::log(std::max(relative, kPositiveFloor));
  return relative;
}

double inverse(program::OutputTransform transform, double slot) {
  if (transform == program::OutputTransform::kQuarticRoot) return std::pow(std::max(slot, 0.0), 4);
  if (transform == program::OutputTransform::kLog) return std::exp(slot);
  return slot;
}

std::vector<std::vector<double>> training_patients(const model::Model& model,
                                                   std::size_t functions) {
  std::size_t count = std::max(kMinPatients, kPatientsPerFunction * functions);
  count = std::min(count, std::max(kManyPatients, kPatientsPerFunctionOfMany * functions));
  Points points(model, kTrainingSeed);
  std::vector<std::vector<double>> out;
  if (functions > static_cast<std::size_t>(kMaxOrthogonal)) {
    // Of many parameters the corners lie so far out that they would cost everybody else accuracy.
    while (out.size() < count / 4) out.push_back(points.box());
    while (out.size() < count) out.push_back(points.population());
    return out;
  }
  out = points.corners();
  while (out.size() < count * 2 / 5) out.push_back(points.edge_heavy());
  while (out.size() < count) out.push_back(points.population());
  return out;
}

LeastSquares::LeastSquares(const Eigen::MatrixXd& design, const Eigen::VectorXd& weights,
                           int threads)
    : weights_(weights) {
  Eigen::MatrixXd weighted = weights.asDiagonal() * design;
  normal_ = design.cols() > kMaxOrthogonal;
  if (normal_) {
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(design.cols(), design.cols());
    const long blocks = (design.cols() + kGramBlock - 1) / kGramBlock;
    must(parallel_for(static_cast<std::size_t>(blocks), threads, [&](std::size_t b) -> Status {
      const long first = static_cast<long>(b) * kGramBlock;
      const long width = std::min(kGramBlock, design.cols() - first);
      gram.block(0, first, first + width, width).noalias() =
          weighted.leftCols(first + width).transpose() * weighted.middleCols(first, width);
      return {};
    }));
    // Directions that hardly a patient has would take up rounding instead of responses: this holds
    // them near 0 and costs the others a billionth.
    gram.diagonal().array() += 1e-9 * gram.trace() / static_cast<double>(gram.rows());
    const Eigen::LLT<Eigen::MatrixXd, Eigen::Upper> factored(gram);
    check(factored.info() == Eigen::Success, "a Gram matrix with a ridge has a Cholesky factor");
    r_ = factored.matrixU();
    q_ = std::move(weighted);
    return;
  }
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(weighted);
  q_ = qr.householderQ() * Eigen::MatrixXd::Identity(design.rows(), design.cols());
  r_ = qr.matrixQR().topRows(design.cols()).triangularView<Eigen::Upper>();
}

Eigen::MatrixXd LeastSquares::solve(const Eigen::MatrixXd& responses) const {
  Eigen::MatrixXd projected = q_.transpose() * (weights_.asDiagonal() * responses);
  if (normal_) r_.triangularView<Eigen::Upper>().transpose().solveInPlace(projected);
  return r_.triangularView<Eigen::Upper>().solve(projected);
}

}  // namespace salus::compiler
