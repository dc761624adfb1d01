// Holds a model against the published values that its file names.
#pragma once

#include "base/result.h"
#include "model/model.h"

namespace salus::model {

/// What the reference solution gives for a case: of `oracle` or one's own. Parameters that the case
/// does not name are at their typical values.
Result<double> compute_oracle(const Model& model, const OracleCase& c);

/// Fine if the reference solution reproduces every oracle case within its tolerance, parameters
/// that a case does not name at their typical values: by CVODE, extremes on 20,000 steps of the
/// case's horizon; "auc" by the trapezoid rule over 1000 h of the faster solver. Errors: kMismatch,
/// naming the case and both numbers, or that the file names none.
Status reproduce_oracles(const Model& model);

}  // namespace salus::model
