#include "compiler/modes.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace salus::compiler {
namespace {

constexpr int kOversampling = 16, kPowerIterations = 2;
constexpr std::uint64_t kSeed = 0x6d6f646573;

Eigen::MatrixXd orthonormal(const Eigen::MatrixXd& a) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(a);
  return qr.householderQ() * Eigen::MatrixXd::Identity(a.rows(), std::min(a.rows(), a.cols()));
}

}  // namespace

Eigen::MatrixXd leading_modes(const Eigen::MatrixXd& responses, double patients,
                              std::span<const std::size_t> counts, double tolerance) {
  const long values = responses.cols();
  Eigen::MatrixXd best;
  for (const std::size_t count : counts) {
    const long width = std::min(values, static_cast<long>(count) + kOversampling);
    std::mt19937_64 random(kSeed);
    Eigen::MatrixXd test(responses.rows(), width);
    for (double& x : test.reshaped()) x = std::ldexp(static_cast<double>(random() >> 11), -52) - 1;
    Eigen::MatrixXd range = orthonormal(responses.transpose() * test);
    for (int i = 0; i < kPowerIterations; ++i) {
      range = orthonormal(responses.transpose() * (responses * range));
    }
    const Eigen::MatrixXd small = responses * range;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(small.transpose() * small);
    const long kept = std::min(static_cast<long>(count), width);
    best = range * eigen.eigenvectors().rightCols(kept).rowwise().reverse();
    const Eigen::MatrixXd lost = responses - (responses * best) * best.transpose();
    if (lost.colwise().norm().maxCoeff() <= tolerance * std::sqrt(patients)) break;
  }
  return best;
}

}  // namespace salus::compiler
