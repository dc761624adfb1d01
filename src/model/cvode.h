// SUNDIALS CVODE with everything it owns. Private to this folder.
#pragma once

#include <cvode/cvode.h>

#include <span>
#include <vector>

namespace salus::model {

/// What CVODE solves: y' = f(t, y), and functions whose changes of sign it stops at.
class OdeProblem {
 public:
  virtual ~OdeProblem() = default;
  /// False where there is no finite value: the solver tries a shorter step.
  virtual bool rates(double time, std::span<const double> y, std::span<double> out) = 0;
  virtual std::size_t root_count() const { return 0; }
  virtual void roots(double time, std::span<const double> y, std::span<double> out);
};

/// BDF with a dense Jacobian by differences.
class Cvode {
 public:
  /// `y` must not be empty; `absolute_tolerances`: one for each.
  Cvode(OdeProblem& problem, const std::vector<double>& y, double relative_tolerance,
        const std::vector<double>& absolute_tolerances);
  ~Cvode();
  Cvode(const Cvode&) = delete;
  Cvode& operator=(const Cvode&) = delete;

  std::span<double> y();
  void limit_step(double longest);
  /// From where a jump has made a new initial value problem, up to `stop` at most.
  void restart(double at, double stop);

  enum class Reached { kTime, kRoot, kNothing };
  /// Up to `to`, or the first root before it, whose time `at` gets.
  Reached advance(double to, double& at);
  /// Whether the last kRoot was one of this function.
  bool crossed(std::size_t root) const { return crossed_[root] != 0; }

 private:
  OdeProblem* problem_;
  std::vector<int> crossed_;
  SUNContext context_ = nullptr;
  N_Vector state_ = nullptr;
  SUNMatrix matrix_ = nullptr;
  SUNLinearSolver solver_ = nullptr;
  void* memory_ = nullptr;
};

}  // namespace salus::model
