// The planner's table: every family of programs held against one model and question, with what it
// needs, what it reaches, and why one was taken.
#pragma once

#include <string>
#include <vector>

#include "compiler/basis.h"

namespace salus::compiler {

/// One family and layout (design.md section 6).
struct FamilyOption {
  std::string family;  ///< "dot", "surrogate", "closed", "propagator", "amortised", "stepper"
  std::string layout;  ///< who builds what, in words
  bool feasible = false;
  bool chosen = false;
  double levels = 0;          ///< that it consumes
  double server_seconds = 0;  ///< estimate, one core, fast kernels; 0: not estimated
  double upload_bytes = 0;    ///< of encrypted inputs, without keys; 0: not estimated
  double error_p99 = -1;      ///< certified, of the peak, population; negative: not known
  double error_max = -1;      ///< likewise, largest
  std::string reason;         ///< why it is not feasible, or what it costs
};

/// What each family would need for this program; the program's own family is the chosen one.
std::vector<FamilyOption> explain(const model::Model& model, const model::Equations& equations,
                                  const program::Program& program, bool linear, bool polynomial);

/// Seconds of one core that both stages take, from their operations: key switches, products and
/// rotations weigh what `bench_ckks` measured for N = 2^14 on AVX-512 (docs/performance.md), in
/// proportion to limbs. Good to a factor of two on another machine.
double estimate_seconds(const program::Program& program);

}  // namespace salus::compiler
