// What a surrogate's errors are, on patients that it was not fitted to.
#pragma once

#include <functional>

#include "compiler/basis.h"

namespace salus::compiler {

/// One shape's surrogate: slots = forward(curve / peak), output by output.
struct ShapeFit {
  Shape shape;
  std::vector<double> peaks;     ///< per output
  Eigen::MatrixXd coefficients;  ///< functions x (outputs x times)
};

/// The held-out patients: Certificate's population and box samples.
struct HeldOut {
  std::vector<std::vector<double>> population;
  std::vector<std::vector<double>> box;  ///< corners first
};
HeldOut held_out_patients(const model::Model& model, std::uint64_t seed);

/// Fills the certificate's error figures; `progress` gets a fraction.
/// Errors: those of the solvers.
Status certify(const Basis& basis, const model::Equations& equations, const Responses& responses,
               const std::vector<ShapeFit>& fits, const std::vector<double>& times_h,
               const HeldOut& held_out, int threads, const std::function<void(double)>& progress,
               program::Certificate& certificate);

/// Largest |encrypted - exact| over the peak of the patient's own curve, bounded by the noise
/// ledger along the circuits' exact values for `patients`; a margin covers patients between them.
Result<double> noise_bound(const program::Program& program, const Basis& basis,
                           const model::Equations& equations,
                           const std::vector<std::vector<double>>& patients, int threads);

}  // namespace salus::compiler
