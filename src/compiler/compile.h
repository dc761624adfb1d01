// A model and regimens -> a program: the `surrogate` family in the basis layout.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "compiler/plan.h"
#include "model/model.h"
#include "program/program.h"

namespace salus::compiler {

struct CompileOptions {
  std::uint64_t seed = 1;  ///< of the held-out samples
  int threads = 2;
  std::function<void(std::string_view stage, double fraction)> progress;
  /// What the 99th percentile over the population must keep to, of a curve's peak.
  double tolerance = kDefaultTolerance;
  static constexpr double kDefaultTolerance = 0.02;
  program::Layout layout = program::Layout::kBasis;
  std::vector<FamilyOption>* explanation =
      nullptr;  ///< filled where given, refused programs included
};

/// The model's outputs for all regimens and times. Basis, coordinates and transform depend on
/// the model alone; regimens and times only on the readout's coefficients. The caller names the
/// program.
///
/// Cost: seconds. Errors: kInvalidArgument, kLimit (more results than slots, no room for the
/// depth, and where nothing reaches the tolerance, with what can be had).
Result<program::Program> compile_curves(const model::Model& model,
                                        const std::vector<program::Regimen>& regimens,
                                        const std::vector<double>& times_h,
                                        const CompileOptions& options);

}  // namespace salus::compiler
