// Bounded Levenberg-Marquardt on normalised parameters, from several starts.
#include "model/fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace salus::model {
namespace {

constexpr int kMaxIterations = 200;
constexpr std::size_t kMaxCorners = 16;
constexpr double kDifference = 1e-6;  // of the half box, central differences
constexpr double kEdge = 1e-6;

class Problem {
 public:
  static Result<Problem> make(const Model& model, const FitRequest& request) {
    Problem out(model, request);
    if (Status s = out.choose_parameters(); !s) return s.error();
    if (Status s = out.sort_observations(); !s) return s.error();
    if (auto linear = LinearSolver::make(model)) out.linear_ = std::move(*linear);
    // A trial run meets every remaining error (unknown names, bad doses) before the search.
    if (auto trial = out.predict(Eigen::VectorXd::Zero(out.dimension())); !trial)
      return trial.error();
    return out;
  }

  long dimension() const { return static_cast<long>(free_.size()); }
  const Parameter& parameter(long i) const { return *free_[static_cast<std::size_t>(i)]; }
  const Eigen::VectorXd& observed() const { return observed_; }

  double value(long i, double u) const {
    const Parameter& p = parameter(i);
    const bool is_log = p.transform == Transform::kLog;
    const double low = is_log ? std::log(p.low) : p.low, high = is_log ? std::log(p.high) : p.high;
    const double x = (low + high) / 2 + u * (high - low) / 2;
    return std::clamp(is_log ? std::exp(x) : x, p.low, p.high);
  }

  Result<Eigen::VectorXd> predict(const Eigen::VectorXd& u) const {
    Values values = request_->fixed;
    for (long i = 0; i < dimension(); ++i) values[parameter(i).name] = value(i, u[i]);
    const auto curves = linear_ ? linear_->curves(values, request_->doses, times_)
                                : reference_curves(*model_, values, request_->doses, times_);
    if (!curves) return curves.error();
    const std::vector<double>& first = curves->front();
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(first.data(), dimension_of(first)));
  }

 private:
  Problem(const Model& model, const FitRequest& request) : model_(&model), request_(&request) {}

  static long dimension_of(const std::vector<double>& v) { return static_cast<long>(v.size()); }

  Status choose_parameters() {
    std::set<std::string, std::less<>> wanted(request_->parameters.begin(),
                                              request_->parameters.end());
    for (const Parameter& p : model_->parameters) {
      const bool all =
          request_->parameters.empty() && p.is_private && !request_->fixed.contains(p.name);
      if (!all && wanted.erase(p.name) == 0) continue;
      if (!(p.low < p.high)) {
        return Error{ErrorCode::kInvalidArgument, "fit: " + p.name + " is public and has no box"};
      }
      free_.push_back(&p);
    }
    if (!wanted.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "fit: " + model_->name + " has no parameter '" + *wanted.begin() + "'"};
    }
    if (free_.empty()) return Error{ErrorCode::kInvalidArgument, "fit: no parameter to fit"};
    return {};
  }

  Status sort_observations() {
    std::vector<Observation> sorted = request_->observations;
    const std::string count = std::to_string(sorted.size());
    if (sorted.size() > kMaxObservations) {
      return Error{ErrorCode::kLimit, "fit: " + count + " observations"};
    }
    if (sorted.size() < free_.size()) {
      return Error{ErrorCode::kInvalidArgument, "fit: " + count +
                                                    " observations cannot determine " +
                                                    std::to_string(free_.size()) + " parameters"};
    }
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.time_h < b.time_h; });
    observed_.resize(static_cast<long>(sorted.size()));
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      if (!std::isfinite(sorted[i].value) || !std::isfinite(sorted[i].time_h)) {
        return Error{ErrorCode::kInvalidArgument, "fit: an observation is not a finite number"};
      }
      times_.push_back(sorted[i].time_h);
      observed_[static_cast<long>(i)] = sorted[i].value;
    }
    return {};
  }

  const Model* model_;
  const FitRequest* request_;
  std::vector<const Parameter*> free_;
  std::vector<double> times_;
  Eigen::VectorXd observed_;
  std::optional<LinearSolver> linear_;
};

struct Outcome {
  Eigen::VectorXd u;
  double squares = 0;
  int iterations = 0;
};

double squares_at(const Problem& problem, const Eigen::VectorXd& u) {
  const auto predicted = problem.predict(u);
  return predicted ? (problem.observed() - *predicted).squaredNorm()
                   : std::numeric_limits<double>::infinity();
}

// d prediction / d u, by central differences; one-sided where the box ends. Nothing where the
// solver fails.
std::optional<Eigen::MatrixXd> jacobian(const Problem& problem, const Eigen::VectorXd& u) {
  Eigen::MatrixXd out(problem.observed().size(), u.size());
  for (long i = 0; i < u.size(); ++i) {
    Eigen::VectorXd above = u, below = u;
    above[i] = std::min(1.0, u[i] + kDifference);
    below[i] = std::max(-1.0, u[i] - kDifference);
    const auto high = problem.predict(above), low = problem.predict(below);
    if (!high || !low) return std::nullopt;
    out.col(i) = (*high - *low) / (above[i] - below[i]);
  }
  return out;
}

// The damped step among the parameters that are free to move: those on an edge with an outward
// gradient stay.
Eigen::VectorXd step(const Eigen::MatrixXd& j, const Eigen::VectorXd& residual,
                     const Eigen::VectorXd& u, double damping) {
  Eigen::MatrixXd normal = j.transpose() * j;
  Eigen::VectorXd gradient = j.transpose() * residual;
  for (long i = 0; i < u.size(); ++i) {
    const bool held = (u[i] >= 1 && gradient[i] > 0) || (u[i] <= -1 && gradient[i] < 0);
    if (held) {
      normal.row(i).setZero();
      normal.col(i).setZero();
      gradient[i] = 0;
    }
    normal(i, i) += damping * normal(i, i) + 1e-300;
    if (held) normal(i, i) = 1;
  }
  return normal.ldlt().solve(gradient);
}

Outcome descend(const Problem& problem, const Eigen::VectorXd& u) {
  Outcome out{u, squares_at(problem, u), 0};
  double damping = 1e-3;
  for (; out.iterations < kMaxIterations; ++out.iterations) {
    const auto predicted = problem.predict(out.u);
    const auto j = jacobian(problem, out.u);
    if (!predicted || !j) break;
    const Eigen::VectorXd residual = problem.observed() - *predicted;
    bool improved = false;
    double moved = 0;
    while (!improved && damping < 1e12) {
      const Eigen::VectorXd next =
          (out.u + step(*j, residual, out.u, damping)).cwiseMax(-1.0).cwiseMin(1.0);
      const double squares = squares_at(problem, next);
      moved = (next - out.u).lpNorm<Eigen::Infinity>();
      improved = squares < out.squares;
      if (improved) {
        out.u = next;
        out.squares = squares;
        damping = std::max(damping / 5, 1e-12);
      } else {
        damping *= 4;
        if (moved < 1e-12) break;
      }
    }
    if (!improved || moved < 1e-11) break;
  }
  return out;
}

// The typical patient, then corners of the half box.
std::vector<Eigen::VectorXd> starts(long dimension) {
  std::vector<Eigen::VectorXd> out = {Eigen::VectorXd::Zero(dimension)};
  const std::size_t corners = std::size_t{1} << std::min<long>(dimension, 4);
  for (std::size_t c = 0; c < std::min(corners, kMaxCorners); ++c) {
    Eigen::VectorXd u(dimension);
    for (long i = 0; i < dimension; ++i) u[i] = (c >> (i % 4) & 1) == 0 ? -0.5 : 0.5;
    out.push_back(u);
  }
  return out;
}

}  // namespace

Result<Fit> fit(const Model& model, const FitRequest& request) {
  const auto problem = Problem::make(model, request);
  if (!problem) return problem.error();

  std::optional<Outcome> best;
  const auto candidates = starts(problem->dimension());
  for (const Eigen::VectorXd& start : candidates) {
    const Outcome outcome = descend(*problem, start);
    // An equal optimum from a later start does not replace an earlier one: rounding must not
    // choose.
    if (!best || outcome.squares < best->squares * (1 - 1e-9)) best = outcome;
  }

  Fit out;
  for (long i = 0; i < problem->dimension(); ++i) {
    const std::string& name = problem->parameter(i).name;
    out.values[name] = problem->value(i, best->u[i]);
    if (std::abs(best->u[i]) > 1 - kEdge) out.at_edge.push_back(name);
  }
  out.rmse = std::sqrt(best->squares / static_cast<double>(problem->observed().size()));
  out.iterations = best->iterations;
  out.starts = static_cast<int>(candidates.size());
  return out;
}

}  // namespace salus::model
