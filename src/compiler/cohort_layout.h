// A series as a circuit over many patients, one in each slot (design.md section 4, cohort layout).
#pragma once

#include "compiler/series.h"
#include "program/program.h"

namespace salus::compiler {

/// Both stages of a cohort program: the basis stage hands the inputs on, the readout computes
/// result r of every slot's patient as its output r.
///
/// T_n by halving, T_(a+b) = 2 T_a T_b - T_(a-b), the other functions as products of two that have
/// fewer coordinates. What nothing is made of is not relinearized: the results are weighted sums of
/// products with three parts, so that key switches are as many as inner functions and results.
/// Depth: that of the deepest function, ceil(log2 of its degree) where degrees are even, and one
/// level for the weights. `coordinates` names the inputs. Errors: kLimit (no room for the depth).
struct CohortStages {
  program::Stage basis;
  program::Stage readout;
};
Result<CohortStages> cohort_stages(const std::vector<std::string>& coordinates,
                                   const Series& series);

}  // namespace salus::compiler
