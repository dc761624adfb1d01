// Holds a model against the published values that its file names.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

/// What the reference solution gives for a case: of `oracle` or one's own. Parameters that the case
/// does not name are at their typical values.
Result<double> compute_oracle(const Model& model, const OracleCase& c);

/// One case and what the reference solution gives for it.
struct OracleResult {
  const OracleCase* oracle;  ///< in the model that was asked
  double found = 0;
  double allowed = 0;  ///< the largest |found - expected|
  bool reproduced = false;
};

/// Every case, parameters that it does not name at their typical values: by CVODE, extremes on
/// 20,000 steps of the case's horizon; "auc" by the trapezoid rule over 1000 h of the faster
/// solver. Errors: those of the solvers, naming file and line of the case.
Result<std::vector<OracleResult>> run_oracles(const Model& model);

/// Fine if the reference solution reproduces every case within its tolerance. Errors: kMismatch,
/// naming file, line, case and both numbers, or that the file names no case; those of run_oracles.
Status reproduce_oracles(const Model& model);
/// The same for results in hand.
Status all_reproduced(const Model& model, const std::vector<OracleResult>& results);

}  // namespace salus::model
