// The reference solutions of a model: CVODE for every model, matrix exponentials for linear ones.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

/// `amount` in the dose target's unit at time_h: at once, or evenly over infusion_h.
struct Dose {
  double time_h = 0;
  double amount = 0;
  double infusion_h = 0;
};

/// `count` equal doses, interval_h apart.
std::vector<Dose> repeated_dose(double amount, double start_h, double interval_h, int count,
                                double infusion_h);

/// All of the model's parameters: `given`, public ones from the file. Errors: kInvalidArgument for
/// an unknown or missing name, a NaN or a value that is not positive where the transform is kLog.
Result<Values> complete(const Model& model, const Values& given);

/// Curves of the model's outputs, in its order: outputs x times.
using Curves = std::vector<std::vector<double>>;

/// Solves any model by SUNDIALS CVODE: BDF, restarted at each dose, at each end of an infusion and
/// at each event; a model without states is a formula. Immutable; `curves` may run concurrently.
class ReferenceSolver {
 public:
  explicit ReferenceSolver(const Model& model);

  /// Relative tolerance of the reference, and one that is cheaper and far below what a surrogate
  /// resolves.
  static constexpr double kTight = 1e-10, kTraining = 1e-8;

  /// All outputs at times_h (ascending, >= 0) of one patient; `parameters` are all values in the
  /// model's order. A dose counts at its own time. Errors: kInvalidArgument; kLimit when the
  /// solver does not converge, with the time that it reached.
  Result<Curves> curves(const std::vector<double>& parameters, const std::vector<Dose>& doses,
                        const std::vector<double>& times_h,
                        double relative_tolerance = kTight) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// ReferenceSolver's curves for named parameters, as `complete` completes them.
Result<Curves> reference_curves(const Model& model, const Values& parameters,
                                const std::vector<Dose>& doses, const std::vector<double>& times_h);
/// The first output of reference_curves.
Result<std::vector<double>> reference_curve(const Model& model, const Values& parameters,
                                            const std::vector<Dose>& doses,
                                            const std::vector<double>& times_h);

/// Solves linear models exactly: x' = A x + dose, y = C x, with A and C depending on parameters
/// only. Immutable after construction; `curves` may run concurrently.
class LinearSolver {
 public:
  /// Errors: kInvalidArgument if the model's rates or outputs are not linear in its states.
  static Result<LinearSolver> make(const Model& model);

  /// As reference_curves, by propagators exp(A h); error about 1e-12 of the peak, also for equal
  /// rates.
  Result<Curves> curves(const Values& parameters, const std::vector<Dose>& doses,
                        const std::vector<double>& times_h) const;

  /// Responses of one patient to unit doses: outputs x lags, y(lag) for a dose at time 0, infused
  /// over infusion_h. The lags must ascend; negative lags give 0. `parameters` are all values in
  /// the model's order.
  Curves unit_response(const std::vector<double>& parameters, double infusion_h,
                       const std::vector<double>& lags_h) const;

 private:
  struct State;
  explicit LinearSolver(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// The linear solver where the model is linear, otherwise CVODE; all outputs.
Result<Curves> fast_curves(const Model& model, const Values& parameters,
                           const std::vector<Dose>& doses, const std::vector<double>& times_h);

}  // namespace salus::model
