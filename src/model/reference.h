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

/// The model's first output at times_h (ascending, >= 0), by SUNDIALS CVODE: BDF, relative
/// tolerance 1e-10, restarted at each dose and at each end of an infusion. A dose counts at its own
/// time. Errors: kInvalidArgument; kLimit when the solver does not converge.
Result<std::vector<double>> reference_curve(const Model& model, const Values& parameters,
                                            const std::vector<Dose>& doses,
                                            const std::vector<double>& times_h);

/// Solves linear models exactly: x' = A x + dose, y = c x, with A and c depending on parameters
/// only. Immutable after construction; `curve` may run concurrently.
class LinearSolver {
 public:
  /// Errors: kInvalidArgument if the model's rates or output are not linear in its states.
  static Result<LinearSolver> make(const Model& model);

  /// As reference_curve, by propagators exp(A h); error about 1e-12 of the peak, also for equal
  /// rates.
  Result<std::vector<double>> curve(const Values& parameters, const std::vector<Dose>& doses,
                                    const std::vector<double>& times_h) const;

  /// Responses of one patient to unit doses: y(lag) for a dose at time 0, infused over infusion_h.
  /// The lags must ascend; negative lags give 0. `parameters` are all values in the model's order.
  std::vector<double> unit_response(const std::vector<double>& parameters, double infusion_h,
                                    const std::vector<double>& lags_h) const;

 private:
  struct State;
  explicit LinearSolver(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// The linear solver where the model is linear, otherwise CVODE.
Result<std::vector<double>> fast_curve(const Model& model, const Values& parameters,
                                       const std::vector<Dose>& doses,
                                       const std::vector<double>& times_h);

}  // namespace salus::model
